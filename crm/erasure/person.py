"""Whom an erasure is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from crm.dossier.person import all_of, kept_of
from crm.models import Identity


@dataclass(frozen=True)
class Person:
    """The customers that are one person, and the identities of theirs; by their numbers, in order."""

    customers: tuple[int, ...]
    identities: tuple[int, ...]

    @classmethod
    def of(cls, customers: Iterable[int], identities: Iterable[int] = ()) -> Self:
        """Return the person of these customers with all their identities, and with others beside."""
        numbers = sorted(customers)
        theirs = set(Identity.objects.filter(customer__in=numbers).values_list("pk", flat=True))
        return cls(tuple(numbers), tuple(sorted(theirs.union(identities))))


def family_of(customer_id: int) -> Person:
    """Return the person that a customer is: with whom they were merged into, and all who were merged into that one."""
    return Person.of(all_of(kept_of(customer_id)))
