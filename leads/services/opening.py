"""Leads that colleagues, imports or the API open; messages open theirs in triage."""

from django.db import transaction

from crm.models import Customer
from leads.activities import Cause, record
from leads.locks import lock_customers
from leads.models import ActivityKind, Lead, Stage
from leads.stages import Ladder


class AlreadyOpen(Exception):
    """The customer has an open lead; `lead` is it."""

    def __init__(self, lead: Lead) -> None:
        super().__init__(lead.pk)
        self.lead = lead


@transaction.atomic
def open_lead(*, customer_id: int, cause: Cause, stage: Stage | None = None) -> Lead:
    """Open a lead for a customer, in the first open stage unless told otherwise.

    Of a customer who was merged into another a moment ago, the other one gets it.

    Raises:
        AlreadyOpen: they have one.
    """
    lock_customers([customer_id])
    if kept := Customer.objects.values_list("merged_into", flat=True).get(pk=customer_id):
        return open_lead(customer_id=kept, cause=cause, stage=stage)
    if existing := Lead.objects.open().filter(customer_id=customer_id).first():
        raise AlreadyOpen(existing)
    stage = stage or Ladder.load().first
    lead = Lead.objects.create(customer_id=customer_id, stage=stage, stage_by_person=True)
    record(ActivityKind.OPENED, lead=lead, new=stage.slug, cause=cause)
    return lead
