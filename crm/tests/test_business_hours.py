"""When the shop is open."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from crm import runtime_settings
from crm.business_hours import business_week, parse
from crm.tests.factories import make_user

CAIRO = ZoneInfo("Africa/Cairo")
WORKDAYS = "Sun-Thu 09:00-18:00; Sat 10:00-14:00"
# 2026-05-04 is a Monday. Egypt puts its clocks forward at midnight before Friday, 2026-04-24, and back at the end of
# Thursday, 2026-10-29.


def cairo(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CAIRO, fold=fold)


@pytest.mark.parametrize(
    ("hours", "at", "is_open"),
    [
        (WORKDAYS, "2026-05-04 09:00", True),
        (WORKDAYS, "2026-05-04 08:59:59", False),
        (WORKDAYS, "2026-05-04 17:59:59", True),
        (WORKDAYS, "2026-05-04 18:00", False),
        (WORKDAYS, "2026-05-08 12:00", False),  # Friday
        (WORKDAYS, "2026-05-09 10:00", True),
        (WORKDAYS, "2026-05-09 14:00", False),
        ("Mon 09:00-13:00, Mon 16:00-22:00", "2026-05-04 15:00", False),
        ("Mon 09:00-13:00, Mon 16:00-22:00", "2026-05-04 16:00", True),
        ("Mon-Sun 00:00-24:00", "2026-05-04 23:59:59", True),
        ("Mon-Sun 00:00-24:00", "2026-05-05 00:00", True),
        ("Mon 20:00-02:00", "2026-05-05 01:59", True),
        ("Mon 20:00-02:00", "2026-05-05 02:00", False),
        ("Mon 20:00-02:00", "2026-05-04 01:00", False),
        ("Sun 22:00-00:00", "2026-05-03 23:59", True),
        ("Sun 22:00-00:00", "2026-05-04 00:00", False),
        ("Fri-Mon 10:00-11:00", "2026-05-03 10:30", True),
        ("Fri-Mon 10:00-11:00", "2026-05-05 10:30", False),
        ("  sun – THU  9:00 - 18:00 ", "2026-05-04 09:30", True),
        ("Mon ٠٩:٠٠-١٨:٠٠", "2026-05-04 09:30", True),
        ("", "2026-05-08 03:00", True),
    ],
)
def test_it_is_open_at_the_hours_named(hours: str, at: str, is_open: bool) -> None:
    assert parse(hours).is_open(cairo(at)) is is_open
    assert parse(hours).is_open(cairo(at).astimezone(UTC)) is is_open


@pytest.mark.parametrize(
    ("hours", "complaint"),
    [
        ("weekdays", "“weekdays” is not of the form “Sun-Thu 09:00-18:00”."),
        ("Mon-Foo 09:00-10:00", "“mon-foo 09:00-10:00” is not of the form “Sun-Thu 09:00-18:00”."),
        ("Mon 09:00-10:00; 14:00-16:00", "“14:00-16:00” is not of the form “Sun-Thu 09:00-18:00”."),
        ("Mon 9-18", "“mon 9-18” is not of the form “Sun-Thu 09:00-18:00”."),
        ("Mon 09:60-18:00", "“mon 09:60-18:00”: there is no such time of day."),
        ("Mon 09:00-24:01", "“mon 09:00-24:01”: there is no such time of day."),
        ("Mon 24:00-25:00", "“mon 24:00-25:00”: there is no such time of day."),
        ("Mon 10:00-10:00", "“mon 10:00-10:00”: it ends as it begins. All day is 00:00-24:00."),
    ],
)
def test_what_cannot_be_read_says_why(hours: str, complaint: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse(hours)
    assert str(caught.value) == complaint


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-05-04 08:00", "2026-05-04 08:30", 0),
        ("2026-05-04 08:00", "2026-05-04 10:00", 1),
        ("2026-05-04 10:00", "2026-05-04 12:00", 2),
        ("2026-05-04 17:00", "2026-05-05 10:00", 2),
        ("2026-05-07 17:00", "2026-05-10 10:00", 1 + 4 + 1),  # over Friday, which is closed
        ("2026-05-03 00:00", "2026-05-17 00:00", 2 * (5 * 9 + 4)),
        ("2026-05-04 12:00", "2026-05-04 11:00", 0),
    ],
)
def test_hours_are_counted_while_it_is_open(start: str, end: str, hours: int) -> None:
    assert parse(WORKDAYS).open_between(cairo(start), cairo(end)) == timedelta(hours=hours)


def test_a_day_on_which_the_clock_is_changed_is_shorter_or_longer() -> None:
    always = parse("")
    assert always.open_between(cairo("2026-04-24 00:00"), cairo("2026-04-25 00:00")) == timedelta(hours=23)
    assert always.open_between(cairo("2026-10-29 00:00"), cairo("2026-10-30 00:00")) == timedelta(hours=25)
    night = parse("Thu 22:00-06:00")
    assert night.open_between(cairo("2026-04-23 12:00"), cairo("2026-04-24 12:00")) == timedelta(hours=7)
    assert night.open_between(cairo("2026-10-29 12:00"), cairo("2026-10-30 12:00")) == timedelta(hours=9)
    day = parse("Fri 09:00-18:00")
    assert day.open_between(cairo("2026-04-23 12:00"), cairo("2026-04-24 12:00")) == timedelta(hours=3)
    assert day.is_open(datetime(2026, 4, 24, 6, 0, tzinfo=UTC))  # 09:00, three hours from Greenwich since midnight
    assert not day.is_open(datetime(2026, 4, 17, 6, 0, tzinfo=UTC))  # 08:00 the week before


@pytest.mark.parametrize(
    ("until", "minutes", "expected"),
    [
        ("2026-05-04 12:00", 60, "2026-05-04 11:00"),
        ("2026-05-04 09:30", 60, "2026-05-03 17:30"),
        ("2026-05-04 03:00", 60, "2026-05-03 17:00"),
        ("2026-05-10 09:20", 60, "2026-05-09 13:20"),
        ("2026-05-08 12:00", 9 * 60, "2026-05-07 09:00"),
        ("2026-05-10 09:00", 30 * 60, None),
    ],
)
def test_it_counts_back(until: str, minutes: int, expected: str | None) -> None:
    week, end = parse(WORKDAYS), cairo(until)
    found = week.open_for(timedelta(minutes=minutes), until=end, within=timedelta(days=3))
    assert found == (cairo(expected) if expected else None)
    if found:
        assert week.open_between(found, end) == timedelta(minutes=minutes)


def test_it_counts_back_over_a_change_of_the_clock() -> None:
    end = cairo("2026-04-24 12:00")
    assert parse("").open_for(timedelta(hours=24), until=end, within=timedelta(days=3)) == cairo("2026-04-23 11:00")


@pytest.mark.django_db
def test_the_hours_in_force_are_a_setting_that_refuses_nonsense() -> None:
    assert business_week().is_open(cairo("2026-05-08 21:59"))
    administrator = make_user()
    runtime_settings.change(key="business.hours", value="Sat 10:00-14:00", by=administrator)
    assert not business_week().is_open(cairo("2026-05-08 21:59"))
    with pytest.raises(ValidationError, match="is not of the form"):
        runtime_settings.change(key="business.hours", value="always", by=administrator)
    runtime_settings.change(key="business.hours", value="", by=administrator)
    assert business_week().is_open(cairo("2026-05-08 03:00"))
    runtime_settings.reset(key="business.hours")
