"""`manage.py verify_backup [FILE]`."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.backups.proving import latest, verify_backup
from crm.backups.recovery import add_key_argument, given_key
from crm.backups.refusals import TROUBLES
from crm.checks import BEFORE_WORK
from crm.progress import Progress


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = (
        "Prove a backup: restore it into a scratch database, compare every table with what was saved, try the keys, and drop "
        "the scratch database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="a path, or the name of a backup that is kept; default: the newest")
        parser.add_argument("--drill", action="store_true", help="also migrate what was restored and work with it")
        parser.add_argument("--json", action="store_true", help="print the result for a script")
        add_key_argument(parser)

    def handle(self, *args: Any, file: str | None, drill: bool, **options: Any) -> None:
        try:
            named = file or latest()
            recovery = given_key(options["recovery_key"])
            with Progress(0, "Restored beside the live database, bytes") as progress:
                manifest = verify_backup(named, recovery=recovery, drill=drill, count=progress.add)
        except TROUBLES as error:
            raise CommandError(f"Not verified: {error}") from None
        if options["json"]:
            facts = {"name": manifest.name, "tables": len(manifest.tables), "rows": manifest.rows}
            self.stdout.write(json.dumps({**facts, "at": manifest.at, "drill": drill}))
            return
        how = "restored, compared, migrated and worked with" if drill else "restored and compared"
        self.stdout.write(f"{manifest.name} is good: {len(manifest.tables)} tables, {manifest.rows:,} rows {how}.")
