"""The columns: how many leads and how much money are in each, and its cards, page by page."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Self

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery, Sum

from crm import runtime_settings
from leads.models import Lead, LeadQuerySet, Stage
from messaging.models import Conversation

PER_PAGE = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS = (
    "stage_id", "stage_changed_at", "score", "priority", "first_source", "value", "currency", "next_step", "closed_at",
    "next_follow_up_at", "customer__name", "owner__full_name", "owner__email", "first_ad__title", "first_ad__ad_id",
    "first_post__title", "first_post__external_id",
)  # fmt: skip


@dataclass
class Head:
    """How many leads a column has, and what they are worth: in the shop's currency, and in others."""

    count: int = 0
    total: Decimal | None = None
    others: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """A card's place in its column: `rank` is the score, or when the lead was closed in microseconds since 1970."""

    rank: int
    lead_id: int

    @classmethod
    def of(cls, lead: Lead) -> Self:
        if lead.closed_at is None:
            return cls(lead.score, lead.pk)
        return cls((lead.closed_at - EPOCH) // timedelta(microseconds=1), lead.pk)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the place that `str` of it names; None where the text is none."""
        rank, _colon, lead_id = text.partition(":")
        if not all(part.isascii() and part.isdigit() and len(part) < 18 for part in (rank, lead_id)):
            return None
        return cls(int(rank), int(lead_id))

    def __str__(self) -> str:
        return f"{self.rank}:{self.lead_id}"

    def and_below(self, stage: Stage) -> Q:
        """Return the condition for what comes after it in the column of a stage."""
        if stage.is_open:
            return Q(score__lte=self.rank) & (Q(score__lt=self.rank) | Q(pk__lt=self.lead_id))
        closed = EPOCH + timedelta(microseconds=self.rank)
        return Q(closed_at__lte=closed) & (Q(closed_at__lt=closed) | Q(pk__lt=self.lead_id))


@dataclass
class Page:
    """Some cards of a column in order, and the place to go on after: None where they are the last."""

    leads: Sequence[Lead]
    after: Place | None


def heads(leads: LeadQuerySet) -> dict[int, Head]:
    """Return the heads of all columns that have leads, by the stage's id."""
    own = runtime_settings.value_of("leads.currency")
    found: dict[int, Head] = defaultdict(Head)
    rows = leads.order_by().values_list("stage", "currency").annotate(number=Count("*"), worth=Sum("value"))
    for stage_id, currency, count, total in rows:
        head = found[stage_id]
        head.count += count
        if total is None:
            continue
        if currency in ("", own):
            head.total = (head.total or Decimal(0)) + total
        else:
            head.others[currency] = total
    return found


def first_pages(leads: LeadQuerySet, stages: Iterable[Stage]) -> dict[int, Page]:
    """Return the first page of each of these columns, all by one query."""
    wanted = list(stages)
    if not wanted:
        return {}
    tops = [_in_order(leads, stage).values("pk")[: PER_PAGE + 1] for stage in wanted]
    # Each column's part has its own plan, by its own share of the leads.
    chosen = tops[0].union(*tops[1:], all=True) if len(tops) > 1 else tops[0]
    found = cards(Lead.objects.filter(pk__in=chosen))
    return {stage.pk: _page([lead for lead in found if lead.stage_id == stage.pk]) for stage in wanted}


def next_page(leads: LeadQuerySet, stage: Stage, after: Place | None) -> Page:
    """Return the cards of a column after a place, by key: however deep, however many moved meanwhile."""
    chosen = _in_order(leads, stage)
    if after is not None:
        chosen = chosen.filter(after.and_below(stage))
    return _page(cards(chosen[: PER_PAGE + 1]))


def cards(leads: QuerySet[Lead]) -> list[Lead]:
    """Return leads with all that their cards show, best first; `waiting_since` as well."""
    open_ones = Conversation.objects.open().filter(identity__customer=OuterRef("customer"))
    waiting = open_ones.filter(waiting_since__isnull=False)
    longest = waiting.order_by().values("identity__customer").annotate(first=Min("waiting_since")).values("first")
    found = (
        leads.select_related("customer", "owner", "first_ad", "first_post")
        .only(*FIELDS)
        .annotate(waiting_since=Subquery(longest))
    )
    return sorted(found, key=lambda lead: (Place.of(lead).rank, lead.pk), reverse=True)


def _in_order(leads: LeadQuerySet, stage: Stage) -> LeadQuerySet:
    return leads.filter(stage=stage).order_by("-score" if stage.is_open else "-closed_at", "-pk")


def _page(found: list[Lead]) -> Page:
    shown = found[:PER_PAGE]
    return Page(shown, Place.of(shown[-1]) if len(found) > PER_PAGE else None)
