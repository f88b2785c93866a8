"""Rows for tests, with as little said as each needs."""

from typing import Any

from crm.models import Customer
from crm.tests.factories import make_customer
from leads.models import Lead, Stage


def stage(slug: str) -> Stage:
    """Return one of the stages that the migration seeds."""
    found: Stage = Stage.objects.get(slug=slug)
    return found


def make_lead(customer: Customer | None = None, *, in_stage: str = "intake", **fields: Any) -> Lead:
    return Lead.objects.create(customer=customer or make_customer(), stage=stage(in_stage), **fields)
