"""`manage.py seed_demo`: believable customers and conversations, and how to be rid of them."""

import time
from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Min
from django.utils import timezone

from crm.checks import BEFORE_WORK
from crm.metrics import roll_up
from crm.models import DailyMetric
from crm.periods import DAY
from crm.progress import Progress
from messaging.demo.removal import remove_demo
from messaging.demo.seeding import seed
from messaging.models import Message


def count_days_again() -> None:
    """Count the figures of all days from the first message on; before it there are none."""
    first, today = Message.objects.aggregate(first=Min("at"))["first"], timezone.localdate()
    day = timezone.localtime(first).date() if first else today + DAY
    DailyMetric.objects.filter(day__lt=day).delete()
    with Progress((today - day).days + 1, "Counting days") as progress:
        for days in roll_up(day, today):
            progress.add(days)


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = "Add made-up customers who write English, Arabic and Portuguese on five platforms; another run adds more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customers", type=int, default=200)
        parser.add_argument("--messages", type=int, default=3000)
        parser.add_argument(
            "--seed", default="migochat", help="makes the same texts again, at the same times before now"
        )
        parser.add_argument("--remove", action="store_true", help="take everything out again that this command added")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, customers: int, messages: int, remove: bool, **options: Any) -> None:
        if not 1 <= customers <= messages:
            raise CommandError("There must be at least one customer, and at least one message for each.")
        began = time.monotonic()
        if remove:
            with Progress(0, "Removing") as progress:
                rows = remove_demo(removed=lambda table, count: progress.add(count))
            done, sentence = {"removed": rows}, f"Removed {rows:,} rows"
        else:
            with Progress(messages, "Writing") as progress:
                seed(customers=customers, messages=messages, seed=options["seed"], written=progress.add)
            done = {"customers": customers, "messages": messages}
            sentence = f"Added {customers:,} customers with {messages:,} messages"
        count_days_again()
        seconds = round(time.monotonic() - began, 1)
        if options["json"]:
            self.stdout.write(orjson.dumps({**done, "seconds": seconds}).decode())
        else:
            self.stdout.write(f"{sentence} in {seconds} s.")
