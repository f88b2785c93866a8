"""Whose leads, and what belongs to them, a colleague sees. What stands by a customer of theirs goes with the customer."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from crm.models import Customer
from crm.visibility import ours, owned, seen, seen_with
from leads.models import Lead, LeadActivity, ProductInteraction, Qualification, ScoreEntry, TriageFailure
from messaging.models import Message


def has_lead_of_customer(user: Any) -> Exists:
    """Return the condition that a customer's lead was given to a colleague or their team."""
    return Exists(Lead.objects.filter(ours(user, "owner", "team"), customer=OuterRef("pk")))


@seen(Lead)
def _leads(user: Any) -> Q:
    return owned(user, "owner", "team")


seen_with(Qualification, "lead", Lead)
seen_with(ScoreEntry, "lead", Lead)
seen_with(LeadActivity, "customer", Customer)
seen_with(ProductInteraction, "customer", Customer)
seen_with(TriageFailure, "message", Message)
