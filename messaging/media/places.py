"""Where copies are kept: under names that are noted before a file is written there."""

import secrets
from datetime import timedelta

from django.utils import timezone

from messaging.models import FileToRemove

#: Longer than a claim lasts: whoever fetched a file has written its name down by then, or never will.
GIVEN_UP_AFTER = timedelta(hours=1)
AGAIN_AFTER = timedelta(minutes=10)


def reserve_place() -> str:
    """Return a name that nobody can guess, for a file that is removed again unless it is kept in time."""
    name = f"media/{timezone.now():%Y/%m/%d}/{secrets.token_urlsafe(24)}"
    FileToRemove.objects.create(name=name, remove_at=timezone.now() + GIVEN_UP_AFTER)
    return name


def keep(names: list[str]) -> bool:
    """Take over files, within the transaction that gives them to their row; say whether they are all still there."""
    rows = FileToRemove.objects.filter(name__in=names)
    if len(rows.select_for_update()) != len(names):
        return False
    FileToRemove.objects.filter(name__in=names).delete()
    return True


def give_up(names: list[str]) -> None:
    """Have files removed at once that nobody needs."""
    FileToRemove.objects.filter(name__in=names).update(remove_at=timezone.now())
