"""`manage.py recovery_key`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from pyrage.x25519 import Identity

from crm.backups.making import our_keys
from crm.checks import BEFORE_WORK


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = "Make the key that opens backups where this machine is gone, and show it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--print", action="store_true", help="keep nothing here: its public half is for the environment"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["print"]:
            secret = Identity.generate()
            lines = [*introduce(str(secret)), f"BACKUP_RECOVERY_RECIPIENT={secret.to_public()}"]
        else:
            lines = introduce(our_keys().make_recovery_key())
        for line in lines or ["There is a recovery key already. It was shown when it was made, and is not kept here."]:
            self.stdout.write(line)


def introduce(secret: str) -> list[str]:
    """Return the lines that tell about a new recovery key; none where there is none."""
    if not secret:
        return []
    return [
        "The recovery key of the backups:",
        f"  {secret}",
        "Keep it off this machine: on paper, or in a password manager. With it and a backup everything can be brought back;",
        "without it, only on this machine. It is not kept here and not shown again.",
    ]
