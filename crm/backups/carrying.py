"""After a restore: taking over what came in after the backup, from the database that was live until then."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from psycopg import sql

from crm.backups.database import Address, live_address
from crm.backups.snapshot import Connection
from crm.log_format import describe
from crm.models import Backup, Restoration

logger = logging.getLogger(__name__)

CARRY_LOCK = 0x6D69676F63
#: A step takes over rows that were written after a moment from a connection to the old database, and says how many. It may be
#: repeated, and runs in a transaction.
Step = Callable[[Connection, datetime], int]
BACKUP_COLUMNS = (
    "name", "state", "trigger", "started_at", "finished_at", "snapshot_at", "verified_at", "drilled_at", "removed_at",
    "size", "sha256", "rows", "reason", "created_at", "updated_at",
)  # fmt: skip


def carry_on() -> int:
    """Finish restores that were cut short after the swap, and return how many rows were taken over."""
    return sum(carry(restoration) for restoration in Restoration.objects.filter(carried_at=None))


def carry(restoration: Restoration, live: Address | None = None) -> int:
    """Take over what a restored database lacks from the one before; return how many rows.

    All of it or nothing; by one process at a time.
    """
    old = (live or live_address()).database(restoration.old_database)
    with transaction.atomic():
        row = Restoration.objects.select_for_update(skip_locked=True).filter(pk=restoration.pk, carried_at=None).first()
        if row is None:
            return 0
        try:
            with old.connect("-c default_transaction_read_only=on") as source:
                row.carried = sum(step(source, row.snapshot_at) for step in steps())
        except psycopg.OperationalError as error:
            logger.error("The database before the restore cannot be read: %s", describe(error))
            raise
        row.carried_at = timezone.now()
        row.save()
    return row.carried


def steps() -> list[Step]:
    """Return what the apps have to take over."""
    return [import_string(path) for path in settings.RESTORE_STEPS]


def carry_backups(old: Connection, since: datetime) -> int:
    """Take over the rows of backups that were made after the restored one."""
    table, columns = sql.Identifier(Backup._meta.db_table), list(map(sql.Identifier, BACKUP_COLUMNS))
    names = sql.SQL(", ").join(columns)
    have = {column for (column,) in old.execute(COLUMNS_OF, [Backup._meta.db_table]).fetchall()}
    if not have >= set(BACKUP_COLUMNS):
        return 0
    wanted = sql.SQL("SELECT {} FROM {} WHERE name <> '' AND snapshot_at > %s").format(names, table)
    rows: list[Any] = old.execute(wanted, [since]).fetchall()
    update = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(column) for column in columns)
    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT (name) WHERE NOT name = '' DO UPDATE SET {}").format(
        table, names, sql.SQL(", ").join([sql.Placeholder()] * len(columns)), update
    )
    with connection.cursor() as cursor:
        cursor.executemany(insert.as_string(), rows)
    return len(rows)


COLUMNS_OF = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
