"""When what is done: as seeded by a migration and edited in the admin since."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django_celery_beat.models import PeriodicTask

BACKUP, SPACE, VERIFY, DRILL = TASKS = (
    "crm.backups.backup",
    "crm.backups.space",
    "crm.backups.verify",
    "crm.backups.drill",
)
#: By when each that is watched has to be done, after it was due.
GRACE = {BACKUP: timedelta(hours=2), VERIFY: timedelta(hours=12), DRILL: timedelta(days=1)}


def is_overdue(task: str, due: datetime) -> bool:
    """Tell whether a task that was due at a time is missed."""
    return timezone.now() >= due + GRACE[task]


def due_after(task: str, last: datetime | None) -> datetime | None:
    """Return when a task is due next after it was done last; None: it is switched off.

    Of one that was never done, after it was put on the schedule.
    """
    entry = PeriodicTask.objects.filter(task=task, enabled=True).select_related("crontab").first()
    if entry is None or entry.crontab is None:
        return None
    return next_time(entry, last or entry.date_changed)


def next_time(entry: Any, after: datetime) -> datetime:
    """Return the first time after another one that an entry of the schedule names."""
    found: datetime = timezone.now() + entry.schedule.remaining_estimate(after)
    return found.replace(microsecond=0) + timedelta(seconds=1 if found.microsecond > 500_000 else 0)
