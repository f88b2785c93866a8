"""Carrying noted erasures out again: in a database that was restored from an older backup, or where one was cut short."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet

from crm.erasure.erasing import erase_again
from crm.erasure.notes import Note, kept_notes
from crm.erasure.person import Person
from crm.erasure.refusals import ErasureRefused, NoteRefused
from crm.erasure.steps import steps
from crm.log_format import describe
from crm.merging import MergeRefused, undo_merge
from crm.models import Customer, CustomerMerge, IdentityKey


@dataclass
class Replayed:
    """What came of the notes: their names, how many persons were erased, and what could not be done, in words."""

    seen: set[str] = field(default_factory=set)
    erased: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Replayed") -> None:
        """Take over what came of further notes."""
        self.seen |= other.seen
        self.erased += other.erased
        self.problems += other.problems


def replay_notes(*, beside: Path | None = None, leave: Collection[str] = ()) -> Replayed:
    """Carry out every note whose erasure this database has not seen, but those in `leave`; each in a transaction of its own."""
    result = Replayed()
    for name, note in kept_notes(beside):
        if name in leave:
            continue
        result.seen.add(name)
        if isinstance(note, NoteRefused):
            result.problems.append(f"The note {name} was not carried out: {note}.")
        elif not is_done(note):
            result.add(_replayed(name, note))
    return result


def is_done(note: Note) -> bool:
    """Tell whether this database has seen an erasure. Of who is not in it, deliveries and files may still be."""
    return customers_of(note).exists() and not customers_of(note).filter(erased_at=None).exists()


def customers_of(note: Note) -> QuerySet[Customer]:
    """Return the customers of a note that there are here: by number, and by uid, since another may have the number by now."""
    return Customer.objects.filter(pk__in=note.customers.values(), uid__in=note.customers)


def _replayed(name: str, note: Note) -> Replayed:
    try:
        with transaction.atomic():
            problems = [f"{name}: {problem}" for problem in _part_from_others(note)]
            return Replayed(erased=_erase_noted(note), problems=problems)
    except (ErasureRefused, DatabaseError) as error:
        why = str(error) if isinstance(error, ErasureRefused) else describe(error)
        return Replayed(problems=[f"The note {name} was not carried out: {why}"])


def _erase_noted(note: Note) -> bool:
    """Erase whom a note is about, and say whether there was anybody."""
    keys = IdentityKey.objects.filter(pk__in=note.keys.values(), uid__in=note.keys)
    customers = list(customers_of(note).values_list("pk", flat=True))
    person = Person.of(customers, set(keys.values_list("identity", flat=True)))
    is_here = bool(person.customers or person.identities)
    if is_here:
        erase_again(person)
    for step in steps():
        step.carry_out_noted(note)
    return is_here


def _part_from_others(note: Note) -> Iterator[str]:
    """Undo merges with people who are not of the note: they were taken apart before the erasure.

    Whoever merged them stands in for whoever undid it, which the backup does not know. Yield what could not be undone.
    """
    ours = set(customers_of(note).values_list("pk", flat=True))
    with_us = CustomerMerge.objects.filter(Q(kept__in=ours) | Q(merged__in=ours), undone_at=None)
    for merge in with_us.select_related("by").order_by("-pk"):
        if {merge.kept_id, merge.merged_id} <= ours or merge.by is None:
            continue
        try:
            undo_merge(merge_id=merge.pk, by=merge.by)
        except MergeRefused as refused:
            yield f"customers {merge.kept_id} and {merge.merged_id} could not be taken apart: {refused}"
