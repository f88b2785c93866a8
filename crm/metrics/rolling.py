"""Counting the figures of days from rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from crm.models import DailyMetric
from crm.periods import DAY, Period

#: How many days back the nightly run counts again: what was late, what was changed since.
ROLLED_UP_AGAIN = 35
#: How many days are counted in one transaction.
AT_ONCE = 31
#: What a sort may take while one process counts: a day of half a million messages stays in memory.
WORK_MEM = "64MB"
#: The key of the lock that lets one process count at a time.
LOCK = 0x4D455452
COPY = "COPY crm_dailymetric (day, channel_id, name, part, count, total, created_at, updated_at) FROM STDIN"


@dataclass(frozen=True)
class Span:
    """The days that are counted: `start` and `end` are moments, `zone` is the clock that makes days of moments."""

    first: date
    last: date
    start: datetime
    end: datetime
    zone: str

    @classmethod
    def of(cls, first: date, last: date) -> "Span":
        period = Period(first, last)
        return cls(first, last, period.start, period.end, timezone.get_default_timezone_name())


@dataclass(frozen=True)
class Source:
    """A query that yields (day, channel id, name, part, count, total) of each day from `%(start)s` to `%(end)s`.

    `%(zone)s` is the time zone of days; `given` adds what else the query asks for.
    """

    query: str
    given: Callable[[Span], Mapping[str, Any]] = lambda _span: {}


def sources() -> list[Source]:
    return [source for name in settings.METRICS for source in import_string(name)]


def roll_up(first: date, last: date) -> Iterator[int]:
    """Count the days from `first` to `last` again, some in a transaction; yield how many days each was.

    Whoever reads meanwhile sees the figures of before. Two who count at once do so one after the other.
    """
    counted = sources()
    while first <= last:
        until = min(last, first + (AT_ONCE - 1) * DAY)
        _roll_up(Span.of(first, until), counted)
        yield (until - first).days + 1
        first = until + DAY


@transaction.atomic
def _roll_up(span: Span, counted: list[Source]) -> None:
    """Count days and put the figures in place of those of before, with one of each day that tells that it was counted.

    They are read first and written then, since the database lets several processes answer only a statement that writes nothing.
    """
    now = timezone.now()
    given: dict[str, Any] = {"start": span.start, "end": span.end, "zone": span.zone}
    days = ((span.first + number * DAY) for number in range((span.last - span.first).days + 1))
    figures: list[tuple[Any, ...]] = [(day, None, "counted", "", 1, 0) for day in days]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s), set_config('work_mem', %s, true)", [LOCK, WORK_MEM])
        for source in counted:
            cursor.execute(source.query, {**given, **source.given(span)})
            figures += cursor.fetchall()
        cursor.execute("DELETE FROM crm_dailymetric WHERE day BETWEEN %s AND %s", [span.first, span.last])
        with cursor.copy(COPY) as copy:
            for figure in figures:
                copy.write_row((*figure, now, now))


def rolled_up_until() -> datetime | None:
    """Return when the newest day was counted; None: none ever was."""
    counted = DailyMetric.objects.filter(name="counted")
    return counted.order_by("-day").values_list("updated_at", flat=True).first()


def count_last_days(days: int | None = None) -> None:
    """Count today and so many days before it again, all that the night counts where no number is given."""
    today = timezone.localdate()
    for _days in roll_up(today - timedelta(days=(days or ROLLED_UP_AGAIN) - 1), today):
        pass
