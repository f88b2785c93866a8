"""Messenger, the page's feed and lead ads: webhooks about a Facebook page.

https://developers.facebook.com/docs/graph-api/webhooks/reference/page
"""

from messaging.channels.contract import Received
from messaging.channels.events import FORM, PSID, Attachment, Comment, Contact, Event, Ignored, LeadForm
from messaging.channels.messenger_sending import ABILITIES, send
from messaging.channels.meta import KEPT_HEADERS, SECRETS, entries, handshake, verify
from messaging.channels.meta_messaging import Account, ChangeReader, JsonObject, account_event, read_entries
from messaging.channels.reading import instant, object_of, text_of

__all__ = ["ABILITIES", "KEPT_HEADERS", "SECRETS", "handshake", "parse", "send", "verify"]

LEAD_ATTRIBUTION = ("ad_id", "adgroup_id", "form_id", "page_id")
ORGANIC = "0"
POST_FACTS = ("permalink_url", "promotion_status", "status_type")
COMMENT_FACTS = ("edited_time", "open_graph_story_id")
COMMENT_MEDIA = (("photo", "image"), ("video", "video"))


def parse(received: Received) -> list[Event]:
    """Read the conversations, comments and lead forms of one or more pages.

    Raises:
        MalformedPayload: the body is no webhook.
    """
    return read_entries(entries(received, "page"), PSID, FIELDS)


def _feed(account: Account, field: str, value: JsonObject) -> Event:
    """Read a change of the feed or of the ratings, by the item that changed."""
    item = text_of(value.get("item"))
    if item == "comment":
        return _comment(account, field, value)
    if item in ("reaction", "like"):
        return _feed_reaction(account, item, value)
    if field == "ratings" or text_of(value.get("post_id")):
        return _post(account, field, item, value)
    return account_event(account, field, value)


def _comment(account: Account, field: str, value: JsonObject) -> Event:
    """Read a comment under a post, an ad or a review; its edits, removals and hidings have the same shape."""
    comment_id = text_of(value.get("comment_id"))
    if not comment_id:
        return account_event(account, field, value)
    post, contact = object_of(value.get("post")), _author(account, value)
    post_id = text_of(value.get("post_id")) or text_of(post.get("id"))
    told = {name: text_of(post.get(name)) for name in POST_FACTS}
    told |= {name: text_of(value.get(name)) for name in COMMENT_FACTS}
    return Comment(
        account_id=account.id,
        contact=contact,
        ts=instant(value.get("created_time")) or account.time,
        external_id=comment_id,
        direction="out" if contact.id and contact.id == account.id else "in",
        verb=text_of(value.get("verb")) or "add",
        happened_at=account.time,
        type=field,
        text=text_of(value.get("message")),
        attachments=tuple(
            Attachment(kind, url=url) for name, kind in COMMENT_MEDIA if (url := text_of(value.get(name)))
        ),
        reply_to=_parent(value, post_id),
        attribution={"post_id": post_id} if post_id else {},
        extra={name: text for name, text in told.items() if text},
    )


def _author(account: Account, value: JsonObject) -> Contact:
    """Return who did it: `from`, in older payloads and ratings `sender_id`; of a review `reviewer_id`."""
    who = object_of(value.get("from"))
    for person_id, name in (
        (who.get("id"), who.get("name")),
        (value.get("sender_id"), value.get("sender_name")),
        (value.get("reviewer_id") if value.get("item") == "rating" else "", value.get("reviewer_name")),
    ):
        if found := text_of(person_id):
            return account.contact(found, name=text_of(name))
    return Contact("")


def _parent(value: JsonObject, post_id: str) -> str:
    """Return the comment that this one answers; the parent of a first-level comment is the post or review itself."""
    parent = text_of(value.get("parent_id"))
    if parent in (post_id, text_of(value.get("open_graph_story_id"))) or post_id.endswith(f"_{parent}"):
        return ""
    return parent


def _feed_reaction(account: Account, item: str, value: JsonObject) -> Ignored:
    post_id, liked = text_of(value.get("post_id")), text_of(value.get("comment_id"))
    return Ignored(
        kind=f"feed_{item}",
        account_id=account.id,
        contact=_author(account, value),
        ts=instant(value.get("created_time")) or account.time,
        type=text_of(value.get("reaction_type")),
        verb=text_of(value.get("verb")),
        attribution={"post_id": post_id} if post_id else {},
        extra={"comment_id": liked} if liked else {},
    )


def _post(account: Account, field: str, item: str, value: JsonObject) -> Ignored:
    """Read a post, or a review with its words and stars, which nobody answers from the inbox."""
    contact = _author(account, value)
    return Ignored(
        kind="rating" if field == "ratings" else "mention" if field == "mention" else "post",
        account_id=account.id,
        contact=contact,
        ts=instant(value.get("created_time")) or account.time,
        external_id=text_of(value.get("post_id")) or text_of(value.get("open_graph_story_id")),
        direction="out" if contact.id and contact.id == account.id else "in",
        type=item,
        text=text_of(value.get("message")) or text_of(value.get("review_text")),
        verb=text_of(value.get("verb")),
    )


def _mention(account: Account, field: str, value: JsonObject) -> Ignored:
    """Read that somebody named the page in a post or comment elsewhere."""
    return _post(account, field, text_of(value.get("item")), value)


def _leadgen(account: Account, field: str, value: JsonObject) -> Event:
    """Read that a lead-ad form was sent; the person is known by the form alone until its fields are fetched.

    https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving
    """
    leadgen_id = text_of(value.get("leadgen_id"))
    if not leadgen_id:
        return account_event(account, field, value)
    named = {name: text_of(value.get(name)) for name in LEAD_ATTRIBUTION}
    return LeadForm(
        account_id=account.id,
        contact=Contact("", keys=((FORM, leadgen_id),)),
        ts=instant(value.get("created_time")) or account.time,
        external_id=leadgen_id,
        attribution={name: text for name, text in named.items() if text not in ("", ORGANIC)},
    )


FIELDS: dict[str, ChangeReader] = {
    "feed": _feed,
    "ratings": _feed,
    "mention": _mention,
    "leadgen": _leadgen,
}
