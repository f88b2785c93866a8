"""Spans of whole days on the clock of the shop, for reports and lists."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Self

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

BETWEEN = ".."
ISOLATE, END = "\u2068", "\u2069"
DAY = timedelta(days=1)
#: Room for a day before and after, so that its midnight can be told in any time zone.
EARLIEST, LATEST = date(1970, 1, 2), date(9999, 12, 30)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both of them within."""

    first: date
    last: date

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the period that an address names as `2026-05-01..2026-05-31`; None: it names none."""
        first, between, last = text.partition(BETWEEN)
        return cls.of(first, last) if between else None

    @classmethod
    def of(cls, first: str, last: str) -> Self | None:
        """Return the period from one day to another, each as `2026-05-31`; None: there is none such."""
        days = [_day(first), _day(last)]
        if days[0] is None or days[1] is None or not EARLIEST <= days[0] <= days[1] <= LATEST:
            return None
        return cls(days[0], days[1])

    @property
    def start(self) -> datetime:
        return _midnight(self.first)

    @property
    def end(self) -> datetime:
        """Return the first moment after the period."""
        return _midnight(self.last + DAY)

    def holds(self, field: str) -> Q:
        """Return the condition that a point in time lies within."""
        return Q(**{f"{field}__gte": self.start, f"{field}__lt": self.end})

    def holds_day(self, field: str) -> Q:
        """Return the condition that a day lies within."""
        return Q(**{f"{field}__range": (self.first, self.last)})

    @property
    def parameter(self) -> str:
        return f"{self.first.isoformat()}{BETWEEN}{self.last.isoformat()}"

    def __str__(self) -> str:
        """Return its days between marks that let them read in their own direction within any sentence."""
        first, last = (date_format(day, "DATE_FORMAT") for day in (self.first, self.last))
        return f"{ISOLATE}{first if self.first == self.last else f'{first} – {last}'}{END}"


def _day(text: str) -> date | None:
    try:
        return parse_date(text.strip())
    except ValueError:  # the 31st of February
        return None


def _midnight(day: date) -> datetime:
    """Return when a day begins; where the clock skips midnight, that is the moment in which it is put forward."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _last_days(count: int) -> Callable[[date], Period]:
    return lambda today: Period(today - (count - 1) * DAY, today)


def _this_month(today: date) -> Period:
    return Period(today.replace(day=1), today)


def _last_month(today: date) -> Period:
    last = today.replace(day=1) - DAY
    return Period(last.replace(day=1), last)


#: What is offered beside days of one's own choice; "today" counts as one of the days.
PRESETS: MappingProxyType[str, tuple[Any, Callable[[date], Period]]] = MappingProxyType(
    {
        "7": (_("Last 7 days"), _last_days(7)),
        "30": (_("Last 30 days"), _last_days(30)),
        "90": (_("Last 90 days"), _last_days(90)),
        "month": (_("This month"), _this_month),
        "last-month": (_("Last month"), _last_month),
    }
)
DEFAULT = "30"


def preset(name: str) -> Period:
    """Return the days that a preset means today; raises KeyError where there is none of this name."""
    _title, days = PRESETS[name]
    return days(timezone.localdate())
