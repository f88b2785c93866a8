"""`manage.py erase_customer 123`."""

import sys
from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import CommandError
from django.utils import timezone

from crm.backups.refusals import TROUBLES
from crm.backups.restoring import old_databases
from crm.canary import KeyedCommand
from crm.dossier.person import Unclear, find_person
from crm.erasure.erasing import Erased, counts_of, erase, erased_since
from crm.erasure.person import Person, family_of
from crm.erasure.refusals import ErasureRefused
from crm.erasure.replaying import replay_notes
from crm.models import Customer
from crm.progress import Progress

BACKUPS = (
    "Backups from before hold the person until they are removed in their turn; whichever of them is restored, the person is erased "
    "again, as long as the note lies beside the backups."
)


class Command(KeyedCommand):
    help = (
        "Erase a person for good: what they wrote, who they are, their files. The figures of the past stay as they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "who", nargs="?", help="number of the customer, e-mail address or phone number; id:5 is a number for sure"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--replay", action="store_true", help="carry out again all erasures that are noted")
        parser.add_argument("--json", action="store_true", help="print the counts for a script")

    def handle(self, *args: Any, who: str | None, yes: bool, replay: bool, **options: Any) -> None:
        if replay == bool(who):
            raise CommandError("Name a person to erase, or --replay.")
        try:
            if replay:
                self._replay(as_json=options["json"])
            else:
                self._erase(family_of(find_person(str(who))), yes=yes, as_json=options["json"])
        except (Unclear, ErasureRefused, *TROUBLES) as error:
            raise CommandError(f"Not erased: {error}") from None

    def _erase(self, person: Person, *, yes: bool, as_json: bool) -> None:
        if since := erased_since(person):
            self._say(as_json, {"customers": person.customers, "erased": False}, f"Erased already, on {_date(since)}.")
            return
        if not yes:
            self._ask(person)
        with Progress(0, "Looking through deliveries") as progress:
            erased = erase(person, count=progress.add)
        rows = sum(erased.rows.values())
        facts = {"customers": person.customers, "erased": True, "rows": erased.rows, "note": erased.note}
        self._say(as_json, facts, f"Erased: {rows:,} rows of customer {person.customers[0]}. Noted as {erased.note}.")
        self._tell_of_copies(erased)

    def _ask(self, person: Person) -> None:
        if not sys.stdin.isatty():
            raise ErasureRefused("there is nobody to ask; say --yes.")
        customer = Customer.objects.get(pk=person.customers[0])
        self.stdout.write(f"{customer}, customer {', '.join(map(str, person.customers))}. What goes:")
        for label, (count, stays) in counts_of(person).items():
            if count:
                self.stdout.write(f"  {count:>9,}  {label}{', the row stays without content' if stays else ''}")
        if input(f"This cannot be undone. Type {customer.pk} to erase them: ").strip() != str(customer.pk):
            raise ErasureRefused("that was another number. Nothing was changed.")

    def _tell_of_copies(self, erased: Erased) -> None:
        for row in old_databases():
            self.stderr.write(
                f"{row.old_database}, which a restore kept, still holds them. Drop it: manage.py restore --forget-old"
            )
        self.stderr.write(BACKUPS)

    def _replay(self, *, as_json: bool) -> None:
        result = replay_notes()
        for problem in result.problems:
            self.stderr.write(problem)
        facts = {"notes": len(result.seen), "erased": result.erased, "problems": result.problems}
        self._say(as_json, facts, f"{len(result.seen):,} notes, {result.erased:,} erasures carried out.")
        if result.problems:
            raise ErasureRefused("some notes could not be carried out.")

    def _say(self, as_json: bool, facts: dict[str, Any], words: str) -> None:
        self.stdout.write(orjson.dumps(facts).decode() if as_json else words)


def _date(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d}"
