"""Sending by Meta's Send API, which Messenger and Instagram share.

https://developers.facebook.com/docs/messenger-platform/reference/send-api
https://developers.facebook.com/docs/messenger-platform/error-codes
"""

from typing import Any

import orjson

from messaging.channels.contract import Credentials
from messaging.channels.meta_sending import REASONS, graph
from messaging.channels.outbound import Content, Media, Outbound, Reason, SendError, Sent
from messaging.channels.reading import text_of

SEND_REASONS = {
    **REASONS,
    "10/2018278": Reason.WINDOW,
    "10/2018065": Reason.WINDOW,
    "10/2534022": Reason.WINDOW,
    "100": Reason.CONTENT,
    "100/2018001": Reason.UNREACHABLE,
    "100/2534014": Reason.UNREACHABLE,
    "200/1545041": Reason.UNREACHABLE,
    "230": Reason.UNREACHABLE,
    "1200": Reason.TRY_AGAIN,
    "1545041": Reason.UNREACHABLE,
}


def send_message(
    outbound: Outbound, credentials: Credentials, *, recipient: dict[str, str], base_url: str = ""
) -> Sent:
    """Send what the Send API calls a message; `metadata` comes back with its echo, where the platform knows it."""
    values: dict[str, Any] = {"recipient": recipient, **_type_of(outbound), "message": _message(outbound)}
    if outbound.reply_to and outbound.content != Content.PRIVATE_REPLY:
        values["reply_to"] = {"mid": outbound.reply_to}
    path = f"{outbound.account_id}/messages"
    sending: dict[str, Any] = {"json": values}
    if outbound.media and not outbound.media.url.startswith("https://"):
        sending = {"form": _as_form(values, outbound.media), "multipart": True}
    answer, usage = graph("POST", path, credentials, reasons=SEND_REASONS, base_url=base_url, **sending)
    return Sent(text_of(answer.get("message_id")), usage)


def _type_of(outbound: Outbound) -> dict[str, str]:
    if outbound.tag:
        return {"messaging_type": "MESSAGE_TAG", "tag": outbound.tag}
    return {"messaging_type": "RESPONSE"}


def _message(outbound: Outbound) -> dict[str, Any]:
    message: dict[str, Any] = {"metadata": outbound.token}
    if outbound.media:
        payload = {"url": outbound.media.url} if outbound.media.url.startswith("https://") else {}
        kind = outbound.media.type if outbound.media.type in ("image", "video", "audio") else "file"
        return message | {"attachment": {"type": kind, "payload": payload}}
    if outbound.buttons:
        message["quick_replies"] = [
            {"content_type": "text", "title": button.title, "payload": button.payload} for button in outbound.buttons
        ]
    return message | {"text": outbound.text}


def _as_form(values: dict[str, Any], media: Media) -> dict[str, Any]:
    """Send the file itself: the platform cannot fetch it where we are not on the public internet."""
    form: dict[str, Any] = {
        name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in values.items()
    }
    return form | {"filedata": (media.name or "file", media.read(), media.mime_type)}


def answer_comment(outbound: Outbound, credentials: Credentials, *, edge: str, base_url: str = "") -> Sent:
    """Answer a comment in public, under it."""
    if not outbound.comment_id:
        raise SendError(Reason.CONTENT, "no comment")
    answer, usage = graph(
        "POST",
        f"{outbound.comment_id}/{edge}",
        credentials,
        reasons=SEND_REASONS,
        base_url=base_url,
        json={"message": outbound.text},
    )
    return Sent(text_of(answer.get("id")), usage)


def send_reaction(
    outbound: Outbound, credentials: Credentials, *, recipient: dict[str, str], reaction: str, base_url: str = ""
) -> Sent:
    """Put a reaction on a message of theirs, in place of an earlier one, or take it off where the text is empty."""
    payload = {"message_id": outbound.reply_to} | ({"reaction": reaction} if outbound.text else {})
    values = {"recipient": recipient, "sender_action": "react" if outbound.text else "unreact", "payload": payload}
    path = f"{outbound.account_id}/messages"
    _, usage = graph("POST", path, credentials, reasons=SEND_REASONS, base_url=base_url, json=values)
    return Sent("", usage)
