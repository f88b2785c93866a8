"""What a WhatsApp message says: its words, attachments and button payload, whatever its type.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from messaging.channels.events import Attachment
from messaging.channels.reading import object_of, objects_of, text_of


@dataclass(frozen=True, slots=True)
class Content:
    """The part of a message that depends on its type."""

    type: str
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    payload: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def content_of(message: dict[str, Any]) -> Content:
    """Read the object that is named after the message's type; a type we do not know says nothing."""
    kind = text_of(message.get("type")) or next((name for name in _READERS if name in message), "unknown")
    reader = _READERS.get(kind)
    if reader is None:
        unsupported = text_of(object_of(message.get(kind)).get("type"))
        return Content(kind, extra={"unsupported": unsupported} if unsupported else {})
    return reader(kind, message.get(kind))


def attribution_of(referral: dict[str, Any]) -> dict[str, str]:
    """Return what a click-to-WhatsApp `referral` says of the ad or post, as plain text."""
    return {name: value for name in _REFERRAL_FIELDS if (value := text_of(referral.get(name)))}


_REFERRAL_FIELDS = (
    "source_type", "source_id", "source_url", "headline", "body", "media_type", "image_url", "video_url",
    "thumbnail_url", "ctwa_clid",
)  # fmt: skip


def _text(kind: str, part: Any) -> Content:
    return Content(kind, text_of(object_of(part).get("body")))


def _media(kind: str, part: Any) -> Content:
    media = object_of(part)
    attachment = Attachment(
        type=kind,
        url=text_of(media.get("url")),
        id=text_of(media.get("id")),
        name=text_of(media.get("filename")),
        mime_type=text_of(media.get("mime_type")),
        extra={flag: True for flag in ("voice", "animated") if media.get(flag) is True},
    )
    return Content(kind, text_of(media.get("caption")), (attachment,) if attachment.id or attachment.url else ())


def _location(kind: str, part: Any) -> Content:
    place = object_of(part)
    if not place:
        return Content(kind)
    where = {"lat": place.get("latitude"), "long": place.get("longitude"), "address": text_of(place.get("address"))}
    attachment = Attachment(
        type="location",
        url=text_of(place.get("url")),
        name=text_of(place.get("name")),
        extra={name: value for name, value in where.items() if _is_plain(value)},
    )
    return Content(kind, attachments=(attachment,))


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool) and value != ""


def _contacts(kind: str, part: Any) -> Content:
    return Content(kind, attachments=tuple(_shared_contact(card) for card in objects_of(part)))


def _shared_contact(card: dict[str, Any]) -> Attachment:
    name = object_of(card.get("name"))
    parts = (text_of(name.get("first_name")), text_of(name.get("last_name")))
    lists = {
        "phones": [text_of(item.get("phone")) or text_of(item.get("wa_id")) for item in objects_of(card.get("phones"))],
        "emails": [text_of(email.get("email")) for email in objects_of(card.get("emails"))],
    }
    extra: dict[str, Any] = {key: [value for value in values if value] for key, values in lists.items()}
    extra["company"] = text_of(object_of(card.get("org")).get("company"))
    return Attachment(
        type="contact",
        name=text_of(name.get("formatted_name")) or " ".join(part for part in parts if part),
        extra={key: value for key, value in extra.items() if value},
    )


def _button(kind: str, part: Any) -> Content:
    button = object_of(part)
    return Content(kind, text_of(button.get("text")), payload=text_of(button.get("payload")))


#: Replies to interactive messages: where the words are, and where what the shop's software set.
_REPLIES = {
    "button_reply": ("title", "id"),
    "list_reply": ("title", "id"),
    "nfm_reply": ("body", "response_json"),
}


def _interactive(kind: str, part: Any) -> Content:
    interactive = object_of(part)
    subtype = text_of(interactive.get("type"))
    # Address forms call themselves "interactive", and some senders leave the type out.
    found = subtype if subtype in _REPLIES else next((name for name in _REPLIES if name in interactive), "")
    type_ = f"{kind}:{found or subtype}".removesuffix(":")
    if found:
        words, chosen = _REPLIES[found]
        reply = object_of(interactive.get(found))
        description = text_of(reply.get("description"))
        return Content(
            type_,
            text_of(reply.get(words)),
            payload=_raw(reply.get(chosen)),
            extra={"description": description} if description else {},
        )
    answer = text_of(object_of(interactive.get(subtype)).get("response"))
    return Content(
        type_,
        text_of(object_of(interactive.get("body")).get("text")),
        extra=_product(object_of(interactive.get("action"))) | ({"response": answer} if answer else {}),
    )


def _raw(value: Any) -> str:
    """Return what a flow answered as its JSON text, also where it is not the promised string."""
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else text_of(value)


def _product(where: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name in ("catalog_id", "product_retailer_id") if (value := text_of(where.get(name)))}


def _order(kind: str, part: Any) -> Content:
    order = object_of(part)
    products = objects_of(order.get("product_items"))
    extra = _product(order) | ({"products": products} if products else {})
    return Content(kind, text_of(order.get("text")), extra=extra)


def _template(kind: str, part: Any) -> Content:
    name = text_of(object_of(part).get("name"))
    return Content(kind, extra={"template": name} if name else {})


_READERS: dict[str, Callable[[str, Any], Content]] = {
    "text": _text,
    "image": _media,
    "audio": _media,
    "voice": _media,
    "video": _media,
    "document": _media,
    "sticker": _media,
    "location": _location,
    "contacts": _contacts,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "template": _template,
}
