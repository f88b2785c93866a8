"""`manage.py rescore_leads`: score leads by the rules as they are now."""

from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from crm.checks import BEFORE_WORK
from crm.progress import Progress
from leads.models import Lead
from leads.rescoring import Recount, recompute


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = "Read the messages of open leads once more by the rules as they are now. Points that no longer apply stay as history."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--lead", type=int, nargs="+", default=[], metavar="N", dest="leads", help="only these")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, leads: list[int], **options: Any) -> None:
        chosen = Lead.objects.open().order_by("pk")
        if leads:
            chosen = chosen.filter(pk__in=leads)
        numbers = list(chosen.values_list("pk", flat=True))
        if missing := sorted(set(leads) - set(numbers)):
            raise CommandError(f"No open lead has the number {', '.join(map(str, missing))}.")
        done = Recount()
        with Progress(len(numbers), "Scoring") as progress:
            for done in recompute(numbers):
                progress.add(done.leads - progress.done)
        if options["json"]:
            self.stdout.write(orjson.dumps(done).decode())
            return
        self.stdout.write(
            f"{done.leads:,} leads scored: {done.added:,} entries added, {done.superseded:,} no longer apply."
        )
