"""Leads that colleagues add by hand."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from crm.models import Customer, User
from crm.services import add_note
from leads.activities import Cause
from leads.models import Lead, Stage
from leads.services.opening import open_lead
from leads.services.owners import assign_lead
from leads.services.values import set_value
from messaging.models import Conversation


@dataclass(frozen=True)
class NewLead:
    """What a colleague knows of a lead; no owner: nobody's."""

    stage: Stage
    owner: User | None = None
    value: Decimal | None = None
    note: str = ""


@transaction.atomic
def add_lead(*, customer: Customer, lead: NewLead, author: User) -> Lead:
    """Open a lead for a customer, who is saved first where they are new.

    Raises:
        AlreadyOpen: they have an open lead.
    """
    if customer._state.adding:
        customer.save()
    # Conversations are locked before leads, see leads.locks.
    talks = Conversation.objects.open().filter(identity__customer=customer).order_by("id")
    list(talks.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    cause = Cause.person(author)
    opened = open_lead(customer_id=customer.pk, cause=cause, stage=lead.stage)
    if lead.value is not None:
        set_value(lead_id=opened.pk, value=lead.value, cause=cause)
    if lead.owner is not None:
        assign_lead(lead_id=opened.pk, owner=lead.owner, cause=cause)
    if lead.note.strip():
        add_note(customer=customer, author=author, text=lead.note)
    return opened
