"""What apps further up add to an erasure beside their rules."""

from collections.abc import Callable
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from crm.erasure.notes import Note
from crm.erasure.person import Person
from crm.erasure.rule import Rule

Count = Callable[[int], None]


class ErasureStep(Protocol):
    """A class named in `settings.ERASURE_STEPS`, made anew for each erasure; its methods are called in this order."""

    def search(self, person: Person, count: Count) -> None:
        """Look through what no key leads to, before anything is locked; `count` is told of rows."""

    def lock_first(self, person: Person) -> None:
        """Lock what comes before identities in the order of locks."""

    def lock(self, person: Person) -> None:
        """Lock what comes between identities and customers."""

    def check(self, person: Person) -> None:
        """Raise `ErasureRefused` where it is not the moment. Not asked of a restored database, in which nothing happens."""

    def note(self, person: Person, note: Note) -> None:
        """Add to the note what has to be found again in a restored database."""

    def carry_out(self, person: Person) -> None:
        """End what is open, and erase what no rule reaches."""

    def carry_out_noted(self, note: Note) -> None:
        """Erase in a restored database what the note alone leads to."""


def steps() -> list[ErasureStep]:
    """Return new steps, in the order of the settings."""
    return [import_string(path)() for path in settings.ERASURE_STEPS]


def rules() -> list[Rule]:
    """Return the rules of all apps, those of the uppermost first."""
    return [rule for name in settings.ERASURE for rule in import_string(name)]
