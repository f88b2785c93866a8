"""Writing down who or what changed something, and why."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from django.utils import timezone

from crm.models import Customer, User
from leads.models import ActivityKind, Lead, LeadActivity

Actor = LeadActivity.Actor


@dataclass(frozen=True)
class Cause:
    """Who or what makes a change: a colleague, a rule, an import or the API."""

    by: LeadActivity.Actor
    actor: User | None = None
    reason: str = ""
    message_id: int | None = None

    @classmethod
    def person(cls, user: User, reason: str = "") -> Self:
        return cls(Actor.PERSON, user, reason)

    @classmethod
    def rule(cls, reason: str, message_id: int | None = None) -> Self:
        return cls(Actor.RULE, None, reason, message_id)

    @classmethod
    def api(cls, user: User, reason: str = "") -> Self:
        """A program changes it by the API; `user` is the colleague that it acts for."""
        return cls(Actor.API, user, reason)

    def because(self, reason: str) -> "Cause":
        return replace(self, reason=reason)

    @property
    def is_automated(self) -> bool:
        return self.by == Actor.RULE


def record(
    kind: ActivityKind,
    *,
    cause: Cause,
    lead: Lead | None = None,
    customer: Customer | None = None,
    old: Any = "",
    new: Any = "",
    at: datetime | None = None,
) -> LeadActivity:
    """Add one activity of a lead, of a customer, or of both. `old` and `new` are slugs, codes, figures or user ids."""
    if lead is None and customer is None:
        raise ValueError("An activity of nobody.")
    customer_id = customer.pk if customer else lead.customer_id  # type: ignore[union-attr]  # one of them is given
    return LeadActivity.objects.create(
        customer_id=customer_id,
        lead=lead,
        kind=kind,
        old="" if old is None else str(old)[:200],
        new="" if new is None else str(new)[:200],
        reason=cause.reason[:500],
        automated=cause.is_automated,
        by=cause.by,
        actor=cause.actor,
        message_id=cause.message_id,
        at=at or timezone.now(),
    )
