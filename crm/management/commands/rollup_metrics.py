"""`manage.py rollup_metrics`: count the figures of days again from rows."""

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.checks import BEFORE_WORK
from crm.metrics import ROLLED_UP_AGAIN, roll_up
from crm.progress import Progress


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = (
        "Count the figures of days again from rows: messages, customers, leads, times to answer. Without days: the last "
        f"{ROLLED_UP_AGAIN}. Any day can be counted as often as one likes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", type=date.fromisoformat, metavar="YYYY-MM-DD", dest="first", help="the first day")
        parser.add_argument("--to", type=date.fromisoformat, metavar="YYYY-MM-DD", dest="last", help="the last day")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, first: date | None, last: date | None, **options: Any) -> None:
        last = last or timezone.localdate()
        first = first or last - timedelta(days=ROLLED_UP_AGAIN - 1)
        if first > last:
            raise CommandError(f"{first} is after {last}.")
        with Progress((last - first).days + 1, "Counting days") as progress:
            for days in roll_up(first, last):
                progress.add(days)
        if options["json"]:
            self.stdout.write(orjson.dumps({"from": first, "to": last, "days": progress.done}).decode())
            return
        self.stdout.write(f"{progress.done:,} days counted, from {first} to {last}.")
