"""What a Telegram message says: its words, attachments and payload, and which fields make it a service message.

https://core.telegram.org/bots/api#message
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from messaging.channels.events import Attachment
from messaging.channels.reading import object_of, objects_of, text_of

#: A message with one of these tells of the chat, the account or a payment, and nothing that a person said.
SERVICE_FIELDS = frozenset(
    {
        "new_chat_members", "new_chat_member", "new_chat_participant", "left_chat_member", "left_chat_participant",
        "new_chat_title", "new_chat_photo", "delete_chat_photo", "group_chat_created", "supergroup_chat_created",
        "channel_chat_created", "chat_owner_left", "chat_owner_changed", "message_auto_delete_timer_changed",
        "migrate_to_chat_id", "migrate_from_chat_id", "pinned_message", "successful_payment", "refunded_payment",
        "users_shared", "user_shared", "chat_shared", "connected_website", "write_access_allowed",
        "proximity_alert_triggered", "boost_added", "chat_background_set",
        "checklist_tasks_done", "checklist_tasks_added", "poll_option_added", "poll_option_deleted",
        "direct_message_price_changed", "paid_message_price_changed", "gift", "unique_gift", "gift_upgrade_sent",
        "forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened",
        "general_forum_topic_hidden", "general_forum_topic_unhidden",
        "giveaway", "giveaway_created", "giveaway_winners", "giveaway_completed",
        "suggested_post_approved", "suggested_post_approval_failed", "suggested_post_declined", "suggested_post_paid",
        "suggested_post_refunded", "video_chat_scheduled", "video_chat_started", "video_chat_ended",
        "video_chat_participants_invited", "voice_chat_scheduled", "voice_chat_started", "voice_chat_ended",
        "voice_chat_participants_invited", "managed_bot_created",
        "community_chat_added", "community_chat_removed", "community_chat_joined",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Content:
    """The part of a message that depends on what was sent."""

    type: str
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    payload: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def content_of(message: dict[str, Any]) -> Content:
    """Read what was sent; a message with nothing that we know in it is `empty`."""
    words = text_of(message.get("text")) or text_of(message.get("caption"))
    for kind, reader in _READERS:
        if (part := message.get(kind)) is not None:
            content = reader(kind, part)
            return replace(content, text=words) if words else content
    return Content("text" if words else "empty", words)


def _file(kind: str, part: Any) -> Content:
    file = object_of(part)
    return Content(kind, attachments=_attachments(kind, file), extra=_present(emoji=text_of(file.get("emoji"))))


def _attachments(kind: str, file: dict[str, Any]) -> tuple[Attachment, ...]:
    file_id = text_of(file.get("file_id"))
    if not file_id:
        return ()
    name, mime_type = text_of(file.get("file_name")), text_of(file.get("mime_type"))
    return (Attachment(kind, id=file_id, name=name, mime_type=mime_type, extra=_size(file)),)


def _size(file: dict[str, Any]) -> dict[str, Any]:
    """Return the size in bytes, which decides whether a bot may fetch the file (20 MB)."""
    size = file.get("file_size")
    return {"file_size": size} if isinstance(size, int) and not isinstance(size, bool) else {}


def _photo(kind: str, part: Any) -> Content:
    """Read one picture out of all its sizes: the largest."""
    sizes = [size for size in objects_of(part) if text_of(size.get("file_id"))]
    return Content(kind, attachments=_attachments(kind, max(sizes, key=_area)) if sizes else ())


def _area(size: dict[str, Any]) -> float:
    width, height = (side if isinstance(side, int | float) else 0 for side in (size.get("width"), size.get("height")))
    return width * height


def _paid_media(kind: str, part: Any) -> Content:
    found: list[Attachment] = []
    for item in objects_of(object_of(part).get("paid_media")):
        of_type = text_of(item.get("type"))
        media = item.get(of_type)
        largest = max(objects_of(media), key=_area, default={}) if isinstance(media, list) else object_of(media)
        found += _attachments(of_type, largest) or (Attachment(of_type or "file"),)
    return Content(kind, attachments=tuple(found))


def _location(kind: str, part: Any) -> Content:
    place = object_of(part)
    where = _coordinates(place)
    extra = {"live_location": True} if place.get("live_period") else {}
    return Content(kind, attachments=(Attachment("location", extra=where),) if where else (), extra=extra)


def _venue(kind: str, part: Any) -> Content:
    venue = object_of(part)
    where = _coordinates(object_of(venue.get("location"))) | _present(address=text_of(venue.get("address")))
    return Content(kind, attachments=(Attachment("venue", name=text_of(venue.get("title")), extra=where),))


def _coordinates(place: dict[str, Any]) -> dict[str, Any]:
    found = {"lat": place.get("latitude"), "long": place.get("longitude")}
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, int | float | str) and not isinstance(value, bool)
    }


def _contact(kind: str, part: Any) -> Content:
    card = object_of(part)
    names = (text_of(card.get("first_name")), text_of(card.get("last_name")))
    phone = text_of(card.get("phone_number"))
    extra: dict[str, Any] = {"phones": [phone]} if phone else {}
    extra |= _present(user_id=text_of(card.get("user_id")))
    attachment = Attachment("contact", name=" ".join(name for name in names if name), extra=extra)
    return Content(kind, attachments=(attachment,))


def _web_app(kind: str, part: Any) -> Content:
    answer = object_of(part)
    return Content(kind, text_of(answer.get("button_text")), payload=text_of(answer.get("data")))


def _rich(kind: str, part: Any) -> Content:
    return Content(kind, _words(object_of(part)))


def _words(node: Any, separator: str = "") -> str:
    """Return the words of a rich text or block: plain, an object around them, or a list of either."""
    if isinstance(node, dict):
        parts = (_words(node.get(name), between) for name, between in _RICH_PARTS.items())
        return " ".join(part for part in parts if part)
    if isinstance(node, list):
        cells = " " if separator else ""
        return separator.join(words for item in node if (words := _words(item, cells)))
    return node if isinstance(node, str) else ""


#: Where rich blocks hold words, and what stands between several: nothing within a line.
_RICH_PARTS = {"summary": "", "text": "", "blocks": "\n", "items": "\n", "cells": "\n", "caption": "", "credit": ""}


def _question(kind: str, part: Any) -> Content:
    asked = object_of(part)
    return Content(kind, extra=_present(question=text_of(asked.get("question")), title=text_of(asked.get("title"))))


def _bare(kind: str, part: Any) -> Content:
    return Content(kind)


def _present(**values: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


#: In this order: an animation is repeated as a document, a venue as a location, a live photo as a photo.
_READERS: tuple[tuple[str, Callable[[str, Any], Content]], ...] = (
    ("web_app_data", _web_app),
    ("animation", _file),
    ("audio", _file),
    ("document", _file),
    ("live_photo", _file),
    ("paid_media", _paid_media),
    ("photo", _photo),
    ("sticker", _file),
    ("video", _file),
    ("video_note", _file),
    ("voice", _file),
    ("contact", _contact),
    ("venue", _venue),
    ("location", _location),
    ("rich_message", _rich),
    ("poll", _question),
    ("checklist", _question),
    ("invoice", _question),
    ("game", _question),
    ("story", _bare),
    ("dice", _bare),
    ("passport_data", _bare),
)
