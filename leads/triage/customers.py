"""What messages tell of who wrote them."""

from datetime import datetime
from typing import Any

from leads.models import ActivityKind
from leads.reading.reader import Found, Reading
from leads.services.customers import KINDS
from leads.triage.claimed import Inbound, KnownCustomer
from leads.triage.journal import Journal


def learn(customer: KnownCustomer, message: Inbound, reading: Reading, journal: Journal, lead_key: int) -> None:
    """Take over what a message tells of a customer. The newest message to tell of an aspect decides, whichever is read first.

    What a person set stays, and sales, not words, make a customer return to being new.
    """
    for aspect, found in reading.aspects.items():
        if aspect == "type" and customer.values["type"] not in ("new", found.value):
            continue
        _set(customer, aspect, found, message, journal, lead_key)
    if reading.governorate:
        place = Found(reading.governorate, None, reading.city)
        if _set(customer, "governorate", place, message, journal, lead_key):
            customer.values["city"] = reading.city


def _set(customer: KnownCustomer, aspect: str, found: Found, message: Inbound, journal: Journal, lead_key: int) -> bool:
    before = customer.read_from.get(aspect, {})
    if "by" in before or not _is_newer(message, before):
        return False
    customer.read_from[aspect] = {"at": message.at.isoformat(), "message": message.id, "rule": found.rule_id}
    customer.changed = True
    old = customer.values[aspect]
    if old != found.value:
        customer.values[aspect] = found.value
        kind: ActivityKind = KINDS[aspect]
        journal.add(kind, customer.id, lead_key, old=old, new=found.value, reason=found.phrase, message_id=message.id)
    return True


def _is_newer(message: Inbound, before: dict[str, Any]) -> bool:
    if not before.get("at"):
        return True
    return (message.at, message.id) >= (datetime.fromisoformat(before["at"]), before.get("message") or 0)
