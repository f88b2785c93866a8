"""`manage.py setup`."""

import os
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from crm.backups.making import our_keys
from crm.canary import WrongKeys
from crm.checks import BEFORE_WORK
from crm.management.commands.recovery_key import introduce as introduce_key
from crm.setup import NewAccount, prepare_installation


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = (
        "Make sure of the roles, an administrator's account (ADMIN_EMAIL and ADMIN_PASSWORD, else generated and shown "
        "once), the recovery key of the backups (shown once) and the proof that the keys are right. Safe to repeat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        account = prepare_or_refuse()
        lines = introduce(account) if account else ["Set up: roles, administrator and keys are in place."]
        for line in [*lines, *introduce_key(our_keys().make_recovery_key())]:
            self.stdout.write(line)


def prepare_or_refuse() -> NewAccount | None:
    """Prepare the installation with what the environment says of the administrator.

    Raises:
        CommandError: it cannot be done; the message says what to do.
    """
    try:
        return prepare_installation(
            admin_email=os.environ.get("ADMIN_EMAIL", ""), admin_password=os.environ.get("ADMIN_PASSWORD", "")
        )
    except WrongKeys as error:
        raise CommandError(str(error)) from None
    except ValidationError as error:
        raise CommandError(f"ADMIN_EMAIL: {' '.join(error.messages)}") from None


def introduce(account: NewAccount) -> list[str]:
    """Return the lines that tell about a new account."""
    lines = ["Made the administrator's account:", f"  e-mail    {account.email}"]
    lines.append(f"  password  {account.password}" if account.generated else "  password  as given in ADMIN_PASSWORD")
    if account.generated:
        lines.append("The password is not shown again. It can be changed in the admin.")
    elif account.weakness:
        lines.append(f"That password is weak, change it in the admin. {account.weakness}")
    return lines
