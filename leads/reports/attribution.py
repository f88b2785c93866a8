"""Which ads and posts bring sales.

What the figures of a period mean:

- *Messages* are those of customers within the period that tell what they came by: the first after an ad was tapped, a
  comment, an answer to a story. What people write after it tells nothing of its own and counts for nothing here.
- *Leads* were opened within the period, whatever became of them since. Those merged into another are part of that one.
- *Qualified*, *won* and *value* are of these same leads, as they stand now: a lead of May that was won in June counts for May. So
  conversion (won of all leads) and return on spend compare the same people.
- *Spend* is what the ads and posts cost on the days of the period. Ads that cost something and brought nobody are lines too.
- A lead counts for the ad and post of its first or of its last touch, as asked; each message, lead and cost counts on exactly one
  line (`campaigns.origins`), so that the lines add up to the total.
- With a channel chosen, a lead belongs to the channel of the message that the touch was.
- Currencies are kept apart. A cost per lead is told in each currency that was spent, a return only where value and spend share one.

Everyone counts what they may see. Spend belongs to the whole shop, so only who sees every lead sees it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from campaigns.models import AdCampaign, PerformanceMetric
from campaigns.origins import Grouping, Origin, Sorter, ads_named
from crm.periods import Period
from crm.reports_database import read_for_reports
from crm.visibility import sees_everyone, visible
from leads.models import Lead, Outcome
from leads.reports.money import Money
from messaging.models import Message

WON = Q(outcome=Outcome.WON)
TOLD = Origin("told", "")


class Touch(models.TextChoices):
    FIRST = "first", _("First touch")
    LAST = "last", _("Last touch")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for, by whom."""

    user: Any
    period: Period
    touch: Touch = Touch.FIRST
    grouping: Grouping = Grouping.AD
    channel_id: int | None = None

    @property
    def sees_spend(self) -> bool:
        return sees_everyone(self.user) and self.user.has_perm("campaigns.view_performancemetric")


@dataclass(slots=True)
class Figures:
    """What one origin, or all together, brought and cost."""

    messages: int = 0
    leads: int = 0
    qualified: int = 0
    won: int = 0
    value: Money = field(default_factory=Money)
    spend: Money = field(default_factory=Money)

    def add(self, other: "Figures") -> None:
        self.messages += other.messages
        self.leads += other.leads
        self.qualified += other.qualified
        self.won += other.won
        self.value.add_all(other.value)
        self.spend.add_all(other.spend)

    @property
    def conversion(self) -> float | None:
        """Return the share of leads that were won; None: there were no leads."""
        return self.won / self.leads if self.leads else None

    @property
    def cost_per_lead(self) -> Money:
        return self.spend.per(self.leads)

    @property
    def returns(self) -> dict[str, Decimal]:
        return self.value.over(self.spend)


@dataclass
class Report:
    """The lines by origin, those that brought most first, and the ads that they name."""

    question: Question
    lines: list[tuple[Origin, Figures]]
    ads: dict[int, AdCampaign]

    @cached_property
    def total(self) -> Figures:
        return self._sum(figures for _origin, figures in self.lines)

    @cached_property
    def without_origin(self) -> Figures:
        """Return what came by neither an ad nor a post that is known."""
        return self._sum(figures for origin, figures in self.lines if origin.kind == "source")

    def _sum(self, lines: Iterable[Figures]) -> Figures:
        total = Figures()
        for figures in lines:
            total.add(figures)
        return total


@read_for_reports
def attribution(question: Question) -> Report:
    """Answer by three sums in the database, however many messages and leads there are."""
    found = list(_sums(question))
    ads = ads_named({ad for (ad, _post, _source), _figures in found if ad is not None})
    sorter = Sorter(question.grouping, ads)
    lines: defaultdict[Origin, Figures] = defaultdict(Figures)
    for named, figures in found:
        lines[sorter.origin_of(*named)].add(figures)
    return Report(question, sorted(lines.items(), key=_most_first), ads)


@read_for_reports
def figures_of(question: Question, origin: Origin) -> Figures:
    """Return the figures of one line alone."""
    total = Figures()
    for _named, figures in _sums(question, origin):
        total.add(figures)
    return total


def _most_first(line: tuple[Origin, Figures]) -> Any:
    origin, figures = line
    return -figures.leads, -figures.won, -figures.messages, origin.kind, origin.key


Named = tuple[int | None, int | None, str]


def _sums(question: Question, origin: Origin | None = None) -> Iterator[tuple[Named, Figures]]:
    """Yield what each ad, post and source brought and cost: of everything, or of one origin."""
    touch = f"{question.touch}_"
    yield from _messages(messages_of(question).filter(origin.condition() if origin else Q()))
    yield from _leads(leads_of(question).filter(origin.condition(touch) if origin else Q()), touch)
    if question.sees_spend:
        yield from _spend(spend_of(question).filter(origin.condition() if origin else Q()))


def _messages(found: QuerySet[Message]) -> Iterator[tuple[Named, Figures]]:
    counted = found.order_by().values_list("ad", "post", "source").annotate(count=Count("pk"))
    for ad, post, source, count in counted:
        yield (ad, post, source), Figures(messages=count)


def _leads(found: QuerySet[Lead], touch: str) -> Iterator[tuple[Named, Figures]]:
    counted = (
        found.order_by()
        .values_list(f"{touch}ad", f"{touch}post", f"{touch}source", "currency")
        .annotate(
            count=Count("pk"),
            qualified=Count("qualification"),
            won=Count("pk", filter=WON),
            worth=Sum("value", filter=WON),
        )
    )
    for ad, post, source, currency, count, qualified, won, worth in counted:
        figures = Figures(leads=count, qualified=qualified, won=won)
        figures.value.add(worth, currency)
        yield (ad, post, source), figures


def _spend(found: QuerySet[PerformanceMetric]) -> Iterator[tuple[Named, Figures]]:
    for ad, post, currency, spend in found.order_by().values_list("ad", "post", "currency").annotate(Sum("spend")):
        figures = Figures()
        figures.spend.add(spend, currency)
        yield (ad, post, ""), figures


def inbound_of(question: Question) -> QuerySet[Message]:
    """Return what customers wrote in the period."""
    found: QuerySet[Message] = visible(question.user, Message).filter(direction=Message.Direction.IN)
    found = found.filter(question.period.holds("at"))
    return found.filter(channel=question.channel_id) if question.channel_id else found


def messages_of(question: Question) -> QuerySet[Message]:
    """Return the messages that the report counts."""
    return inbound_of(question).filter(TOLD.condition())


def leads_of(question: Question) -> QuerySet[Lead]:
    """Return the leads that the report counts."""
    found: QuerySet[Lead] = visible(question.user, Lead).exclude(outcome=Outcome.MERGED)
    found = found.filter(question.period.holds("opened_at"))
    return found.filter(**{f"{question.touch}_message__channel": question.channel_id}) if question.channel_id else found


def spend_of(question: Question) -> QuerySet[PerformanceMetric]:
    """Return the days of spend that the report adds up."""
    found = PerformanceMetric.objects.filter(question.period.holds_day("day"))
    return found.of_channel(question.channel_id) if question.channel_id else found
