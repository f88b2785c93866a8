"""Errors to Sentry, without anything that could be a customer's. Imported only where SENTRY_DSN is set."""

from typing import Any

import sentry_sdk

from crm.log_context import about

#: What of an event is kept. Requests, users, arguments of tasks, and what happened before are not.
KEPT = (
    "event_id",
    "timestamp",
    "level",
    "platform",
    "logger",
    "transaction",
    "server_name",
    "release",
    "environment",
    "exception",
    "sdk",
)
KEPT_OF_FRAME = ("filename", "abs_path", "function", "module", "lineno", "in_app")


def report_errors(dsn: str) -> None:
    """Send errors from now on."""
    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0,
        auto_session_tracking=False,
        before_send=scrub,  # type: ignore[arg-type]  # an event is a plain dictionary
    )


def scrub(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """Return what of an event may leave: where it happened and of what kind, never what it says."""
    kept = {name: event[name] for name in KEPT if name in event}
    message = (event.get("logentry") or {}).get("message")
    if message:
        kept["logentry"] = {"message": message}  # as it stands in the code, without what was put into it
    for exception in (kept.get("exception") or {}).get("values") or []:
        exception["value"] = ""
        exception.pop("mechanism", None)
        frames = (exception.get("stacktrace") or {}).get("frames") or []
        exception["stacktrace"] = {
            "frames": [{name: frame[name] for name in KEPT_OF_FRAME if name in frame} for frame in frames]
        }
    kept["tags"] = dict(about())
    return kept
