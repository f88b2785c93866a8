"""Proving at start that our keys are those the data was written with.

With others, nothing that is encrypted could be read, no customer would be found by their id, and every customer who
returns would be stored a second time: better not to start.
"""

import hmac
import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError, ProgrammingError

from crm.checks import BEFORE_WORK
from crm.encrypted_fields import Unreadable
from crm.encryption import blind_index
from crm.log_format import describe
from crm.models import KeyCanary

logger = logging.getLogger(__name__)

PURPOSE = "canary"
SONG = "These keys are the right ones."


class WrongKeys(Exception):
    """The keys in force are not those of the data; the message says which and what to do."""


def create_canary() -> None:
    """Seal the known value with our keys, unless that was done. The caller keeps others from doing the same."""
    if not KeyCanary.objects.exists():
        KeyCanary.objects.create(value=SONG, key=blind_index(PURPOSE, SONG))


def check_keys() -> None:
    """See that our keys open the canary. A database that holds none yet takes any keys.

    Raises:
        WrongKeys: they do not.
        django.db.DatabaseError: the database cannot be asked, or is not migrated.
    """
    canary = KeyCanary.objects.order_by("id").first()
    if canary is None:
        return
    wrong = []
    if isinstance(canary.value, Unreadable) or canary.value != SONG:
        wrong.append("FIELD_ENCRYPTION_KEYS")
    if not hmac.compare_digest(bytes(canary.key), blind_index(PURPOSE, SONG)):
        wrong.append("BLIND_INDEX_KEY")
    if wrong:
        raise WrongKeys(
            f"{' and '.join(wrong)} cannot be right: this database was written with other keys. Nothing was started or "
            "changed. Put back the keys of the .env that this database belongs to, or connect to the database "
            "that belongs to these keys."
        )


def check_keys_when_possible() -> None:
    """See that our keys are right, unless the database cannot be asked just now.

    For processes that do useful work without it: the web process spools what comes in, and `/readyz` goes on asking.

    Raises:
        WrongKeys: they are not.
    """
    try:
        check_keys()
    except DatabaseError as error:
        logger.warning("The keys could not be checked at start: %s", describe(error))


class KeyedCommand(BaseCommand):
    """A command that reads or writes encrypted values: it refuses to start with wrong keys."""

    requires_system_checks = BEFORE_WORK

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            check_keys()
        except WrongKeys as error:
            raise CommandError(str(error)) from None
        except OperationalError as error:
            raise CommandError(f"The database cannot be reached: {error}") from None
        except ProgrammingError:
            raise CommandError("The database lacks our tables. Run `manage.py migrate` first.") from None
        return super().execute(*args, **options)
