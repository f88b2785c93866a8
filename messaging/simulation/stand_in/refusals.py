"""How each platform says no.

https://developers.facebook.com/docs/graph-api/guides/error-handling
https://core.telegram.org/bots/api#making-requests
https://www.twilio.com/docs/usage/twilios-response#response-formats-errors
"""

from collections.abc import Callable
from typing import Any

from messaging.simulation.stand_in.exchange import Answer, Refusal

THROTTLED = {"messenger": "613", "instagram": "4", "whatsapp": "130429", "telegram": "429", "twilio": "20429"}
TRANSIENT = ("1", "2")


def graph_says_no(code: str, words: str = "", *, status: int = 0, seconds: float = 0) -> Answer:
    """Return an error of the Graph API; `code` may hold a subcode, as `10/2018278`."""
    main, _, subcode = code.partition("/")
    kind = "OAuthException" if main in ("10", "190", "200") else "GraphMethodException"
    error: dict[str, Any] = {
        "message": f"(#{main}) {words or 'Refused by the stand-in'}",
        "type": kind,
        "code": int(main),
        "fbtrace_id": "stand-in",
    }
    if subcode:
        error["error_subcode"] = int(subcode)
    if main in TRANSIENT:
        error["is_transient"] = True
    found = status or {"190": 401, "1": 500, "2": 503}.get(main, 400)
    return Answer({"error": error}, found, _retry_after(seconds))


def telegram_says_no(code: str, words: str = "", *, status: int = 0, seconds: float = 0) -> Answer:
    """Return an error of the Bot API, whose code is that of HTTP."""
    known = {"401": "Unauthorized", "404": "Not Found"}.get(code, "Refused by the stand-in")
    said: dict[str, Any] = {"ok": False, "error_code": int(code), "description": words or known}
    if seconds:
        said["parameters"] = {"retry_after": max(int(seconds), 1)}
    return Answer(said, status or int(code))


def twilio_says_no(code: str, words: str = "", *, status: int = 0, seconds: float = 0) -> Answer:
    """Return an error of Twilio's API."""
    found = status or {"20003": 401, "20404": 404, "20429": 429, "20500": 500}.get(code, 400)
    said = {
        "code": int(code),
        "message": words or "Refused by the stand-in",
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": found,
    }
    return Answer(said, found, _retry_after(seconds))


SAY_NO: dict[str, Callable[..., Answer]] = {
    "messenger": graph_says_no,
    "instagram": graph_says_no,
    "whatsapp": graph_says_no,
    "telegram": telegram_says_no,
    "twilio": twilio_says_no,
}


def refusal(platform: str, *, code: str, status: int, seconds: float) -> Answer:
    """Return a refusal; without a code, that of a proxy which knows nothing of the platform's form."""
    if not code:
        return Answer(b"<html>not now</html>", status or 503, _retry_after(seconds) | {"Content-Type": "text/html"})
    return SAY_NO[platform](code, status=status, seconds=seconds)


def require(true: Any, answer: Answer) -> None:
    """Go on only where something is true.

    Raises:
        Refusal: it is not.
    """
    if not true:
        raise Refusal(answer)


def _retry_after(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(int(seconds), 1))} if seconds else {}
