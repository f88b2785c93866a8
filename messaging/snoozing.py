"""Until when conversations are put off: what is offered, on the clock of the shop."""

from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.business_hours import Week, business_week

LATER = timedelta(hours=3)
LONGEST = timedelta(days=366)
MORNING = time(9)
DAYS_LOOKED_AT = 7

TITLES = {
    "later": _("Later today"),
    "tomorrow": _("Tomorrow morning"),
    "next_week": _("Next week"),
}


def choices(now: datetime, week: Week | None = None) -> dict[str, datetime]:
    """Return what can be chosen now, and until when each is.

    `tomorrow` is when the shop opens next after today, `next_week` when it opens on or after the coming Monday. `later` is left
    out where it would be tomorrow.
    """
    week = week or business_week()
    today = timezone.localtime(now).date()
    later = now + LATER
    found = {"later": later} if timezone.localtime(later).date() == today else {}
    found["tomorrow"] = _opening(datetime.combine(today + timedelta(days=1), time()), week)
    found["next_week"] = _opening(datetime.combine(today + timedelta(days=7 - today.weekday()), time()), week)
    return found


def _opening(midnight: datetime, week: Week) -> datetime:
    """Return when the shop first opens from a day on; in the morning where it never closes over night, or never opens."""
    for _day in range(DAYS_LOOKED_AT):
        # A span from midnight is the end of a night, or a shop that never closes.
        minutes = [start for start, _end in week.days[midnight.weekday()] if start]
        if minutes:
            return timezone.make_aware(midnight + timedelta(minutes=minutes[0]))
        if week.days[midnight.weekday()]:
            return timezone.make_aware(datetime.combine(midnight.date(), MORNING))
        midnight += timedelta(days=1)
    return timezone.make_aware(datetime.combine(midnight.date(), MORNING))


def refuse_impossible(until: datetime, now: datetime) -> None:
    """Check a time of somebody's own.

    Raises:
        ValueError: it is past, or too far away; with the reason.
    """
    if timezone.is_naive(until) or not now < until <= now + LONGEST:
        raise ValueError(str(_("Choose a time to come, within a year.")))
