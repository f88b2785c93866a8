"""Asking Meta's Graph API, and reading its errors: what Messenger, Instagram and WhatsApp share when they send.

https://developers.facebook.com/docs/graph-api/guides/error-handling
https://developers.facebook.com/docs/graph-api/overview/rate-limiting
"""

from collections.abc import Mapping
from typing import Any

import orjson
from django.conf import settings

from messaging.channels.contract import Credentials
from messaging.channels.http import Answer, ask, refuse_unclear
from messaging.channels.outbound import Reason, SendError
from messaging.channels.reading import object_of, text_of

USAGE_HEADERS = ("x-app-usage", "x-page-usage", "x-business-use-case-usage")
USAGE_FIGURES = ("call_count", "total_cputime", "total_time")

#: What the codes of an error mean, of whichever product.
REASONS: Mapping[str, Reason] = {
    "0": Reason.TOKEN,
    "1": Reason.TRY_AGAIN,
    "2": Reason.TRY_AGAIN,
    "4": Reason.THROTTLED,
    "17": Reason.THROTTLED,
    "32": Reason.THROTTLED,
    "613": Reason.THROTTLED,
    "80007": Reason.THROTTLED,
    "102": Reason.TOKEN,
    "190": Reason.TOKEN,
    "3": Reason.SETUP,
    "10": Reason.SETUP,
    "200": Reason.SETUP,
    "551": Reason.UNREACHABLE,
}


def graph(
    method: str,
    path: str,
    credentials: Credentials,
    *,
    reasons: Mapping[str, Reason] = REASONS,
    base_url: str = "",
    **options: Any,
) -> tuple[dict[str, Any], float | None]:
    """Ask the Graph API with the channel's newest access token; return the answer and the share of our allowance used, in per cent.

    Raises:
        SendError: it said no, or nobody can know what it did.
    """
    token = next(filter(None, credentials.get("access_token", [])), "")
    if not token:
        raise SendError(Reason.SETUP, "access_token")
    url = f"{base_url or settings.GRAPH_API_URL}/{settings.GRAPH_API_VERSION}/{path}"
    answer = ask(method, url, headers={"Authorization": f"Bearer {token}"}, **options)
    usage = usage_of(answer)
    if not answer.ok:
        refuse(answer, reasons, usage)
    return answer.data, usage


def refuse(answer: Answer, reasons: Mapping[str, Reason] = REASONS, usage: float | None = None) -> None:
    """Tell from an answer that says no what it means.

    Raises:
        SendError: always.
    """
    error = object_of(answer.data.get("error"))
    code, subcode = text_of(error.get("code")), text_of(error.get("error_subcode"))
    if not code:
        refuse_unclear(answer)
    reason = reasons.get(f"{code}/{subcode}") or reasons.get(code)
    if reason is None:
        reason = Reason.TRY_AGAIN if error.get("is_transient") is True else Reason.REFUSED
    shown = f"{code}/{subcode}" if subcode else code or str(answer.status)
    raise SendError(reason, shown, retry_after=answer.retry_after, usage=usage)


def usage_of(answer: Answer) -> float | None:
    """Return the highest percentage that the usage headers name."""
    figures = [figure for header in USAGE_HEADERS for figure in _figures(answer.headers.get(header, ""))]
    return max(figures, default=None)


def _figures(header: str) -> list[float]:
    try:
        said = orjson.loads(header) if header else {}
    except orjson.JSONDecodeError:
        return []
    if not isinstance(said, dict):
        return []
    # By business, the third header holds a list of objects for each.
    nested = [item for value in said.values() if isinstance(value, list) for item in value]
    objects = [said, *(item for item in nested if isinstance(item, dict))]
    return [float(item[name]) for item in objects for name in USAGE_FIGURES if isinstance(item.get(name), int | float)]
