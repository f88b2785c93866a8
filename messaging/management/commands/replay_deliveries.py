"""`manage.py replay_deliveries`: read stored deliveries once more."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime, time, timedelta
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from crm.checks import BEFORE_WORK
from crm.models import Channel
from crm.progress import Progress
from messaging.replay import Choice, replay

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = "Put deliveries back in the line, to be read once more; what they brought already is not brought twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--failed", action="store_true", help="those that could not be read")
        parser.add_argument("--ignored", action="store_true", help="those that were of no consequence")
        parser.add_argument("--id", type=int, nargs="+", default=[], metavar="N", dest="ids")
        parser.add_argument("--since", type=_moment, help="a date, a time, or how long ago: 90m, 2h, 3d")
        parser.add_argument("--channel", default="", metavar="SLUG", help="only those of this channel")
        parser.add_argument("--dry-run", action="store_true", help="only count them")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, failed: bool, ignored: bool, ids: list[int], channel: str, **options: Any) -> None:
        since: datetime | None = options["since"]
        if not (failed or ignored or ids or since):
            raise CommandError("Say which: --failed, --ignored, --id or --since.")
        if channel and not Channel.objects.filter(slug=channel).exists():
            raise CommandError(f"There is no channel {channel}.")
        states = [state for state, wanted in (("failed", failed), ("ignored", ignored)) if wanted]
        choice = Choice(states=states, ids=ids, since=since, channel=channel)
        counts = choice.counts()
        chosen = replayed = sum(counts.values())
        if not options["dry_run"]:
            with Progress(chosen, "Replaying") as progress:
                replayed = replay(choice, replayed=progress.add)
        if options["json"]:
            self.stdout.write(
                orjson.dumps({"deliveries": replayed, "by_state": counts, "done": not options["dry_run"]}).decode()
            )
            return
        by_state = ", ".join(f"{count:,} {state}" for state, count in counts.items())
        sentence = "would be read once more" if options["dry_run"] else "are in line to be read once more"
        self.stdout.write(f"{replayed:,} deliveries {sentence}{f' ({by_state})' if by_state else ''}.")


def _moment(text: str) -> datetime:
    """Read a date or time in our time zone, or how long ago."""
    if found := re.fullmatch(r"(\d{1,6})([mhd])", text):
        return timezone.now() - timedelta(**{UNITS[found[2]]: int(found[1])})
    try:
        moment = parse_datetime(text)
        if moment is None and (day := parse_date(text)):
            moment = datetime.combine(day, time())
    except ValueError:
        moment = None
    if moment is None:
        raise ArgumentTypeError("a date (2026-05-31), a time (2026-05-31T08:00) or how long ago (90m, 2h, 3d)")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
