"""`manage.py maintain [daily|weekly|monthly]`."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

import orjson
import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from crm.checks import BEFORE_WORK
from crm.log_format import describe
from crm.maintenance.calendar import DAILY, STEPS, maintain
from crm.maintenance.work import MaintenanceRuns, Result
from crm.progress import Progress


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = (
        "Look after the database, beside everything that runs: dead rows and statistics by day, indexes by week, every table "
        "by month. Exit code 1: something of it could not be done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("when", nargs="?", default=DAILY, choices=list(STEPS), help=f"default: {DAILY}")
        parser.add_argument("--json", action="store_true", help="print what became of each step for a script")

    def handle(self, *args: Any, when: str, **options: Any) -> None:
        results = self._maintain(when)
        if options["json"]:
            self.stdout.write(orjson.dumps({"run": when, "steps": [asdict(result) for result in results]}).decode())
        else:
            for result in results:
                self.stdout.write(result.as_text())
        if failed := [result.step for result in results if result.failed]:
            raise CommandError(f"Not all was done: {', '.join(failed)}.")

    def _maintain(self, when: str) -> list[Result]:
        try:
            with Progress(len(STEPS[when]), "Maintenance, steps") as progress:
                return maintain(when, count=progress.add)
        except MaintenanceRuns as error:
            raise CommandError(str(error)) from None
        except (psycopg.Error, OperationalError) as error:
            raise CommandError(f"Nothing was done: {describe(error)}") from None
