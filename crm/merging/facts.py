"""What the customer who stays takes over from the other."""

from typing import Any

from crm.encrypted_fields import Unreadable
from crm.merging.changes import CONTACTS, Changes
from crm.models import Customer

#: What rules or colleagues tell of a customer, each with its entry in `read_from`.
ASPECTS = ("label", "trade", "type", "persona", "governorate")
TYPES = (Customer.Type.NEW, Customer.Type.RETURNING, Customer.Type.VIP)


def take_over(changes: Changes) -> None:
    """Give the customer who stays what only the other had, and mark the other as merged."""
    kept, merged = changes.kept, changes.merged
    for name in CONTACTS:
        known, theirs = getattr(kept, name), getattr(merged, f"{name}_key")
        if not known and theirs and not isinstance(getattr(merged, name), Unreadable):
            changes.take_contact(name)
    changes.change(
        kept,
        **_name(kept, merged),
        **_aspects(kept, merged),
        language=kept.language or merged.language,
        picture=kept.picture or merged.picture,
        owner_id=kept.owner_id or merged.owner_id,
        blocked=kept.blocked or merged.blocked,
        last_message_at=max(filter(None, (kept.last_message_at, merged.last_message_at)), default=None),
    )
    changes.change(merged, merged_into_id=kept.pk, is_active=False)


def _name(kept: Customer, merged: Customer) -> dict[str, Any]:
    """Take the other's name where a colleague gave it, or where its profile is the newer one."""
    named = {"name": merged.name, "name_at": merged.name_at}
    if not merged.name:
        return {}
    if not kept.name:
        return named
    if kept.name_at and (merged.name_at is None or (merged.name_at, merged.name) > (kept.name_at, kept.name)):
        return named
    return {}


def _aspects(kept: Customer, merged: Customer) -> dict[str, Any]:
    """Take what is not known of the one who stays; and what a colleague said of the other where a rule guessed."""
    taken: dict[str, Any] = {}
    sources = dict(kept.read_from)
    for aspect in ASPECTS:
        ours, theirs = getattr(kept, aspect), getattr(merged, aspect)
        said_of_us, said_of_them = ("by" in side.read_from.get(aspect, {}) for side in (kept, merged))
        if not theirs or ours == theirs or said_of_us or not (said_of_them or _tells_more(aspect, ours, theirs)):
            continue
        taken[aspect] = theirs
        sources.pop(aspect, None)
        if aspect in merged.read_from:
            sources[aspect] = merged.read_from[aspect]
        if aspect == "governorate":
            taken["city"] = merged.city
    if taken:
        taken["read_from"] = sources
    return taken


def _tells_more(aspect: str, ours: str, theirs: str) -> bool:
    """Tell whether what is known of the other says more; of types, the one that more sales make."""
    return TYPES.index(Customer.Type(theirs)) > TYPES.index(Customer.Type(ours)) if aspect == "type" else not ours
