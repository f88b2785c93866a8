"""`manage.py import_spend FILE`: what ads cost, day by day."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from campaigns.spend.importing import import_spend
from campaigns.spend.reading import MOST_BYTES, Unreadable
from crm.checks import BEFORE_WORK
from crm.models import Channel


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = (
        "Read a CSV file with the columns ad id, day and spend (and currency, impressions, clicks, names, if they are there). "
        "A day told again takes the place of what was told before. Exits with 1 if a line was refused; the others are kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="path of the file, or - for what is piped in")
        parser.add_argument("--currency", default="", help="for lines that name none, such as EGP")
        parser.add_argument(
            "--channel", default="", help="slug of the channel that ads are on; unknown ads are added to it"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, file: str, currency: str, channel: str, **options: Any) -> None:
        found = Channel.objects.filter(slug=channel).first() if channel else None
        if channel and found is None:
            raise CommandError(f"There is no channel {channel}. `manage.py channel list` shows them.")
        try:
            outcome = import_spend(content=_content(file), currency=currency.upper(), channel=found)
        except Unreadable as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            counts = {name: getattr(outcome, name) for name in ("created", "updated", "unchanged", "new_ads")}
            refused = [{"line": line, "why": why} for line, why in outcome.refused]
            self.stdout.write(orjson.dumps({**counts, "refused": refused}).decode())
        else:
            for line, why in outcome.refused:
                self.stderr.write(f"line {line}: {why}")
            self.stdout.write(outcome.sentence)
        if outcome.refused:
            sys.exit(1)


def _content(file: str) -> bytes:
    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1) if file == "-" else _bounded(Path(file))
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise CommandError(f"{file} is larger than {MOST_BYTES // 1024**2} MB. Give fewer days at a time.")
    return content


def _bounded(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MOST_BYTES + 1)
