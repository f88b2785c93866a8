"""`manage.py backup`."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from crm.backups.making import make_backup, our_keys
from crm.backups.places import is_local, working_folder
from crm.backups.refusals import TROUBLES
from crm.canary import KeyedCommand
from crm.management.commands.recovery_key import introduce
from crm.models import Backup
from crm.progress import Progress


class Command(KeyedCommand):
    help = (
        "Make a backup: the database at one moment, the files of messages, and the keys to both, encrypted so that this machine "
        "and the recovery key open it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result for a script")

    def handle(self, *args: Any, **options: Any) -> None:
        for line in introduce(our_keys().make_recovery_key()):
            self.stderr.write(line)
        try:
            with Progress(_expected(), "Backup, bytes") as progress:
                made = make_backup(trigger=Backup.Trigger.COMMAND, count=progress.add)
        except TROUBLES as error:
            raise CommandError(str(error)) from None
        facts = {"name": made.name, "size": made.size, "sha256": made.sha256, "rows": made.rows}
        if options["json"]:
            self.stdout.write(json.dumps(facts))
            return
        place = working_folder() if is_local() else "the bucket"
        self.stdout.write(f"{made.name}: {made.rows:,} rows, {made.size:,} bytes, in {place}.")


def _expected() -> int:
    """Return about how many bytes will be read, from the last time; 0: not known."""
    return Backup.objects.made().values_list("size", flat=True).first() or 0
