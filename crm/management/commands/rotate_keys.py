"""`manage.py rotate_keys`."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from crm.canary import KeyedCommand
from crm.key_rotation import Rotation, rotate_keys


class Command(KeyedCommand):
    help = (
        "Encrypt everything under the newest key. First put the new key before the others in FIELD_ENCRYPTION_KEYS and "
        "restart every process. May run beside all of them, be interrupted, and be repeated."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result for a script")

    def handle(self, *args: Any, **options: Any) -> None:
        found = rotate_keys()
        if options["json"]:
            self.stdout.write(json.dumps([asdict(rotation) for rotation in found]))
        else:
            rotated = sum(rotation.rotated for rotation in found)
            self.stdout.write(f"{rotated:,} values in {len(found)} fields were brought under the newest key.")
        if complaints := [complaint for rotation in found for complaint in _complaints(rotation)]:
            raise CommandError("\n".join([*complaints, "Keep the older keys."]))
        if not options["json"]:
            self.stdout.write(
                "The older keys are still needed for backups made before, and for what lies in var/spool until it is drained."
            )


def _complaints(rotation: Rotation) -> list[str]:
    found = []
    if rotation.unreadable:
        rows = ", ".join(str(number) for number in rotation.unreadable_rows)
        more = " and more" if rotation.unreadable > len(rotation.unreadable_rows) else ""
        found.append(f"{rotation.name}: {rotation.unreadable:,} cannot be decrypted (rows {rows}{more}).")
    if rotation.left:
        found.append(
            f"{rotation.name}: {rotation.left:,} are under an older key still, because others held or wrote them. Restart every "
            "process with the new keys, then repeat."
        )
    return found
