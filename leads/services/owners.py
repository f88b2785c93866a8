"""Giving leads to sellers."""

from django.db import transaction
from django.utils import timezone

from crm.models import Customer, User
from leads.activities import Cause, record
from leads.locks import lock_customers
from leads.models import ActivityKind, Lead, Qualification
from leads.notices import tell_of_new_lead
from leads.services.meanwhile import check_seen, owner_as_seen
from messaging.models import Conversation


@transaction.atomic
def assign_lead(
    *, lead_id: int, owner: User | None, cause: Cause, take_over: bool = True, seen: str | None = None
) -> Lead:
    """Give a lead to a seller or take it away; customer and open conversations go along with an open lead.

    The seller is told, unless they took it themselves. Without `take_over`, one that has an owner by now or is closed stays
    as it is. `seen` is the owner that the colleague saw, see `leads.services.meanwhile`.

    Raises:
        ChangedMeanwhile: it is somebody else's by now.
    """
    customer_id = Lead.objects.values_list("customer_id", flat=True).get(pk=lead_id)
    conversations = Conversation.objects.open().filter(identity__customer=customer_id).order_by("id")
    talks = list(conversations.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    lock_customers([customer_id])
    lead = Lead.objects.select_for_update(no_key=True, of=("self",)).select_related("owner").get(pk=lead_id)
    if lead.owner_id == (owner.pk if owner else None) or not (take_over or lead.is_free):
        return lead
    check_seen(lead, ActivityKind.ASSIGNMENT, seen=seen, now=owner_as_seen(lead), cause=cause)
    before, now = lead.owner_id, timezone.now()
    lead.owner, lead.team, lead.assigned_at = owner, owner.team if owner else None, now if owner else None
    lead.save(update_fields=["owner", "team", "assigned_at", "updated_at"])
    if lead.is_open:
        Conversation.objects.filter(pk__in=talks).update(assignee=owner, team=lead.team, updated_at=now)
        Customer.objects.filter(pk=customer_id).update(owner=owner, updated_at=now)
        Qualification.objects.filter(lead=lead).update(owner=owner, team=lead.team, updated_at=now)
    record(ActivityKind.ASSIGNMENT, lead=lead, old=before, new=lead.owner_id, cause=cause)
    if owner is not None and (cause.actor is None or cause.actor.pk != owner.pk):
        tell_of_new_lead(lead, owner)
    return lead


@transaction.atomic
def assign_customer(*, customer_id: int, owner: User | None, cause: Cause) -> bool:
    """Give a customer to a seller or take them away, with their open lead if they have one; say whether that changed anything."""
    to = owner.pk if owner else None
    lead = Lead.objects.open().filter(customer_id=customer_id).first()
    if lead is not None and lead.owner_id != to:
        assign_lead(lead_id=lead.pk, owner=owner, cause=cause)
        return True
    customer = Customer.objects.select_for_update(no_key=True, of=("self",)).get(pk=customer_id)
    if customer.owner_id == to:
        return False
    before, customer.owner = customer.owner_id, owner
    customer.save(update_fields=["owner", "updated_at"])
    record(ActivityKind.ASSIGNMENT, customer=customer, lead=lead, old=before, new=to, cause=cause)
    return True
