"""Why leads are lost.

Leads count that were lost within the period, by the day on which they were closed, for the reason and the owner that they have now.
The value is what they would have been worth, as far as somebody said.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet, Sum

from crm.models import User
from crm.periods import Period
from crm.reports_database import read_for_reports
from crm.visibility import visible
from leads.models import Lead, LostReason, Outcome
from leads.reports.money import Money


@dataclass(slots=True)
class Lost:
    """How many leads, and what they would have been worth."""

    leads: int = 0
    value: Money = field(default_factory=Money)

    def add(self, other: "Lost") -> None:
        self.leads += other.leads
        self.value.add_all(other.value)


@dataclass
class Losses:
    """The same losses by reason and by owner, most first. `owners` names colleagues by id; nobody is None."""

    by_reason: list[tuple[LostReason, Lost]]
    by_owner: list[tuple[int | None, Lost, LostReason]]
    owners: dict[int, User]
    total: Lost


def lost_leads(*, user: Any, period: Period, owner: int | None = None) -> QuerySet[Lead]:
    """Return the leads that the report counts; `owner` 0: nobody's."""
    found: QuerySet[Lead] = visible(user, Lead).filter(period.holds("closed_at"), outcome=Outcome.LOST)
    return found if owner is None else found.filter(owner=owner or None)


@read_for_reports
def losses(*, user: Any, period: Period, owner: int | None = None) -> Losses:
    """Count the losses of a period by one sum in the database. By owner, each has their commonest reason beside them."""
    reasons: dict[LostReason, Lost] = {}
    owners: dict[int | None, dict[LostReason, Lost]] = {}
    total = Lost()
    rows = lost_leads(user=user, period=period, owner=owner).order_by().values_list("lost_reason", "owner", "currency")
    for reason, seller, currency, count, worth in rows.annotate(count=Count("pk"), worth=Sum("value")):
        part = Lost(count)
        part.value.add(worth, currency)
        why = LostReason(reason)
        for lost in (reasons.setdefault(why, Lost()), owners.setdefault(seller, {}).setdefault(why, Lost()), total):
            lost.add(part)
    by_owner = []
    for seller, by_reason in owners.items():
        together = Lost()
        for lost in by_reason.values():
            together.add(lost)
        by_owner.append((seller, together, _most(by_reason)[0][0]))
    named = User.objects.filter(pk__in=[seller for seller in owners if seller]).in_bulk()
    return Losses(_most(reasons), sorted(by_owner, key=lambda line: (-line[1].leads, line[0] or 0)), named, total)


def _most(reasons: dict[LostReason, Lost]) -> list[tuple[LostReason, Lost]]:
    return sorted(reasons.items(), key=lambda line: (-line[1].leads, line[0]))
