"""Who is who on WhatsApp: the person an item speaks of, and what becomes of their ids and wishes.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
"""

from dataclasses import dataclass, replace
from typing import Any

from messaging.channels.events import PHONE, ConsentChange, Contact, Event, IdentityChange, Ignored
from messaging.channels.reading import instant, object_of, objects_of, text_of
from messaging.channels.whatsapp_ids import is_business_scoped, is_phone, shared_phone, whatsapp_keys

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What the items of one `changes[].value` share."""

    account_id: str
    profiles: list[Json]
    #: Whether the value speaks of one item only, whose person the only profile then is.
    single: bool
    standby: bool

    def common(self, item: Json, contact: Contact) -> Json:
        """Return the fields that every event has."""
        return {
            "account_id": self.account_id,
            "contact": contact,
            "ts": instant(item.get("timestamp")),
            "standby": self.standby,
        }

    def contact(self, *ids: object) -> Contact:
        """Return the person with these ids (best first), with what `contacts[]` says of them."""
        known = [text for value in ids if (text := text_of(value))]
        profile = next((p for p in self.profiles if _wa_id(p) in known or text_of(p.get("user_id")) in known), {})
        if not profile and len(self.profiles) == 1 and (self.single or not known):
            profile = self.profiles[0]
        user_id, details = text_of(profile.get("user_id")), object_of(profile.get("profile"))
        return Contact(
            id=known[0] if known else user_id or _wa_id(profile),
            keys=whatsapp_keys(*known, _wa_id(profile), user_id, text_of(profile.get("parent_user_id"))),
            name=text_of(details.get("name")),
            username=text_of(details.get("username")),
        )


def _wa_id(profile: Json) -> str:
    return text_of(profile.get("wa_id"))


def with_own_phone(contact: Contact, item: Json) -> Contact:
    """Add the number that a person shared when asked for it: the only contact card that is surely their own."""
    for card in objects_of(item.get("contacts")):
        if "contact_request" in (card.get("origin"), item.get("origin")):
            for phone in objects_of(card.get("phones")):
                number = text_of(phone.get("wa_id")) or shared_phone(text_of(phone.get("phone")))
                if is_phone(number) and (PHONE, number) not in contact.keys:
                    contact = replace(contact, keys=(*contact.keys, (PHONE, number)))
    return contact


def recipient_of(change: Change, item: Json) -> Contact:
    """Return whom a status is about; in a group that is the participant, and `recipient_id` the group."""
    participant = (
        item.get("recipient_participant_id") or item.get("participant_recipient_id"),
        item.get("recipient_participant_user_id"),
        item.get("recipient_participant_parent_user_id"),
    )
    if any(participant):
        return change.contact(*participant)
    if item.get("recipient_type") == "group":
        return Contact(text_of(item.get("recipient_id")))
    return change.contact(
        item.get("recipient_id"),
        item.get("recipient_user_id"),
        item.get("recipient_parent_user_id") or item.get("parent_recipient_user_id"),
    )


_IDENTITY_CHANGES = {"user_changed_number", "customer_changed_number", "user_changed_user_id"}


def system_event(change: Change, item: Json, contact: Contact, direction: str) -> Event:
    """Read a new number or user id of a person; ids that stay valid are among the old and the new ones."""
    system = object_of(item.get("system"))
    kind, body = text_of(system.get("type")), text_of(system.get("body"))
    common = {**change.common(item, contact), "external_id": text_of(item.get("id")), "text": body}
    if kind not in _IDENTITY_CHANGES:
        return Ignored(kind="system", type=kind, direction=direction, **common)
    user_id = text_of(system.get("user_id"))
    new_keys = whatsapp_keys(
        text_of(system.get("wa_id")) or text_of(system.get("new_wa_id")), user_id, text_of(system.get("parent_user_id"))
    )
    old = (
        text_of(item.get("from")),
        text_of(system.get("customer")),
        text_of(system.get("previous_user_id")) or _former_user_id(body, user_id),
        text_of(system.get("previous_parent_user_id")),
        text_of(item.get("from_user_id")),
        text_of(item.get("from_parent_user_id")),
    )
    keys = whatsapp_keys(*old)
    common["contact"] = replace(contact, id=contact.id or (keys[0][1] if keys else ""), keys=keys)
    return IdentityChange(type=kind, new_keys=new_keys, **common)


def _former_user_id(body: str, user_id: str) -> str:
    """Return the id that "User … changed from <old> to <new>" names: before August 2026 the only place for it.

    Read from the end, and only beside the new id: the person's name, which they choose, stands before it.
    """
    old, _, new = body.rpartition(" changed from ")[2].partition(" to ")
    return old if user_id and new == user_id and is_business_scoped(old) else ""


def user_id_update(change: Change, item: Json) -> Event:
    ids = [object_of(item.get(name)) for name in ("user_id", "parent_user_id")]
    wa_id = text_of(item.get("wa_id"))
    old = [text_of(pair.get("previous")) for pair in ids]
    new = [text_of(pair.get("current")) for pair in ids]
    contact = replace(change.contact(wa_id, *old), keys=whatsapp_keys(wa_id, *old))
    return IdentityChange(
        **change.common(item, contact),
        new_keys=whatsapp_keys(wa_id, *new),
        type="user_id_update",
        text=text_of(item.get("detail")),
    )


def preference(change: Change, item: Json) -> Event:
    """Read that a person stopped or resumed marketing messages; they may still be answered."""
    contact = change.contact(item.get("wa_id"), item.get("user_id"), item.get("parent_user_id"))
    common, choice = change.common(item, contact), text_of(item.get("value"))
    if choice not in ("stop", "resume"):
        return Ignored(kind="optin", type="user_preferences", **common)
    return ConsentChange(
        kind="optin", opted_out=choice == "stop", extra={"category": text_of(item.get("category"))}, **common
    )
