"""Instagram: direct messages and comments of a professional account.

https://developers.facebook.com/docs/instagram-platform/webhooks/examples
"""

from messaging.channels.contract import Received
from messaging.channels.events import IGSID, Comment, Event, Ignored
from messaging.channels.instagram_sending import ABILITIES, send
from messaging.channels.meta import KEPT_HEADERS, SECRETS, entries, handshake, verify
from messaging.channels.meta_messaging import Account, ChangeReader, JsonObject, account_event, read_entries
from messaging.channels.reading import instant, object_of, text_of

__all__ = ["ABILITIES", "KEPT_HEADERS", "SECRETS", "handshake", "parse", "send", "verify"]

#: Our name for what a comment says of its post, and the name in its `media`.
MEDIA_ATTRIBUTION = (
    ("media_id", "id"),
    ("original_media_id", "original_media_id"),
    ("media_product_type", "media_product_type"),
    ("ad_id", "ad_id"),
    ("ad_title", "ad_title"),
)


def parse(received: Received) -> list[Event]:
    """Read the conversations and comments of one or more accounts.

    Raises:
        MalformedPayload: the body is no webhook.
    """
    return read_entries(entries(received, "instagram"), IGSID, FIELDS)


def _comment(account: Account, field: str, value: JsonObject) -> Event:
    """Read a comment on a post, reel, ad or live video.

    Of a comment on an ad, only `original_media_id` is the id of the post that the shop knows.
    """
    comment_id = text_of(value.get("id")) or text_of(value.get("comment_id"))
    if not comment_id:
        return account_event(account, field, value)
    who, media = object_of(value.get("from")), object_of(value.get("media"))
    person_id = text_of(who.get("id"))
    ours = bool(person_id) and (person_id == account.id or bool(text_of(who.get("self_ig_scoped_id"))))
    named = {name: text_of(media.get(field_name)) for name, field_name in MEDIA_ATTRIBUTION}
    parent = text_of(value.get("parent_id"))
    return Comment(
        account_id=account.id,
        contact=account.contact(account.id if ours else person_id, username=text_of(who.get("username"))),
        ts=instant(value.get("created_time")) or account.time,
        external_id=comment_id,
        direction="out" if ours else "in",
        verb=text_of(value.get("verb")) or "add",
        type=field,
        text=text_of(value.get("text")),
        reply_to="" if parent == named["media_id"] else parent,
        attribution={name: text for name, text in named.items() if text},
    )


def _mention(account: Account, field: str, value: JsonObject) -> Ignored:
    """Read that somebody named the account in a post or comment elsewhere; only ids are told."""
    media_id = text_of(value.get("media_id"))
    return Ignored(
        kind="mention",
        account_id=account.id,
        ts=instant(value.get("created_time")) or account.time,
        type=field,
        external_id=text_of(value.get("comment_id")),
        attribution={"media_id": media_id} if media_id else {},
    )


FIELDS: dict[str, ChangeReader] = {
    "comments": _comment,
    "live_comments": _comment,
    "mentions": _mention,
}
