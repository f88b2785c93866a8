"""Erasing one person, in one transaction."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import pgtrigger
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, transaction
from django.db.models import CharField, Min
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from crm.database_errors import is_deadlock
from crm.erasure.notes import Note, write_note
from crm.erasure.person import Person, family_of
from crm.erasure.refusals import ErasureRefused
from crm.erasure.rule import Rule
from crm.erasure.steps import Count, ErasureStep, rules, steps
from crm.models import Customer, Identity, IdentityKey

ATTEMPTS = 5


@dataclass(frozen=True)
class Erased:
    """What an erasure did. `note` "": none was written."""

    person: Person
    rows: dict[str, int]
    note: str


def counts_of(person: Person) -> dict[str, tuple[int, bool]]:
    """Return for each model how many rows the person has, and whether they stay, without content."""
    return {rule.label: (rule.rows(person).count(), rule.keep is not None) for rule in rules()}


def erased_since(person: Person) -> datetime | None:
    """Return when a person was erased; None: they are not, or not all of them."""
    if Customer.objects.filter(pk__in=person.customers, erased_at=None).exists():
        return None
    at: datetime | None = Customer.objects.filter(pk__in=person.customers).aggregate(at=Min("erased_at"))["at"]
    return at


def erase(person: Person, *, count: Count = lambda rows: None) -> Erased:
    """Erase a person from the live database, noted beside the backups first.

    Raises:
        ErasureRefused: something of theirs is under way just now; nothing was changed.
    """
    added = steps()
    for step in added:
        step.search(person, count)
    for _attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                _lock(person, added)
                if family_of(person.customers[0]) != person:
                    raise ErasureRefused(_("They were merged or taken apart just now. Look again, then erase."))
                if erased_since(person):
                    raise ErasureRefused(_("They were erased a moment ago."))
                for step in added:
                    step.check(person)
                return _carry_out(person, added, write_note(noted(person, added)))
        except OperationalError as error:
            if not is_deadlock(error):
                raise
    raise ErasureRefused(_("Something of theirs is being written just now. Try again in a moment."))


def erase_again(person: Person) -> Erased:
    """Erase in a restored database a person whose erasure was noted before; in the caller's transaction."""
    added = steps()
    for step in added:
        step.search(person, lambda rows: None)
    _lock(person, added)
    return _carry_out(person, added, "")


def noted(person: Person, added: list[ErasureStep]) -> Note:
    """Return what leads to the person in every copy of the database."""
    customers = Customer.objects.filter(pk__in=person.customers).values_list("uid", "pk")
    keys = IdentityKey.objects.filter(identity__in=person.identities).values_list("uid", "pk")
    note = Note(
        customers={str(uid): number for uid, number in customers}, keys={str(uid): number for uid, number in keys}
    )
    for step in added:
        step.note(person, note)
    return note


def _lock(person: Person, added: list[ErasureStep]) -> None:
    """Lock in the order of the ingest, as a merge does: what comes first, identities, what the steps lock, customers."""
    for step in added:
        step.lock_first(person)
    list(Identity.objects.filter(pk__in=person.identities).order_by("pk").select_for_update(no_key=True).values("pk"))
    for step in added:
        step.lock(person)
    list(Customer.objects.filter(pk__in=person.customers).order_by("pk").select_for_update(no_key=True).values("pk"))


def _carry_out(person: Person, added: list[ErasureStep], note: str) -> Erased:
    rows: Counter[str] = Counter()
    for step in added:
        step.carry_out(person)
    every = rules()
    with pgtrigger.ignore(*(trigger for rule in every for trigger in rule.despite)):
        for rule in every:
            _empty_log(rule, person)
            rows[rule.label] += rule.apply(person)
    return Erased(person, dict(rows), note)


def _empty_log(rule: Rule, person: Person) -> None:
    """Take the names out of the admin's log of what was done to these rows."""
    numbers = rule.rows(person).annotate(key_as_text=Cast("pk", CharField())).values("key_as_text")
    of_model = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(rule.model))
    of_model.filter(object_id__in=numbers).update(object_repr="", change_message="")
