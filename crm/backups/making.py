"""Making a backup."""

import hashlib
import hmac
import logging
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any, cast

import django
from django.conf import settings
from django.core.files.storage import Storage, default_storage
from django.utils import timezone

from crm.backups import archive, places
from crm.backups.database import Address, Programs, live_address
from crm.backups.keys import BackupKeys, seal_settings
from crm.backups.manifest import Manifest, header
from crm.backups.refusals import BackupFailed
from crm.backups.snapshot import LOCK_WAIT, Counting, Snapshot, one_snapshot
from crm.encryption import keyring
from crm.log_format import describe
from crm.models import Backup, User
from crm.whole_files import whole_file

logger = logging.getLogger(__name__)

BACKUP_LOCK = 0x6D69676F62  # held while one is made: only one at a time
SAID = re.compile(r"pg_\w+: (error|warning):")
Count = Callable[[int], None]


def our_keys() -> BackupKeys:
    """Return who can open our backups."""
    return BackupKeys(settings.BACKUP_KEYS_DIR, settings.BACKUP_MACHINE_KEY, settings.BACKUP_RECOVERY_RECIPIENT)


def manifest_key() -> bytes:
    """Return what seals our manifests. It belongs to the installation and is never rotated."""
    return keyring().index_key


def table_key(name: str) -> str:
    """Return the secret that goes into the hashes of one backup's tables."""
    return hmac.digest(keyring().index_key, b"backup tables\x00" + name.encode(), hashlib.sha256).hex()


def request_backup(*, by: User) -> Backup:
    """Ask for a backup, to be made by a worker; where one waits or is being made already, that is the one."""
    waiting = Backup.objects.filter(state__in=[Backup.State.REQUESTED, Backup.State.RUNNING]).first()
    return waiting or Backup.objects.create(trigger=Backup.Trigger.BUTTON, requested_by=by)


def make_backup(
    *, trigger: Backup.Trigger, requested: Backup | None = None, count: Count = lambda size: None
) -> Backup:
    """Make a backup and return its row; `count` is told of bytes as they are read.

    Raises:
        BackupFailed: it was not made; the row says why.
    """
    address = live_address()
    with one_snapshot(address, BACKUP_LOCK) as snapshot:
        if snapshot is None:
            raise BackupFailed("Another backup is being made.")
        row = _begin(requested or Backup(trigger=trigger), snapshot)
        try:
            _make(row, address, snapshot, count)
        except BaseException as error:
            _fail(row, error)
            if isinstance(error, OSError | BackupFailed) or not isinstance(error, Exception):
                raise
            raise BackupFailed(f"The backup failed: {describe(error)}. The log says where.") from error
    return row


def _begin(row: Backup, snapshot: Snapshot) -> Backup:
    died = Backup.objects.under_way()  # we hold the lock, so none of them lives
    places.remove_remains(list(died.values_list("name", flat=True)))
    close_dead_runs()
    row.name = f"migochat-{snapshot.at:%Y%m%d-%H%M%S-%f}.age"
    row.state, row.started_at, row.snapshot_at = Backup.State.RUNNING, timezone.now(), snapshot.at
    row.save()
    return row


def close_dead_runs() -> int:
    """Write down of runs that nobody makes any more what became of them, and return how many there were.

    A file that has its name is whole: then only the row was not written any more.
    """
    died = list(Backup.objects.under_way())
    kept = set(places.kept_names()) if died else set()
    for row in died:
        note = places.kept_note(row.name) if row.name in kept else {}
        row.finished_at = timezone.now()
        if note:
            row.state, row.size, row.sha256 = Backup.State.COMPLETE, note["size"], note["sha256"]
        else:
            row.state, row.reason = Backup.State.FAILED, "The process that made it was ended in the middle."
        row.save()
    return len(died)


def _make(row: Backup, address: Address, snapshot: Snapshot, count: Count) -> None:
    keys, folder = our_keys(), places.working_folder()
    recipients = [keys.machine().to_public(), keys.recovery()]
    manifest = _manifest(row.name, snapshot)
    counting = Counting(address, snapshot.id, table_key(row.name))
    counting.start()
    try:
        with whole_file(folder / row.name) as file:
            written = archive.write_encrypted(
                _parts(manifest, address, snapshot, counting, keys, count), file, recipients
            )
            places.write_note(folder, row.name, places.note_of(written, row.name))
    finally:
        counting.give_up()
    places.put_away(row.name)
    row.state, row.finished_at, row.reason = Backup.State.COMPLETE, timezone.now(), ""
    row.size, row.sha256, row.rows = written.size, written.digest.hexdigest(), manifest.rows
    row.save()


