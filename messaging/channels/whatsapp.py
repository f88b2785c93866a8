"""WhatsApp Cloud API: messages, echoes, statuses and changes of who is who.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/standby
"""

from collections.abc import Callable

from messaging.channels.contract import Received
from messaging.channels.events import (
    Contact,
    Deletion,
    Echo,
    Edit,
    Event,
    Ignored,
    InboundMessage,
    Reaction,
    StatusUpdate,
)
from messaging.channels.meta import KEPT_HEADERS, entries, handshake, verify
from messaging.channels.meta import SECRETS as META_SECRETS
from messaging.channels.reading import instant, object_of, objects_of, text_of, token_of
from messaging.channels.whatsapp_content import Content, attribution_of, content_of
from messaging.channels.whatsapp_people import (
    Change,
    Json,
    preference,
    recipient_of,
    system_event,
    user_id_update,
    with_own_phone,
)
from messaging.channels.whatsapp_sending import ABILITIES, send

__all__ = ["ABILITIES", "KEPT_HEADERS", "SECRETS", "handshake", "parse", "send", "verify"]

SECRETS: tuple[str, ...] = (*META_SECRETS, "waba_id")


def parse(received: Received) -> list[Event]:
    """Read every change of every entry; one that holds nothing we read becomes an ignored event."""
    return [
        event
        for entry in entries(received, "whatsapp_business_account")
        for change in objects_of(entry.get("changes"))
        for event in _events(entry, change)
    ]


def _events(entry: Json, change: Json) -> list[Event]:
    field, value = text_of(change.get("field")), object_of(change.get("value"))
    account_id = _account(entry, value)
    standby = field == "standby"
    items = object_of(value.get("standby")) if standby else value
    readers = () if field in _NOT_LIVE else _READERS
    found = [(reader, item) for key, reader in readers for item in objects_of(items.get(key))]
    if not found:
        kind = _IGNORED_FIELDS.get(field, "account_event")
        return [Ignored(kind=kind, account_id=account_id, type=field, ts=instant(entry.get("time")))]
    shared = Change(account_id, objects_of(items.get("contacts")), len(found) == 1, standby)
    return [reader(shared, item) for reader, item in found]


def _account(entry: Json, value: Json) -> str:
    for place in ("metadata", "recipient"):  # handovers name the number as their recipient
        if number := text_of(object_of(value.get(place)).get("phone_number_id")):
            return number
    return text_of(entry.get("id"))


# Messages


def _message(change: Change, item: Json) -> Event:
    contact = change.contact(item.get("from"), item.get("from_user_id"), item.get("from_parent_user_id"))
    special = _SPECIAL.get(text_of(item.get("type")))
    if special:
        return special(change, item, contact, "in")
    content = content_of(item)
    referral = object_of(item.get("referral"))
    return InboundMessage(
        **change.common(item, with_own_phone(contact, item)),
        external_id=text_of(item.get("id")),
        type=content.type,
        text=content.text,
        attachments=content.attachments,
        payload=content.payload,
        reply_to=_reply_to(item),
        referral=referral,
        attribution=attribution_of(referral),
        group=bool(text_of(item.get("group_id"))),
        errors=_codes(item),
        extra=_message_extra(item, content),
    )


def _echo(change: Change, item: Json) -> Event:
    """Read a message sent from the phone app, or in standby by another sender: its request, as it was posted."""
    sent = object_of(item.get("message")) or item
    group = bool(text_of(sent.get("group_id"))) or sent.get("recipient_type") == "group"
    ids = [sent.get(name) for name in ("to", "to_user_id", "recipient", "to_parent_user_id")]
    contact = Contact(text_of(ids[0])) if group else change.contact(*ids)
    special = _SPECIAL.get(text_of(sent.get("type")))
    if special:
        return special(change, sent | {"id": item.get("id"), "timestamp": item.get("timestamp")}, contact, "out")
    content = content_of(sent)
    return Echo(
        **change.common(item, contact),
        external_id=text_of(item.get("id")),
        type=content.type,
        text=content.text,
        attachments=content.attachments,
        payload=content.payload,
        reply_to=_reply_to(sent),
        group=group,
        extra=_message_extra(sent, content),
    )


def _reply_to(item: Json) -> str:
    context = object_of(item.get("context"))
    return text_of(context.get("id")) or text_of(context.get("message_id"))


def _message_extra(item: Json, content: Content) -> Json:
    context = object_of(item.get("context"))
    more = {
        "group_id": text_of(item.get("group_id")),
        "forwarded": context.get("forwarded") is True or context.get("frequently_forwarded") is True,
        "referred_product": object_of(context.get("referred_product")),
    }
    return content.extra | {name: value for name, value in more.items() if value}


