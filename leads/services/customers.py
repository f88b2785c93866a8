"""What is known of customers, by rule or by colleagues."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.models import Customer
from leads.activities import Actor, Cause, record
from leads.models import ActivityKind, Lead

#: The aspects of a customer that rules read, and the kind of activity that a change of each is.
KINDS = {
    "label": ActivityKind.LABEL_CHANGE,
    "trade": ActivityKind.TRADE_CHANGE,
    "type": ActivityKind.TYPE_CHANGE,
    "persona": ActivityKind.PERSONA_CHANGE,
    "governorate": ActivityKind.PLACE_CHANGE,
}


@transaction.atomic
def set_aspect(*, customer_id: int, aspect: str, value: str, cause: Cause) -> bool:
    """Set a customer's label, trade, type, persona or governorate, and say whether that changed anything.

    What a person set, rules leave alone; a person who sets what a rule guessed confirms it.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    by_person = "by" in customer.read_from.get(aspect, {})
    if cause.by == Actor.RULE and by_person:
        return False
    before = getattr(customer, aspect)
    customer.read_from[aspect] = _source(cause)
    setattr(customer, aspect, value)
    customer.save(update_fields=[aspect, "read_from", "updated_at"])
    if before == value:
        return False
    lead = Lead.objects.filter(customer=customer).order_by("-opened_at").first()
    record(KINDS[aspect], customer=customer, lead=lead, old=before, new=value, cause=cause)
    return True


def _source(cause: Cause) -> dict[str, Any]:
    if cause.by == Actor.RULE:
        return {"at": timezone.now().isoformat(), "message": cause.message_id}
    return {"by": cause.actor.pk if cause.actor else None}
