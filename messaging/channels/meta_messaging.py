"""What Messenger and Instagram share: the walk through an entry, and conversations.

https://developers.facebook.com/docs/messenger-platform/reference/webhook-events
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from messaging.channels.events import (
    USER_REF,
    Attachment,
    Contact,
    Deletion,
    Echo,
    Edit,
    Event,
    Ignored,
    InboundMessage,
    Reaction,
    Referral,
    StatusUpdate,
)
from messaging.channels.meta_attachments import attachments_of
from messaging.channels.reading import instant, object_of, objects_of, text_of, token_of

JsonObject = dict[str, Any]

#: What stands beside the one object that says what happened.
ENVELOPE = frozenset({"sender", "recipient", "timestamp", "prior_message", "is_self", "hop_context"})
HANDOVER = frozenset({"pass_thread_control", "take_thread_control", "request_thread_control", "app_roles"})

#: Our name for what a referral says, and where it stands: in the referral, or in one of its objects.
REFERRAL_FIELDS = (
    *((name, "", name) for name in (
        "ref", "source", "type", "ad_id", "post_id", "source_id", "ctwa_clid", "headline", "body", "media_type",
    )),
    *((name, "ads_context_data", name) for name in ("ad_title", "photo_url", "video_url", "post_id", "product_id")),
    ("product_id", "product", "id"),
    ("source_url", "", "referer_uri"),
)  # fmt: skip
OPTIN_EXTRA = ("user_ref", "type", "payload", "title", "notification_messages_status", "user_token_status")


@dataclass(frozen=True, slots=True)
class Account:
    """Our account that an entry is about; `person` is the kind of key by which it knows people."""

    id: str
    person: str
    time: datetime | None

    def contact(self, person_id: str, *more: tuple[str, str], name: str = "", username: str = "") -> Contact:
        """Return a person of this account; the account itself has no keys, so that it never becomes a customer."""
        keys = ((self.person, person_id),) if person_id and person_id != self.id else ()
        return Contact(person_id, keys + more, name=name, username=username)


class Common(TypedDict):
    """What every event of the messaging kind says."""

    account_id: str
    contact: Contact
    ts: datetime | None
    standby: bool


class Words(TypedDict):
    """What inbound messages and echoes say alike."""

    external_id: str
    type: str
    text: str
    attachments: tuple[Attachment, ...]
    reply_to: str
    payload: str
    attribution: dict[str, str]
    referral: JsonObject
    extra: JsonObject


#: Reads one change: the account, the field's name, its value.
ChangeReader = Callable[[Account, str, JsonObject], Event]


def read_entries(entries: Iterable[JsonObject], person: str, fields: Mapping[str, ChangeReader]) -> list[Event]:
    """Read everything in these entries, in the order in which it stands there.

    `person` is the kind of `Contact` key (PSID or IGSID), `fields` the changes that the product knows.
    """
    events: list[Event] = []
    for entry in entries:
        account = Account(text_of(entry.get("id")), person, instant(entry.get("time")))
        events += [read_messaging(account, item) for item in objects_of(entry.get("messaging"))]
        events += [read_messaging(account, item, standby=True) for item in objects_of(entry.get("standby"))]
        events += [_read_change(account, change, fields) for change in _changes(entry)]
    return events


def _changes(entry: JsonObject) -> Iterator[JsonObject]:
    """Yield the changes of an entry.

    Instagram's own login puts the one change into the entry itself; without "include values" there are only names.
    """
    yield from objects_of(entry.get("changes"))
    if "field" in entry:
        yield entry
    names = entry.get("changed_fields")
    if isinstance(names, list):
        yield from ({"field": name} for name in names)


def _read_change(account: Account, change: JsonObject, fields: Mapping[str, ChangeReader]) -> Event:
    field, value = text_of(change.get("field")), object_of(change.get("value"))
    if reader := fields.get(field):
        return reader(account, field, value)
    if isinstance(value.get("sender"), dict):  # the dashboard's test button sends messages as changes
        return read_messaging(account, value, standby=field == "standby")
    return account_event(account, field, value)


def account_event(account: Account, field: str, value: JsonObject) -> Ignored:
    """Return a change that is of no consequence for the CRM."""
    ts = instant(value.get("created_time")) or account.time
    return Ignored(kind="account_event", account_id=account.id, ts=ts, type=field, verb=text_of(value.get("verb")))


def read_messaging(account: Account, item: JsonObject, *, standby: bool = False) -> Event:
    """Read one element of `messaging` or `standby`.

    https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/standby
    """
    message = object_of(item.get("message"))
    ours = bool(message.get("is_echo")) or _sent_by(account, item)
    common: Common = {
        "account_id": account.id,
        "contact": _contact(account, item, "recipient" if ours else "sender"),
        "ts": instant(item.get("timestamp")),
        "standby": standby,
    }
    for name, reader in READERS:
        if isinstance(said := item.get(name), dict):
            return reader(said, item, common, ours)
    kind = next((name for name in item if name not in ENVELOPE), "")
    return Ignored(**common, kind="handover" if kind in HANDOVER else "other", type=kind.replace("-", "_") or "empty")


def _sent_by(account: Account, item: JsonObject) -> bool:
    """Tell whether the account wrote to somebody else, which some echoes show by their ids alone."""
    sender, recipient = _id_in(item, "sender"), _id_in(item, "recipient")
    return bool(sender) and sender == account.id and recipient not in ("", sender)


def _id_in(item: JsonObject, role: str) -> str:
    return text_of(object_of(item.get(role)).get("id"))


def _contact(account: Account, item: JsonObject, role: str) -> Contact:
    """Return the person in this role with all ids that the item proves.

    A `user_ref` is what a checkbox or chat plugin calls a person before the first message.
    """
    who, prior = object_of(item.get(role)), object_of(item.get("prior_message"))
    refs = {text_of(who.get("user_ref")): None, text_of(object_of(item.get("optin")).get("user_ref")): None}
    if prior.get("source") == "checkbox_plugin":
        refs[text_of(prior.get("identifier"))] = None
    more = tuple((USER_REF, ref) for ref in refs if ref)
    return account.contact(
        text_of(who.get("id")), *more, name=text_of(who.get("name")), username=text_of(who.get("username"))
    )


def attribution_of(referral: JsonObject) -> dict[str, str]:
    """Return what a referral says of the ad, link or product, under our names.

    https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messaging_referrals
    """
    found: dict[str, str] = {}
    for name, inside, field in REFERRAL_FIELDS:
        value = text_of((object_of(referral.get(inside)) if inside else referral).get(field))
        if value and name not in found:
            found[name] = value
    return found


def _message(message: JsonObject, item: JsonObject, common: Common, ours: bool) -> Event:
    mid = text_of(message.get("mid"))
    if message.get("is_deleted"):
        return Deletion(**common, message_id=mid, external_id=mid, direction=_direction(ours))
    attachments = attachments_of(message.get("attachments"))
    referral = object_of(message.get("referral")) or object_of(item.get("referral"))
    words: Words = {
        "external_id": mid,
        "type": attachments[0].type if attachments else _type_of_bare(message),
        "text": text_of(message.get("text")),
        "attachments": attachments,
        "reply_to": _reply_to(message),
        "payload": text_of(object_of(message.get("quick_reply")).get("payload")),
        "attribution": attribution_of(referral) if referral else {},
        "referral": referral,
        "extra": _message_extra(message),
    }
    if not ours:
        return InboundMessage(**common, **words)
    return Echo(**common, **words, own_token=token_of(text_of(message.get("metadata"))))


def _type_of_bare(message: JsonObject) -> str:
    return "unsupported" if message.get("is_unsupported") else "text"


def _reply_to(message: JsonObject) -> str:
    reply = object_of(message.get("reply_to"))
    story = text_of(object_of(reply.get("story")).get("id"))
    return text_of(reply.get("mid")) or (f"story:{story}" if story else "")


def _message_extra(message: JsonObject) -> JsonObject:
    """Return the rest worth keeping; `metadata` is what our own send call passed along."""
    found: JsonObject = {name: text_of(message.get(name)) for name in ("app_id", "metadata") if name in message}
    found["story_url"] = text_of(object_of(object_of(message.get("reply_to")).get("story")).get("url"))
    found["tags"] = objects_of(message.get("tags"))
    return {name: value for name, value in found.items() if value}


def _message_edit(edit: JsonObject, item: JsonObject, common: Common, ours: bool) -> Event:
    mid = text_of(edit.get("mid"))
    return Edit(
        **common,
        message_id=mid,
        external_id=mid,
        text=text_of(edit.get("text")),
        version=_count(edit.get("num_edit")),
        direction=_direction(ours),
    )


def _count(value: object) -> int:
    """Read a small count, as a number or a string; 0 where it is none."""
    digits = text_of(value)
    return int(digits) if digits.isdecimal() and len(digits) <= 9 else 0  # longer ones fit no database integer


def _direction(ours: bool) -> str:
    return "out" if ours else "in"


def _postback(postback: JsonObject, item: JsonObject, common: Common, ours: bool) -> Event:
    referral = object_of(postback.get("referral")) or object_of(item.get("referral"))
    return InboundMessage(
        **common,
        kind="postback",
        type="postback",
        external_id=text_of(postback.get("mid")),
        text=text_of(postback.get("title")),
        payload=text_of(postback.get("payload")),
        attribution=attribution_of(referral) if referral else {},
        referral=referral,
    )


def _reaction(reaction: JsonObject, item: JsonObject, common: Common, ours: bool) -> Event:
    emoji, name = text_of(reaction.get("emoji")), text_of(reaction.get("reaction"))
    action = reaction.get("action")
    taken_off = action == "unreact" or (action != "react" and not (emoji or name))
    return Reaction(
        **common,
        kind="unreaction" if taken_off else "reaction",
        reply_to=text_of(reaction.get("mid")),
        text=emoji,
        payload=name,
        direction=_direction(ours),
    )


def _delivery(delivery: JsonObject, item: JsonObject, common: Common, ours: bool) -> Event:
    mids = delivery.get("mids")
    return StatusUpdate(
        **common,
        kind="delivery",
        status="delivered",
        message_ids=tuple(filter(None, map(text_of, mids))) if isinstance(mids, list) else (),
        watermark=instant(delivery.get("watermark")),
    )


def _read(read: JsonObject, item: JsonObject, common: Common, ours: bool) -> Event:
    mid = text_of(read.get("mid"))
    return StatusUpdate(
        **common,
        kind="read",
        status="read",
        external_id=mid,
        message_ids=(mid,) if mid else (),
        watermark=instant(read.get("watermark")),
    )


def _referral(referral: JsonObject, item: JsonObject, common: Common, ours: bool) -> Event:
    return Referral(**common, attribution=attribution_of(referral), referral=referral)


def _optin(optin: JsonObject, item: JsonObject, common: Common, ours: bool) -> Event:
    ref = text_of(optin.get("ref"))
    told = {name: text_of(optin.get(name)) for name in OPTIN_EXTRA if name in optin}
    return Ignored(
        **common,
        kind="optin",
        attribution={"ref": ref} if ref else {},
        extra={name: value for name, value in told.items() if value},
    )


MessagingReader = Callable[[JsonObject, JsonObject, Common, bool], Event]

#: The objects of a messaging item, the telling one first: a referral may stand beside a message or a postback.
READERS: tuple[tuple[str, MessagingReader], ...] = (
    ("message", _message),
    ("message_edit", _message_edit),
    ("postback", _postback),
    ("reaction", _reaction),
    ("delivery", _delivery),
    ("read", _read),
    ("optin", _optin),
    ("referral", _referral),
)