def _manifest(name: str, snapshot: Snapshot) -> Manifest:
    version = snapshot.server_version
    return Manifest(
        name=name,
        at=snapshot.at.astimezone(timezone.get_fixed_timezone(0)).isoformat(),
        postgres=f"{version // 10_000}.{version % 10_000}",
        django=django.get_version(),
        migrations=snapshot.migrations,
    )


def _parts(
    manifest: Manifest, address: Address, snapshot: Snapshot, counting: Counting, keys: BackupKeys, count: Count
) -> Iterator[bytes]:
    """Yield the tar, piece by piece."""
    yield from archive.member(archive.HEADER, header(manifest.name))
    yield from _database(manifest, address, snapshot, count)
    if settings.BACKUP_MEDIA:
        yield from _media(manifest, default_storage, count)
    yield from archive.member(archive.KEYS, seal_settings(_lost_without(), keys.recovery()))
    manifest.tables = counting.result()
    yield from archive.member(archive.MANIFEST, manifest.sealed(manifest_key()))
    yield archive.ending()


def _lost_without() -> dict[str, str]:
    """Return the lines of the environment that a database is lost without."""
    return {
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
        "BLIND_INDEX_KEY": settings.BLIND_INDEX_KEY,
    }


def _database(manifest: Manifest, address: Address, snapshot: Snapshot, count: Count) -> Iterator[bytes]:
    # Less compression than usual: what more would save is a twentieth, and takes half as long again.
    words = ["-Fc", "-Z4", f"--snapshot={snapshot.id}", f"--lock-wait-timeout={LOCK_WAIT}", "-d", address.as_word()]
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as complaints:
        dump = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
            [Programs(snapshot.server_version).path("pg_dump"), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=address.environment(),
        )
        try:
            for number, part in enumerate(archive.parts_of(cast(IO[bytes], dump.stdout)), 1):
                digest.update(part)
                manifest.database_bytes += len(part)
                count(len(part))
                yield from archive.member(f"{archive.DATABASE}{number:06d}", part)
            if code := dump.wait():
                raise BackupFailed(f"pg_dump failed ({code}): {last_words(complaints)}")
        finally:
            dump.kill()
            dump.communicate()
    manifest.database_sha256 = digest.hexdigest()


def last_words(complaints: Any) -> str:
    """Return what PostgreSQL's programs say went wrong, without the lines that may quote a row."""
    complaints.seek(0)
    lines = complaints.read()[-20_000:].decode(errors="replace").splitlines()
    return " ".join(line for line in lines if SAID.match(line))[:500]


def _media(manifest: Manifest, storage: Storage, count: Count) -> Iterator[bytes]:
    """Yield the files of messages. One that is removed meanwhile was to be removed; none is ever changed."""
    digest = hashlib.sha256()
    for name in stored_files(storage, ""):
        try:
            size, file = storage.size(name), storage.open(name)
        except FileNotFoundError:
            continue
        with file:
            digest.update(f"{size} {archive.MEDIA}{name}\n".encode("utf-8", "surrogateescape"))
            source = archive.HashingReader(file, digest)
            for piece in archive.member_of_size(archive.MEDIA + name, size, source):
                count(len(piece))
                yield piece
        manifest.media_files += 1
        manifest.media_bytes += size
    manifest.media_sha256 = digest.hexdigest()


def stored_files(storage: Storage, folder: str) -> Iterator[str]:
    """Yield the names of all files of a storage, by depth."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(files):
        yield f"{folder}/{name}" if folder else name
    for name in sorted(folders):
        yield from stored_files(storage, f"{folder}/{name}" if folder else name)


def _fail(row: Backup, error: BaseException) -> None:
    reason = str(error) if isinstance(error, BackupFailed | OSError) else describe(error)
    logger.error("Backup %s failed: %s", row.pk, reason, exc_info=error)
    row.state, row.reason, row.finished_at = Backup.State.FAILED, reason[:2000], timezone.now()
    row.save(update_fields=["state", "reason", "finished_at", "updated_at"])
