"""Which backups are kept: the newest of each of the last 7 days, 4 weeks and 12 months that have any."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.utils import timezone

from crm.backups import places
from crm.erasure.notes import remove_old_notes
from crm.models import Backup

DAYS, WEEKS, MONTHS = 7, 4, 12
Period = Callable[[datetime], object]
RULES: tuple[tuple[int, Period], ...] = (
    (DAYS, lambda at: at.date()),
    (WEEKS, lambda at: at.isocalendar()[:2]),
    (MONTHS, lambda at: (at.year, at.month)),
)


def kept_of(times: Iterable[datetime]) -> set[datetime]:
    """Return which of the backups' times, on the clock of the shop, are kept."""
    newest_first = sorted(times, reverse=True)
    kept: set[datetime] = set()
    for most, period in RULES:
        seen: set[object] = set()
        for at in newest_first:
            if period(at) not in seen and len(seen) < most:
                seen.add(period(at))
                kept.add(at)
    return kept


def remove_old_backups() -> list[str]:
    """Remove what is not kept any longer and return its names.

    The newest that was proven stays, however old; so does what failed to be proven, for somebody to look at.
    """
    made = {row: timezone.localtime(row.snapshot_at) for row in Backup.objects.made() if row.snapshot_at}
    kept = kept_of(made.values())
    proven = max((at for row, at in made.items() if row.state == Backup.State.VERIFIED), default=None)
    removed = [row for row, at in made.items() if at not in kept and at != proven]
    for row in removed:
        places.remove(row.name)
        row.removed_at = timezone.now()
        row.save(update_fields=["removed_at", "updated_at"])
    staying = [at for row, at in made.items() if row not in removed]
    remove_old_notes(min(staying, default=None))
    return [row.name for row in removed]
