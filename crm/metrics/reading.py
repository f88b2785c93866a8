"""Reading figures that were counted by day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Case, Q, QuerySet, Sum, Value, When

from crm.models import DailyMetric
from crm.periods import DAY, Period
from crm.reports_database import read_for_reports, reading_reports


@dataclass(slots=True)
class Figure:
    """How many, and what they sum up to."""

    count: int = 0
    total: Decimal = Decimal(0)

    def add(self, count: int, total: Decimal) -> None:
        self.count += count
        self.total += total

    @property
    def average(self) -> float | None:
        return float(self.total) / self.count if self.count else None


@dataclass
class Figures:
    """The figures of one period by (name, part, channel), complete before they are asked for; a channel may be None."""

    found: dict[tuple[str, str, int | None], Figure] = field(default_factory=dict)

    def of(self, name: str, *parts: str) -> Figure:
        """Return a figure over all channels: all of its parts, or the parts named."""
        together = Figure()
        for part, _channel, figure in self._named.get(name, ()):
            if not parts or part in parts:
                together.add(figure.count, figure.total)
        return together

    def by_part(self, name: str) -> dict[str, Figure]:
        return self._by(name, lambda part, _channel: part)

    def by_channel(self, name: str, *parts: str) -> dict[int | None, Figure]:
        return self._by(name, lambda _part, channel: channel, parts)

    def _by(self, name: str, key: Any, parts: tuple[str, ...] = ()) -> dict[Any, Figure]:
        grouped: dict[Any, Figure] = {}
        for part, channel, figure in self._named.get(name, ()):
            if not parts or part in parts:
                grouped.setdefault(key(part, channel), Figure()).add(figure.count, figure.total)
        return grouped

    @cached_property
    def _named(self) -> dict[str, list[tuple[str, int | None, Figure]]]:
        named: dict[str, list[tuple[str, int | None, Figure]]] = {}
        for (name, part, channel), figure in self.found.items():
            named.setdefault(name, []).append((part, channel, figure))
        return named

    def ratio(self, part: str, whole: str) -> float | None:
        """Return one figure's count as a share of another's; None: there is nothing to share."""
        among = self.of(whole).count
        return self.of(part).count / among if among else None


@read_for_reports
def read_figures(period: Period, channel: int | None = None) -> tuple[Figures, Figures]:
    """Return the figures of a period and of as many days before it, in one query."""
    length = (period.last - period.first).days + 1
    rows = _of(Period(period.first - length * DAY, period.last), channel)
    which = Case(When(day__gte=period.first, then=Value(0)), default=Value(1))
    now, before = Figures(), Figures()
    summed = rows.annotate(which=which).values_list("which", "name", "part", "channel")
    for is_before, name, part, of_channel, count, total in summed.annotate(Sum("count"), Sum("total")):
        (before if is_before else now).found[name, part, of_channel] = Figure(count, total)
    return now, before


def read_days(
    period: Period, channel: int | None, parts: Mapping[str, tuple[str, ...]]
) -> list[tuple[date, str, Figure]]:
    """Return (day, name, figure) for the figures named, of the parts named or (none) of all, in the order of the days."""
    wanted = Q(
        *(Q(name=name, part__in=these) if these else Q(name=name) for name, these in parts.items()), _connector=Q.OR
    )
    # The names once more, by which the index is entered: it is not by alternatives.
    rows = _of(period, channel).filter(wanted, name__in=parts).values_list("day", "name").order_by("day", "name")
    with reading_reports():
        summed = list(rows.annotate(Sum("count"), Sum("total")))
    return [(day, name, Figure(count, total)) for day, name, count, total in summed]


def _of(period: Period, channel: int | None) -> QuerySet[DailyMetric]:
    rows = DailyMetric.objects.filter(period.holds_day("day")).order_by()
    return rows if channel is None else rows.filter(channel=channel)
