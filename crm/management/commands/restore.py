"""`manage.py restore FILE`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.backups.proving import Examined
from crm.backups.recovery import add_key_argument, given_key
from crm.backups.refusals import TROUBLES
from crm.backups.restoring import Outcome, forget_old_databases, old_databases, restore
from crm.checks import BEFORE_WORK
from crm.progress import Progress


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = (
        "Put a backup in the live database's place, beside everything that runs. It is restored and compared first; what was live "
        "is kept until --forget-old, and what was received after the backup is taken over from it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="a path, or the name of a backup that is kept")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--forget-old", action="store_true", help="drop what earlier restores kept")
        add_key_argument(parser)

    def handle(self, *args: Any, file: str | None, yes: bool, forget_old: bool, **options: Any) -> None:
        if forget_old == bool(file):
            raise CommandError("Name a backup to restore, or --forget-old.")
        try:
            if forget_old:
                self._forget()
                return
            recovery = given_key(options["recovery_key"])
            with Progress(0, "Restored beside the live database, bytes") as progress:
                outcome = restore(
                    str(file), recovery=recovery, count=progress.add, agree=lambda backup: yes or self._asked(backup)
                )
        except TROUBLES as error:
            raise CommandError(f"Not restored: {error}") from None
        self._tell(outcome)

    def _asked(self, backup: Examined) -> bool:
        when = timezone.localtime(backup.at)
        self.stdout.write(
            f"{backup.manifest.name} is whole: {backup.manifest.rows:,} rows as of {when:%Y-%m-%d %H:%M %Z}."
        )
        return input("Put it in the place of the live database? What is live is kept. [yes/no] ").strip() == "yes"

    def _tell(self, outcome: Outcome | None) -> None:
        if outcome is None:
            raise CommandError("Nothing was changed.")
        self.stdout.write(
            f"{outcome.name} is live: {outcome.rows:,} rows, {outcome.media:,} files put back, {outcome.carried:,} rows taken over "
            f"that came in after it, {outcome.erased.erased:,} erasures carried out again."
        )
        for problem in outcome.erased.problems:
            self.stderr.write(problem)
        if outcome.old_database:
            self.stdout.write(
                f"What was live is kept as {outcome.old_database}. When it is not needed: manage.py restore --forget-old"
            )

    def _forget(self) -> None:
        forgotten = forget_old_databases()
        for row in old_databases():
            self.stderr.write(f"{row.old_database} is kept: not all was taken over from it yet.")
        self.stdout.write(f"Dropped: {', '.join(forgotten) or 'nothing'}.")
