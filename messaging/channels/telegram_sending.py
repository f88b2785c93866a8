"""Sending by a Telegram bot.

https://core.telegram.org/bots/api#making-requests
"""

from typing import Any

import orjson
from django.conf import settings

from messaging.channels.abilities import Abilities
from messaging.channels.contract import Credentials
from messaging.channels.events import CHAT, USER_ID
from messaging.channels.http import Answer, ask, refuse_unclear
from messaging.channels.limits import Limit, Unit
from messaging.channels.outbound import Content, Media, Outbound, Reason, SendError, Sent
from messaging.channels.reading import object_of, text_of

ABILITIES = Abilities(
    sends=frozenset({Content.TEXT, Content.MEDIA, Content.LOCATION, Content.BUTTONS, Content.REACTION}),
    limits={
        Content.TEXT: Limit(4096, Unit.UTF16),
        Content.BUTTONS: Limit(4096, Unit.UTF16),
        Content.MEDIA: Limit(1024, Unit.UTF16),
    },
    captions=frozenset({"image", "video", "audio", "file"}),
    reactions=("👍", "❤", "🔥", "🎉", "😁", "😢", "🙏"),
)

Call = tuple[str, dict[str, Any]]


def send(outbound: Outbound, credentials: Credentials) -> Sent:
    """Call the bot's method for this content. There is no place for our own id, and Telegram sends no echo."""
    chat = outbound.recipient(CHAT, USER_ID)
    method, values = _CALLS[outbound.content](outbound)
    values = {"chat_id": chat, **values}
    if outbound.media:
        quoted = {name: orjson.dumps(value).decode() for name, value in _answering(outbound).items()}
        result = call(method, credentials, values | quoted | _file(outbound.media), multipart=True)
    else:
        result = call(method, credentials, values | _answering(outbound))
    number = text_of(object_of(result).get("message_id"))
    where = text_of(object_of(object_of(result).get("chat")).get("id")) or chat
    return Sent(f"{where}:{number}" if number else "")


def call(method: str, credentials: Credentials, values: dict[str, Any], *, multipart: bool = False) -> Any:
    """Call a method of the bot and return its result.

    Raises:
        SendError: it said no, or nobody can know what it did.
    """
    token = next(filter(None, credentials.get("bot_token", [])), "")
    if not token:
        raise SendError(Reason.SETUP, "bot_token")
    url = f"{settings.TELEGRAM_API_URL}/bot{token}/{method}"
    answer = ask("POST", url, form=values, multipart=True) if multipart else ask("POST", url, json=values)
    _refuse(answer)
    return answer.data.get("result")


def _answering(outbound: Outbound) -> dict[str, Any]:
    """Quote the message that is answered, where it is still there."""
    number = outbound.reply_to.partition(":")[2]
    if not number.isdecimal() or outbound.content == Content.REACTION:
        return {}
    return {"reply_parameters": {"message_id": int(number), "allow_sending_without_reply": True}}


def _text(outbound: Outbound) -> Call:
    return "sendMessage", {"text": outbound.text}


def _buttons(outbound: Outbound) -> Call:
    rows = [[{"text": button.title, "callback_data": button.payload}] for button in outbound.buttons]
    return "sendMessage", {"text": outbound.text, "reply_markup": {"inline_keyboard": rows}}


def _location(outbound: Outbound) -> Call:
    place = outbound.location
    if place is None:
        raise SendError(Reason.CONTENT, "no location")
    values: dict[str, Any] = {"latitude": place.latitude, "longitude": place.longitude}
    if place.name:
        return "sendVenue", values | {"title": place.name, "address": place.address or place.name}
    return "sendLocation", values


def _media(outbound: Outbound) -> Call:
    kind = outbound.media.type if outbound.media else ""
    return _METHODS.get(kind, "sendDocument"), {"caption": outbound.text}


def _file(media: Media) -> dict[str, Any]:
    return {_FIELDS.get(media.type, "document"): (media.name or "file", media.read(), media.mime_type)}


def _reaction(outbound: Outbound) -> Call:
    number = outbound.reply_to.partition(":")[2]
    if not number.isdecimal():
        raise SendError(Reason.CONTENT, "no message to react to")
    emoji = [{"type": "emoji", "emoji": outbound.text}] if outbound.text else []
    return "setMessageReaction", {"message_id": int(number), "reaction": emoji}


_CALLS = {
    Content.TEXT: _text,
    Content.BUTTONS: _buttons,
    Content.LOCATION: _location,
    Content.MEDIA: _media,
    Content.REACTION: _reaction,
}
_METHODS = {"image": "sendPhoto", "video": "sendVideo", "audio": "sendAudio"}
_FIELDS = {"image": "photo", "video": "video", "audio": "audio"}


def _refuse(answer: Answer) -> None:
    """Tell from Telegram's error codes, which repeat HTTP's, what went wrong.

    https://core.telegram.org/api/errors
    """
    if answer.data.get("ok") is True:
        return
    code = text_of(answer.data.get("error_code"))
    if not code:
        refuse_unclear(answer)
    if code == "429":
        wait = object_of(answer.data.get("parameters")).get("retry_after")
        raise SendError(Reason.THROTTLED, code, retry_after=float(wait) if isinstance(wait, int) else None)
    words = text_of(answer.data.get("description")).lower()
    if code == "400" and any(said in words for said in NOBODY_THERE):
        raise SendError(Reason.UNREACHABLE, code)
    if code == "404" and words == NO_SUCH_BOT:
        raise SendError(Reason.TOKEN, code)
    raise SendError(
        _REASONS.get(code, Reason.TRY_AGAIN if code.startswith("5") else Reason.REFUSED), code or str(answer.status)
    )


#: All that is said where no bot has such a token; of a method or an object that is not there, more is said.
NO_SUCH_BOT = "not found"
NOBODY_THERE = ("chat not found", "user not found", "peer_id_invalid")
_REASONS = {
    "400": Reason.CONTENT,
    "401": Reason.TOKEN,
    "403": Reason.UNREACHABLE,
    "413": Reason.CONTENT,
}
