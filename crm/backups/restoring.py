"""Putting a backup in the live database's place."""

import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, connections
from django.utils import timezone
from psycopg import errors, sql
from pyrage.x25519 import Identity

from crm.backups import archive
from crm.backups.carrying import carry
from crm.backups.database import MAINTENANCE, Address, live_address
from crm.backups.making import Count, manifest_key, our_keys
from crm.backups.proving import Examined, examined, exercise, restore_into
from crm.backups.reading import read_backup
from crm.backups.refusals import BackupFailed
from crm.backups.scratch import as_default_database, drop, scratch_database
from crm.backups.snapshot import Connection
from crm.erasure.replaying import Replayed, replay_notes
from crm.models import Backup, Restoration

RESTORE_LOCK = 0x6D69676F64
OLD_NAME = "{name}_before_{now:%Y%m%d_%H%M%S}"
END_CONNECTIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
HAS_DATA = "SELECT to_regclass('public.django_migrations') IS NOT NULL"


@dataclass(frozen=True)
class Outcome:
    """What a restore did. `old_database` "": there was nothing to keep. `erased` tells of erasures that the backup had not seen."""

    name: str
    rows: int
    media: int
    carried: int
    old_database: str
    erased: Replayed = field(default_factory=Replayed)


def restore(
    named: str,
    *,
    recovery: Identity | None = None,
    count: Count = lambda size: None,
    agree: Callable[[Examined], bool] = lambda backup: True,
) -> Outcome | None:
    """Restore a backup beside the live database, compare it, and only then swap the two in one moment.

    What was live is kept under another name; what it took in after the backup is taken over. Whenever this is cut short, one of
    the two databases is live and whole. `agree` is asked when the file is known to be good; None: it did not.

    Raises:
        BackupFailed: the backup cannot be restored; the live database is as it was.
    """
    live = live_address()
    with live.database(MAINTENANCE).connect() as server, examined(named, recovery) as backup:
        if server.execute("SELECT pg_try_advisory_lock(%s)", [RESTORE_LOCK]).fetchone() != (True,):
            raise BackupFailed("Another restore is under way.")
        if not agree(backup):
            return None
        with scratch_database(live, backup.manifest.database_bytes) as scratch:
            restore_into(scratch, backup, count)
            exercise(scratch)
            media = restore_media(backup)
            erased = _erase_again(scratch, named)
            old_name = _prepare(scratch, live, backup)
            swap(server, live.name, scratch.name, old_name or f"{scratch.name}_empty")
    if recovery:
        our_keys().keep_recovery_key(recovery)
    carried = sum(carry(row, live) for row in Restoration.objects.filter(old_database=old_name))
    if not old_name:
        with live.database(MAINTENANCE).connect() as server:
            drop(server, f"{scratch.name}_empty")
    erased.add(replay_notes(leave=erased.seen))  # of who was erased while this went on
    return Outcome(backup.manifest.name, backup.manifest.rows, media, carried, old_name, erased)


def _erase_again(scratch: Address, named: str) -> Replayed:
    """Erase in the restored database who was erased since the backup was made."""
    beside = Path(named).parent if Path(named).is_file() else None
    with as_default_database(scratch):
        return replay_notes(beside=beside)


def _prepare(scratch: Address, live: Address, backup: Examined) -> str:
    """Note in the restored database what it is and what is to be taken over; return the name for what is live now.

    "": there is nothing in it.
    """
    with live.connect() as current:
        has_data = current.execute(HAS_DATA).fetchone() == (True,)
    old_name = OLD_NAME.format(name=live.name[:40], now=timezone.now()) if has_data else ""
    manifest, path = backup.manifest, backup.path
    with as_default_database(scratch):
        # What was asked for or under way in that moment is so no more, this backup itself among it.
        Backup.objects.requested().delete()
        Backup.objects.under_way().update(state=Backup.State.FAILED, reason="A backup was restored meanwhile.")
        facts = {
            "state": Backup.State.VERIFIED,
            "sha256": backup.sha256,
            "size": path.stat().st_size,
            "rows": manifest.rows,
            "snapshot_at": backup.at,
            "finished_at": timezone.now(),
            "verified_at": timezone.now(),
        }
        new = {**facts, "trigger": Backup.Trigger.COMMAND}
        Backup.objects.update_or_create(name=manifest.name, defaults=facts, create_defaults=new)
        if old_name:
            Restoration.objects.create(backup_name=manifest.name, snapshot_at=backup.at, old_database=old_name)
    with scratch.connect() as restored:
        restored.execute("ANALYZE")
    return old_name


def restore_media(backup: Examined) -> int:
    """Put back the files of messages that are not there, and return how many; those that are there stay as they are."""
    restored = 0

    def put_back(name: str, size: int, file: IO[bytes]) -> None:
        nonlocal restored
        if not name.startswith(archive.MEDIA):
            return
        name = name.removeprefix(archive.MEDIA)
        if default_storage.exists(name):
            if default_storage.size(name) == size:
                return
            default_storage.delete(name)  # half written, by a restore that was cut short
        if default_storage.save(name, File(file)) != name:
            raise BackupFailed(f"The file {name} could not be put back under its name.")
        restored += 1

    read_backup(backup.path, backup.identities, manifest_key(), put_back)
    return restored


def swap(server: Connection, live: str, restored: str, old: str) -> None:
    """Let the restored database take the live one's name, in one transaction.

    While it waits for the connections to end it holds a lock that keeps new ones out, so nothing is left locked by whoever kills us.

    Raises:
        BackupFailed: they do not end.
    """
    _close_our_own()
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with _ending_connections(live, restored):
        try:
            with server.transaction():
                server.execute(rename.format(sql.Identifier(live), sql.Identifier(old)))
                server.execute(rename.format(sql.Identifier(restored), sql.Identifier(live)))
        except (errors.ObjectInUse, errors.InsufficientPrivilege) as error:
            raise BackupFailed(f"The databases could not be swapped, the live one is as it was: {error}") from None


def _close_our_own() -> None:
    for name in connections:
        connections[name].close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has it


@contextmanager
def _ending_connections(*databases: str) -> Any:
    """End all connections to some databases, again and again, until the context is left."""
    over = threading.Event()
    maintenance = live_address().database(MAINTENANCE)

    def end_them() -> None:
        with maintenance.connect() as server:
            while not over.is_set():
                for name in databases:
                    server.execute(END_CONNECTIONS, [name])
                over.wait(0.05)

    thread = threading.Thread(target=end_them, name="ending connections", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def old_databases() -> list[Restoration]:
    """Return the databases that were live before a restore and are still kept."""
    return list(Restoration.objects.order_by("pk"))


def forget_old_databases() -> list[str]:
    """Drop what is kept of earlier restores, where all of it was taken over; return the names."""
    forgotten = []
    with live_address().database(MAINTENANCE).connect() as server:
        for row in Restoration.objects.exclude(carried_at=None):
            drop(server, row.old_database)
            row.delete()
            forgotten.append(row.old_database)
    return forgotten