def _reaction(change: Change, item: Json, contact: Contact, direction: str) -> Event:
    reaction = object_of(item.get("reaction"))
    emoji = text_of(reaction.get("emoji"))
    return Reaction(
        **change.common(item, contact),
        kind="reaction" if emoji else "unreaction",
        direction=direction,
        external_id=text_of(item.get("id")),
        reply_to=text_of(reaction.get("message_id")),
        text=emoji,
    )


def _edit(change: Change, item: Json, contact: Contact, direction: str) -> Event:
    edit = object_of(item.get("edit"))
    content = content_of(object_of(edit.get("message")))
    original = text_of(edit.get("original_message_id"))
    moment = instant(item.get("timestamp"))
    return Edit(
        **change.common(item, contact),
        direction=direction,
        message_id=original,
        reply_to=original,
        external_id=text_of(item.get("id")),
        type=content.type,
        text=content.text,
        version=int(moment.timestamp()) if moment else 0,
        group=bool(text_of(item.get("group_id"))),
    )


def _revoke(change: Change, item: Json, contact: Contact, direction: str) -> Event:
    original = text_of(object_of(item.get("revoke")).get("original_message_id"))
    return Deletion(
        **change.common(item, contact),
        direction=direction,
        message_id=original,
        reply_to=original,
        external_id=text_of(item.get("id")),
    )


# Statuses and the rest


def _status(change: Change, item: Json) -> Event:
    contact = recipient_of(change, item)
    kind, status, external_id = text_of(item.get("type")), text_of(item.get("status")), text_of(item.get("id"))
    common, errors = change.common(item, contact), _codes(item)
    if kind in _OTHER_STATUSES or not status:
        kind = kind if kind in _OTHER_STATUSES else "other"
        return Ignored(kind=kind, direction="out", status=status, external_id=external_id, errors=errors, **common)
    return StatusUpdate(
        **common,
        status=status,
        external_id=external_id,
        message_ids=(external_id,) if external_id else (),
        errors=errors,
        extra=_status_extra(item),
        own_token=token_of(text_of(item.get("biz_opaque_callback_data"))),
    )


def _status_extra(item: Json) -> Json:
    conversation, pricing = object_of(item.get("conversation")), object_of(item.get("pricing"))
    error = next(iter(objects_of(item.get("errors"))), {})
    extra = {
        "biz_opaque_callback_data": text_of(item.get("biz_opaque_callback_data")),
        "conversation_id": text_of(conversation.get("id")),
        "origin": text_of(object_of(conversation.get("origin")).get("type")),
        "pricing_category": text_of(pricing.get("category")),
        "pricing_model": text_of(pricing.get("pricing_model")),
        "group_id": text_of(item.get("recipient_id")) if item.get("recipient_type") == "group" else "",
        "error": _words(error),
    }
    return {name: value for name, value in extra.items() if value}


def _words(error: Json) -> str:
    return text_of(object_of(error.get("error_data")).get("details")) or text_of(error.get("title"))


def _codes(item: Json) -> tuple[str, ...]:
    return tuple(code for error in objects_of(item.get("errors")) if (code := text_of(error.get("code"))))


def _account_error(change: Change, item: Json) -> Event:
    return Ignored(kind="error", account_id=change.account_id, errors=_codes({"errors": [item]}), text=_words(item))


def _call(change: Change, item: Json) -> Event:
    ours = item.get("direction") == "BUSINESS_INITIATED"
    names = ("to", "to_user_id", "to_parent_user_id") if ours else ("from", "from_user_id", "from_parent_user_id")
    return Ignored(
        **change.common(item, change.contact(*[item.get(name) for name in names])),
        kind="call",
        type=text_of(item.get("event")),
        direction="out" if ours else "in",
        external_id=text_of(item.get("id")),
        status=text_of(item.get("status")),
    )


#: Lists of a change's value, in the order in which their events are reported.
_READERS: tuple[tuple[str, Callable[[Change, Json], Event]], ...] = (
    ("messages", _message),
    ("message_echoes", _echo),
    ("statuses", _status),
    ("errors", _account_error),
    ("user_id_update", user_id_update),
    ("user_preferences", preference),
    ("calls", _call),
)
#: Types of `messages[]` that are no messages.
_SPECIAL: dict[str, Callable[[Change, Json, Contact, str], Event]] = {
    "reaction": _reaction,
    "edit": _edit,
    "revoke": _revoke,
    "system": system_event,
}
#: Types of `statuses[]` that are not about a message's delivery.
_OTHER_STATUSES = {"call", "payment"}
#: Chats from before the number was connected come with the same lists; they are no news.
_NOT_LIVE = {"history"}
_IGNORED_FIELDS = {"messages": "other", "standby": "other", "": "other", "messaging_handovers": "handover"}
