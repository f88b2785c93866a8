"""Attachments of Messenger and Instagram messages.

https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages
"""

from typing import Any

from messaging.channels.events import Attachment
from messaging.channels.reading import object_of, objects_of, text_of

#: Ids that tell what was shared, kept as text under the platform's names.
SHARED_IDS = ("sticker_id", "reel_video_id", "ig_post_media_id", "template_type")


def attachments_of(value: object) -> tuple[Attachment, ...]:
    """Return one attachment for each media item, sticker, shared post, location or template."""
    items = objects_of(value)
    if not items:
        return ()
    found = [_attachment(item) for item in items]
    stickers = {item.extra.get("sticker_id") for item in found if item.type == "sticker"} - {None}
    # While "sticker" replaces "image" (June to August 2026) a sticker comes as both.
    return tuple(item for item in found if item.type != "image" or item.extra.get("sticker_id") not in stickers)


def _attachment(item: dict[str, Any]) -> Attachment:
    payload = object_of(item.get("payload"))
    url = text_of(payload.get("url")) or text_of(item.get("url"))
    extra: dict[str, Any] = {name: text_of(payload.get(name)) for name in SHARED_IDS}
    extra["title"] = text_of(payload.get("title")) or text_of(item.get("title"))
    extra |= _coordinates(payload.get("coordinates"))
    if not url and "coordinates" not in payload:
        extra["payload"] = payload  # templates and products: only the sender's own structure says what it is
    return Attachment(
        type=text_of(item.get("type")) or "unknown",
        url=url,
        id=text_of(payload.get("attachment_id")) or text_of(payload.get("id")),
        extra={name: value for name, value in extra.items() if value not in ("", {})},
    )


def _coordinates(value: object) -> dict[str, float]:
    found = object_of(value)
    return {
        name: number
        for name in ("lat", "long")
        if isinstance(number := found.get(name), int | float) and not isinstance(number, bool)
    }
