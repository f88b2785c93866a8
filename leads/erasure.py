"""What the erasure of a person does with their leads: figures and steps stay, words go. See `crm.erasure`."""

from django.utils.translation import gettext as _

from crm.erasure.notes import Note
from crm.erasure.person import Person
from crm.erasure.refusals import ErasureRefused
from crm.erasure.rule import Rule
from crm.erasure.steps import Count
from crm.models import Notification
from leads.activities import Cause
from leads.merging import LeadsMerge
from leads.models import (
    Lead,
    LeadActivity,
    LostReason,
    ProductInteraction,
    Qualification,
    ScoreEntry,
    Stage,
    TriageFailure,
)
from leads.notices import lead_url
from leads.services.stages import move_lead

LEAD = ("lead__customer",)

RULES = (
    Rule(TriageFailure, identities=("message__conversation__identity",)),
    Rule(
        ProductInteraction,
        customers=("customer",),
        keep={"customer", "lead", "product", "kind", "message", "at"},
    ),
    Rule(ScoreEntry, customers=LEAD, keep={"lead", "rule", "message", "points", "at", "superseded_at"}),
    Rule(
        LeadActivity,
        customers=("customer",),
        keep={"customer", "lead", "kind", "old", "new", "automated", "by", "actor", "message", "at"},
        despite=("leads.LeadActivity:append_only",),
    ),
    Rule(Qualification.products.through, customers=("qualification__lead__customer",), keep={"qualification", "product"}),
    Rule(
        Qualification,
        customers=LEAD,
        keep={"lead", "score", "priority", "qualified_at", "owner", "team", "contacted_at", "converted_at"},
    ),
    Rule(
        Lead,
        customers=("customer",),
        keep={
            "customer", "stage", "stage_by_person", "stage_changed_at", "score", "priority", "owner", "team", "assigned_at",
            "first_message", "first_source", "first_post", "first_ad", "first_touch_at", "last_message", "last_source", "last_post",
            "last_ad", "last_touch_at", "value", "currency", "reminded_at", "opened_at", "closed_at", "outcome", "lost_reason",
            "merged_into",
        },
    ),
)  # fmt: skip


class LeadsErasure:
    """The step of `leads` in the erasure of a person."""

    def search(self, person: Person, count: Count) -> None:
        """Everything of a lead is tied to its customer."""

    def lock_first(self, person: Person) -> None:
        """Nothing of ours comes before identities."""

    def lock(self, person: Person) -> None:
        LeadsMerge().lock(list(person.customers))

    def check(self, person: Person) -> None:
        """A lead may be closed at any time."""

    def note(self, person: Person, note: Note) -> None:
        """Leads are found by their customer."""

    def carry_out(self, person: Person) -> None:
        """Lose what is still open, today: the days before stay as they were counted."""
        lost = Stage.objects.filter(kind=Stage.Kind.LOST).order_by("order", "pk").first()
        for lead in Lead.objects.open().filter(customer__in=person.customers).order_by("pk"):
            if lost is None:
                raise ErasureRefused(_("They have an open lead and there is no stage for lost ones. Close it first."))
            move_lead(lead_id=lead.pk, to=lost, cause=Cause.rule(""), lost_reason=LostReason.OTHER)
        pages = [lead_url(lead) for lead in Lead.objects.filter(customer__in=person.customers)]
        Notification.objects.filter(url__in=pages).delete()

    def carry_out_noted(self, note: Note) -> None:
        """A note leads to no lead but by its customer."""
