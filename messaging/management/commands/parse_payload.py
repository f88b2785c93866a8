"""`manage.py parse_payload --platform P FILE...`: what an adapter reads in a body, one JSON line a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from messaging.channels import ADAPTERS, Adapter, MalformedPayload, Received
from messaging.channels.vocabulary import as_vocabulary


class Command(BaseCommand):
    help = "Print the events that an adapter reads in webhook bodies, one JSON line a file. Needs no database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--platform", required=True, choices=list(ADAPTERS))
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)

    def handle(self, *args: Any, platform: str, files: list[Path], **options: Any) -> None:
        lines = [_read(ADAPTERS[platform], file) for file in files]
        for line in lines:
            self.stdout.write(orjson.dumps(line).decode())
        if failed := sum(1 for line in lines if line["error"]):
            raise CommandError(f"{failed} of {len(lines)} files could not be read")


def _read(adapter: Adapter, file: Path) -> dict[str, Any]:
    events, error = [], None
    try:
        events = adapter.parse(Received(body=file.read_bytes()))
    except (OSError, MalformedPayload) as reason:
        error = str(reason)
    return {"file": str(file), "events": [as_vocabulary(event) for event in events], "error": error}
