"""How sellers do.

- *Leads* were opened within the period and are the seller's now; *open*, *won*, *lost*, *value* and *conversion* are of these.
- *First answer* is the middle of the times between the first message of a customer and our first answer to it that no
  machine wrote and that did not fail, in the conversations that began within the period and are assigned to the seller: half
  were answered sooner. *Not answered* are those of them that have none yet.
- *Overdue* are planned steps of their open leads whose time has passed, whenever those were opened.

Who does not see everyone sees themselves alone.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from crm.models import User
from crm.periods import Period
from crm.reports_database import read_for_reports, reports_connection
from crm.visibility import sees_everyone
from leads.models import Lead, Outcome
from leads.reports.money import Money
from messaging.models import MessageStatus

# In the order of their ids, since what was written about one time lies together: that halves the time.
FIRST_ANSWERS = """
    SELECT talk.assignee_id, count(*) FILTER (WHERE answer.at IS NOT NULL), count(*) FILTER (WHERE answer.at IS NULL),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM answer.at - question.at))
    FROM (
        SELECT id, assignee_id FROM messaging_conversation
        WHERE assignee_id = ANY(%(sellers)s) AND started_at >= %(start)s AND started_at < %(end)s ORDER BY id
    ) AS talk
    CROSS JOIN LATERAL (
        SELECT at, id FROM messaging_message
        WHERE conversation_id = talk.id AND direction = 'in' ORDER BY at, id LIMIT 1
    ) AS question
    LEFT JOIN LATERAL (
        SELECT at FROM messaging_message
        WHERE conversation_id = talk.id AND (at, id) > (question.at, question.id)
            AND direction = 'out' AND NOT automated AND status <> %(failed)s
        ORDER BY at, id LIMIT 1
    ) AS answer ON true
    GROUP BY talk.assignee_id
"""


@dataclass(slots=True)
class SellerFigures:
    """One seller's figures, or those of all together; a median is nobody's sum, so there is none of all."""

    leads: int = 0
    open: int = 0
    won: int = 0
    lost: int = 0
    overdue: int = 0
    value: Money = field(default_factory=Money)
    answered: int = 0
    not_answered: int = 0
    first_answer: timedelta | None = None

    @property
    def conversion(self) -> float | None:
        return self.won / self.leads if self.leads else None

    def add(self, other: "SellerFigures") -> None:
        for name in ("leads", "open", "won", "lost", "overdue", "answered", "not_answered"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.value.add_all(other.value)


def sellers_seen_by(user: Any) -> QuerySet[User]:
    """Return whose figures a colleague may see: everyone's, or their own."""
    return User.objects.all() if sees_everyone(user) else User.objects.filter(pk=user.pk)


@read_for_reports
def sellers(*, user: Any, period: Period, answers: bool = True) -> list[tuple[User, SellerFigures]]:
    """Return each seller with something to tell, who won most first; oneself always, where one sees nobody else.

    Without `answers` nothing is said of first answers, which take most of the time: they look into every conversation.
    """
    everyone = sees_everyone(user)
    known = {seller.pk: seller for seller in sellers_seen_by(user).select_related("team")}
    figures: dict[int, SellerFigures] = {} if everyone else {user.pk: SellerFigures()}
    now = timezone.now()
    _count_leads(figures, list(known), period)
    _count_overdue(figures, list(known), now)
    if answers:
        _time_answers(figures, list(known), period)
    lines = [(known[pk], found) for pk, found in figures.items()]
    return sorted(lines, key=lambda line: (-line[1].won, -line[1].leads, line[0].pk))


def _count_leads(figures: dict[int, SellerFigures], ids: list[int], period: Period) -> None:
    leads = Lead.objects.exclude(outcome=Outcome.MERGED).filter(period.holds("opened_at"), owner__in=ids)
    rows = leads.order_by().values_list("owner", "outcome", "currency")
    for owner, outcome, currency, count, worth in rows.annotate(count=Count("pk"), worth=Sum("value")):
        part = SellerFigures(leads=count)
        setattr(part, outcome or "open", count)
        if outcome == Outcome.WON:
            part.value.add(worth, currency)
        figures.setdefault(owner, SellerFigures()).add(part)


def _count_overdue(figures: dict[int, SellerFigures], ids: list[int], now: datetime) -> None:
    due = Lead.objects.open().filter(Q(next_follow_up_at__lt=now), owner__in=ids)
    for owner, count in due.order_by().values_list("owner").annotate(count=Count("pk")):
        figures.setdefault(owner, SellerFigures()).overdue = count


def _time_answers(figures: dict[int, SellerFigures], ids: list[int], period: Period) -> None:
    with reports_connection().cursor() as cursor:
        given: dict[str, Any] = {
            "sellers": ids,
            "start": period.start,
            "end": period.end,
            "failed": MessageStatus.FAILED,
        }
        cursor.execute(FIRST_ANSWERS, given)
        for seller, answered, not_answered, seconds in cursor.fetchall():
            found = figures.setdefault(seller, SellerFigures())
            found.answered, found.not_answered = answered, not_answered
            found.first_answer = None if seconds is None else timedelta(seconds=float(seconds))
