"""Sending on the WhatsApp Cloud API.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

from typing import Any

from messaging.channels.abilities import Abilities
from messaging.channels.contract import Credentials
from messaging.channels.events import PHONE, USER_ID
from messaging.channels.limits import Limit
from messaging.channels.meta_sending import REASONS, graph
from messaging.channels.outbound import Content, Media, Outbound, Reason, SendError, Sent, Template
from messaging.channels.reading import objects_of, text_of

MOST_BUTTONS = 3  # beyond that it has to be a list
WHATSAPP_REASONS = {
    **REASONS,
    "100": Reason.CONTENT,
    "130429": Reason.THROTTLED,
    "130472": Reason.WITHHELD,
    "131000": Reason.TRY_AGAIN,
    "131005": Reason.SETUP,
    "131008": Reason.CONTENT,
    "131009": Reason.CONTENT,
    "131016": Reason.TRY_AGAIN,
    "131021": Reason.UNREACHABLE,
    "131026": Reason.UNREACHABLE,
    "131047": Reason.WINDOW,
    "131048": Reason.THROTTLED,
    "131049": Reason.WITHHELD,
    "131050": Reason.OPTED_OUT,
    "131051": Reason.CONTENT,
    "131052": Reason.CONTENT,
    "131053": Reason.CONTENT,
    "132000": Reason.CONTENT,
    "132001": Reason.CONTENT,
    "132005": Reason.CONTENT,
    "132007": Reason.CONTENT,
    "132012": Reason.CONTENT,
    "132015": Reason.CONTENT,
    "132016": Reason.CONTENT,
    "133010": Reason.SETUP,
    "133016": Reason.THROTTLED,
}
ABILITIES = Abilities(
    sends=frozenset(
        {Content.TEXT, Content.MEDIA, Content.LOCATION, Content.BUTTONS, Content.TEMPLATE, Content.REACTION}
    ),
    limits={Content.TEXT: Limit(4096), Content.MEDIA: Limit(1024), Content.BUTTONS: Limit(1024)},
    captions=frozenset({"image", "video", "file"}),
    reactions=("👍", "❤️", "😂", "😮", "😢", "🙏"),
    failures=WHATSAPP_REASONS,
)
#: Too much to one person: https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
TOO_MUCH_TO_ONE, ONE_PERSON_SECONDS = "131056", 6.0


def send(outbound: Outbound, credentials: Credentials) -> Sent:
    """Send by the number's token. Our own id comes back with each status as `biz_opaque_callback_data`."""
    values = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **_recipient(outbound),
        **({"biz_opaque_callback_data": outbound.token} if outbound.token else {}),
        **_content(outbound, credentials),
    }
    if outbound.reply_to and outbound.content != Content.REACTION:
        values["context"] = {"message_id": outbound.reply_to}
    path = f"{outbound.account_id}/messages"
    try:
        answer, usage = graph("POST", path, credentials, reasons=WHATSAPP_REASONS, json=values)
    except SendError as error:
        if error.code.partition("/")[0] == TOO_MUCH_TO_ONE:
            raise SendError(Reason.THROTTLED, error.code, retry_after=ONE_PERSON_SECONDS, one_person=True) from None
        raise
    message = next(iter(objects_of(answer.get("messages"))), {})
    return Sent(text_of(message.get("id")), usage)


def _recipient(outbound: Outbound) -> dict[str, str]:
    """Name the person by phone number, or by the id that WhatsApp gave us in place of one."""
    known = dict(outbound.to)
    if phone := known.get(PHONE):
        return {"to": phone.removeprefix("+")}
    return {"recipient": outbound.recipient(USER_ID)}


def _content(outbound: Outbound, credentials: Credentials) -> dict[str, Any]:
    if outbound.content == Content.MEDIA:
        return _media(outbound, credentials)
    if outbound.content == Content.TEMPLATE:
        return _template(outbound, credentials)
    return _CONTENTS[outbound.content](outbound)


