"""Events as plain JSON, for `manage.py parse_payload` and for fixtures."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from messaging.channels.events import Attachment, Contact, Echo, Event, StatusUpdate

#: Fields of events that are for the drain alone or stand under another name.
NOT_SHOWN = {"happened_at", "contact", "ts", "referral", "group", "opt_out", "message_id", "message_ids", "watermark", "new_keys",
             "opted_out", "version", "own_token"}  # fmt: skip


def as_vocabulary(event: Event) -> dict[str, Any]:
    """Return an event as a JSON object with the documented keys, empty ones left out."""
    shown: dict[str, Any] = {
        "direction": "out" if isinstance(event, Echo | StatusUpdate) else getattr(event, "direction", "in"),
        "contact_id": event.contact.id,
        "ts": _iso(event.ts),
    }
    for field in fields(event):
        if field.name not in NOT_SHOWN:
            value = getattr(event, field.name)
            shown[field.name] = list(value) if isinstance(value, tuple) else value
    shown["attachments"] = [_attachment(item) for item in shown.get("attachments") or ()]
    shown["extra"] = {**event.extra, **_details(event), **_profile(event.contact)}
    return {key: value for key, value in shown.items() if value not in ("", None, [], {}, (), False)}


def _details(event: Event) -> dict[str, Any]:
    ids = getattr(event, "message_ids", ())
    details: dict[str, Any] = {"mids": list(ids)} if ids else {}
    if watermark := getattr(event, "watermark", None):
        details["watermark"] = _iso(watermark)
    if new_keys := getattr(event, "new_keys", ()):
        details["new_keys"] = [list(key) for key in new_keys]
    for name in ("opt_out", "opted_out"):
        if (opted_out := getattr(event, name, None)) is not None:
            details["opted_out"] = opted_out
    if getattr(event, "group", False):
        details["group"] = True
    return details


def _profile(contact: Contact) -> dict[str, str]:
    return {key: value for key, value in (("name", contact.name), ("username", contact.username)) if value}


def _attachment(item: Attachment) -> dict[str, Any]:
    shown = {"type": item.type, "url": item.url, "id": item.id, "name": item.name, "mime_type": item.mime_type}
    return {key: value for key, value in shown.items() if value} | item.extra


def _iso(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")
