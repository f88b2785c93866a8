"""When the shop is open, on its own clock."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import runtime_settings
from crm.runtime_settings import Declared, declare

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL_DAY = 24 * 60
ALWAYS = "Mon-Sun 00:00-24:00"
PART = re.compile(r"([a-z]{3})(?: ?[-–] ?([a-z]{3}))? (\d{1,2}):(\d{2}) ?[-–] ?(\d{1,2}):(\d{2})")

Span = tuple[int, int]


@dataclass(frozen=True)
class Week:
    """Opening hours by weekday from Monday: spans in minutes after midnight, in order, not touching each other."""

    days: tuple[tuple[Span, ...], ...]

    def is_open(self, at: datetime) -> bool:
        """Say whether the shop is open at a time."""
        local = timezone.localtime(at)
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.days[local.weekday()])

    def open_between(self, start: datetime, end: datetime) -> timedelta:
        """Return how long the shop is open from `start` to `end`."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        day, last = timezone.localtime(start).date(), timezone.localtime(end).date()
        total = timedelta()
        while day <= last:
            for opens, closes in self.openings(day):
                total += max(min(end, closes) - max(start, opens), timedelta())
            day += timedelta(days=1)
        return total

    def open_for(self, length: timedelta, *, until: datetime, within: timedelta) -> datetime | None:
        """Return the time from which to `until` the shop is open for `length`; None: that is longer than `within` ago."""
        until = until.astimezone(UTC)
        earliest = until - within
        day, left = timezone.localtime(until).date(), length
        while _moment(day, ALL_DAY) > earliest:
            for opens, closes in reversed(self.openings(day)):
                span = min(closes, until) - max(opens, earliest)
                if span >= left:
                    return min(closes, until) - left
                left -= max(span, timedelta())
            day -= timedelta(days=1)
        return None

    def openings(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return when the shop opens and closes on a day, in UTC."""
        return [(_moment(day, opens), _moment(day, closes)) for opens, closes in self.days[day.weekday()]]


def _moment(day: date, minute: int) -> datetime:
    """Return a minute of a day in UTC: Python takes times of one zone apart by the clock, whatever the clock was put to."""
    if minute == ALL_DAY:
        day, minute = day + timedelta(days=1), 0
    return timezone.make_aware(datetime.combine(day, time(minute // 60, minute % 60))).astimezone(UTC)


def parse(text: str) -> Week:
    """Read hours as "Sun-Thu 09:00-18:00; Sat 10:00-14:00".

    Days that are not named are closed; no text: always open. Hours that end before they begin go on past midnight.

    Raises:
        ValueError: with what is wrong, for who wrote it.
    """
    days: list[list[Span]] = [[] for _day in DAYS]
    parts = [" ".join(piece.lower().split()) for piece in re.split("[;,]", text)]
    for part in list(filter(None, parts)) or [ALWAYS.lower()]:
        first, last, start, end = _read(part)
        for day in _days_between(first, last):
            if start < end:
                days[day].append((start, end))
            else:
                days[day].append((start, ALL_DAY))
                days[(day + 1) % 7].append((0, end))
    return Week(tuple(tuple(_joined(sorted(span for span in spans if span[0] < span[1]))) for spans in days))


def _read(part: str) -> tuple[int, int, int, int]:
    """Return first and last day, opening and closing minute."""
    found = PART.fullmatch(part)
    if not found or found[1] not in DAYS or (found[2] or found[1]) not in DAYS:
        raise ValueError(_("“%(part)s” is not of the form “Sun-Thu 09:00-18:00”.") % {"part": part})
    hour, minute, last_hour, last_minute = (int(figure) for figure in found.groups()[2:])
    start, end = hour * 60 + minute, last_hour * 60 + last_minute
    if max(minute, last_minute) > 59 or start >= ALL_DAY or end > ALL_DAY:
        raise ValueError(_("“%(part)s”: there is no such time of day.") % {"part": part})
    if start == end:
        raise ValueError(_("“%(part)s”: it ends as it begins. All day is 00:00-24:00.") % {"part": part})
    return DAYS.index(found[1]), DAYS.index(found[2] or found[1]), start, end


def _days_between(first: int, last: int) -> Iterator[int]:
    return ((first + step) % 7 for step in range((last - first) % 7 + 1))


def _joined(spans: list[Span]) -> Iterator[Span]:
    """Make one of spans that touch or overlap."""
    current: Span | None = None
    for start, end in spans:
        if current is not None and start <= current[1]:
            current = (current[0], max(current[1], end))
            continue
        if current is not None:
            yield current
        current = (start, end)
    if current is not None:
        yield current


def business_week() -> Week:
    """Return the hours in force."""
    return parse(runtime_settings.value_of("business.hours"))


declare(
    Declared(
        key="business.hours",
        kind="text",
        default="Mon-Sun 09:00-22:00",
        check=parse,
        title=gettext_lazy("Business hours"),
        help=gettext_lazy(
            "As “Sun-Thu 09:00-18:00; Fri 14:00-01:00”, on the clock of the shop. Days not named are closed; "
            "empty: always open."
        ),
        category=gettext_lazy("Business"),
    )
)