def _text(outbound: Outbound) -> dict[str, Any]:
    return {"type": "text", "text": {"body": outbound.text, "preview_url": True}}


def _media(outbound: Outbound, credentials: Credentials) -> dict[str, Any]:
    media = outbound.media
    if media is None:
        raise SendError(Reason.CONTENT, "no file")
    kind = media.type if media.type in ("image", "video", "audio") else "document"
    described: dict[str, str] = {"id": _upload(outbound.account_id, media, credentials)}
    if outbound.text and kind != "audio":
        described["caption"] = outbound.text
    if kind == "document":
        described["filename"] = media.name
    return {"type": kind, kind: described}


def _upload(account_id: str, media: Media, credentials: Credentials) -> str:
    """Hand over the file first; while only that has failed, nothing was sent."""
    form = {
        "messaging_product": "whatsapp",
        "type": media.mime_type,
        "file": (media.name or "file", media.read(), media.mime_type),
    }
    try:
        answer, _ = graph(
            "POST", f"{account_id}/media", credentials, reasons=WHATSAPP_REASONS, form=form, multipart=True
        )
    except SendError as error:
        if error.reason == Reason.UNKNOWN:
            raise SendError(Reason.TRY_AGAIN, error.code) from None
        raise
    return text_of(answer.get("id"))


def _location(outbound: Outbound) -> dict[str, Any]:
    place = outbound.location
    if place is None:
        raise SendError(Reason.CONTENT, "no location")
    words = {name: value for name, value in (("name", place.name), ("address", place.address)) if value}
    return {"type": "location", "location": {"latitude": place.latitude, "longitude": place.longitude, **words}}


def _buttons(outbound: Outbound) -> dict[str, Any]:
    replies = [{"id": button.payload, "title": button.title} for button in outbound.buttons]
    if len(replies) <= MOST_BUTTONS:
        action: dict[str, Any] = {"buttons": [{"type": "reply", "reply": reply} for reply in replies]}
        kind = "button"
    else:
        action, kind = {"button": "☰", "sections": [{"title": "☰", "rows": replies}]}, "list"
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": outbound.text}, "action": action}}


def _template(outbound: Outbound, credentials: Credentials) -> dict[str, Any]:
    """Name a template with what fills it: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview"""
    template = outbound.template
    if template is None:
        raise SendError(Reason.CONTENT, "no template")
    header = _texts(template.header, template.header_names)
    if template.header_file:
        header = [_header_file(outbound, template, credentials)]
    components: list[dict[str, Any]] = [
        {"type": place, "parameters": parameters}
        for place, parameters in (("header", header), ("body", _texts(template.body, template.body_names)))
        if parameters
    ]
    for index, end in template.url_ends:
        components.append({"type": "button", "sub_type": "url", "index": str(index), "parameters": _texts((end,), ())})
    named: dict[str, Any] = {"name": template.name, "language": {"code": template.language}}
    return {"type": "template", "template": named | ({"components": components} if components else {})}


def _texts(values: tuple[str, ...], names: tuple[str, ...]) -> list[dict[str, Any]]:
    texts = [{"type": "text", "text": value} for value in values]
    return [{**text, "parameter_name": name} for text, name in zip(texts, names, strict=True)] if names else texts


def _header_file(outbound: Outbound, template: Template, credentials: Credentials) -> dict[str, Any]:
    kind, media = template.header_file, outbound.media
    if template.link:
        return {"type": kind, kind: {"link": template.link}}
    if media is None:
        raise SendError(Reason.CONTENT, "no file")
    described = {"id": _upload(outbound.account_id, media, credentials)}
    return {"type": kind, kind: described | ({"filename": media.name} if kind == "document" and media.name else {})}


def _reaction(outbound: Outbound) -> dict[str, Any]:
    return {"type": "reaction", "reaction": {"message_id": outbound.reply_to, "emoji": outbound.text}}


_CONTENTS = {
    Content.TEXT: _text,
    Content.LOCATION: _location,
    Content.BUTTONS: _buttons,
    Content.REACTION: _reaction,
}
