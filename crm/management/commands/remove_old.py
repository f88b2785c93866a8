"""`manage.py remove_old`: remove what is older than the settings say."""

from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand

from crm.checks import BEFORE_WORK
from crm.progress import Progress
from crm.retention import run_rules


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = (
        "Remove deliveries, notices, uploaded files, ended logins and incidents, and close idle conversations, that are older "
        "than the settings say."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the counts for a script")

    def handle(self, *args: Any, **options: Any) -> None:
        with Progress(0, "Removing") as progress:
            counts = run_rules(count=progress.add)
        if options["json"]:
            self.stdout.write(orjson.dumps(counts).decode())
            return
        self.stdout.write(f"{progress.done:,} rows: " + ", ".join(f"{rows:,} {name}" for name, rows in counts.items()))
