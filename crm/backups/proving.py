"""Proving a backup: it is restored beside the live database, and what comes out is compared with what went in."""

import hashlib
import hmac
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from pyrage.x25519 import Identity

from crm.backups import places
from crm.backups.database import Address, live_address
from crm.backups.making import Count, manifest_key, our_keys, table_key
from crm.backups.manifest import Manifest
from crm.backups.reading import read_backup
from crm.backups.refusals import BackupFailed, BackupRefused
from crm.backups.scratch import Restoring, as_default_database, scratch_database
from crm.backups.snapshot import MIGRATIONS, contents_of_tables
from crm.canary import WrongKeys, check_keys
from crm.encrypted_fields import Unreadable
from crm.models import Backup


@dataclass(frozen=True)
class Examined:
    """A backup file that is whole and ours."""

    path: Path
    manifest: Manifest
    identities: list[Identity]
    sha256: str

    @property
    def at(self) -> datetime:
        """The moment whose state is in it."""
        return datetime.fromisoformat(self.manifest.at)


def latest() -> str:
    """Return the name of the newest backup that is kept.

    Raises:
        BackupFailed: there is none.
    """
    names = places.kept_names()
    if not names:
        raise BackupFailed("There is no backup yet. Make one with `manage.py backup`.")
    return names[0]


@contextmanager
def examined(named: str, recovery: Identity | None = None) -> Iterator[Examined]:
    """Read a backup to its end and see that it can be used here. Nothing is written.

    Raises:
        BackupFailed: there is none.
        BackupRefused: it is damaged, another one than its name says, another installation's, or a newer release's.
    """
    with places.local_file(named) as (path, note):
        identities = [recovery] if recovery else [our_keys().machine()]
        manifest = read_backup(path, identities, manifest_key()).manifest
        expected = {path.name, note.get("name", path.name)}
        if expected != {manifest.name}:
            raise BackupRefused(f"This is not the backup that it is called: in it is {manifest.name}.")
        row = Backup.objects.filter(name=manifest.name).exclude(sha256="").first() if _has_table() else None
        sha256 = _sha256(path)
        if {note.get("sha256", sha256), row.sha256 if row else sha256} != {sha256}:
            raise BackupRefused("This is not the file that was made under this name: its SHA-256 is another.")
        refuse_newer(manifest)
        yield Examined(path, manifest, identities, sha256)


def refuse_newer(manifest: Manifest) -> None:
    """See that this release knows all migrations of a backup, and the server its version.

    Raises:
        BackupRefused: a newer release made it.
    """
    loader = MigrationLoader(None)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations} | set(_replaced(loader))
    if unknown := sorted(set(manifest.migrations) - known):
        raise BackupRefused(f"This backup was made by a newer release, which knows {unknown[0]}. Update first.")
    with live_address().connect() as asking:
        server = asking.info.server_version // 10_000
    if int(manifest.postgres.split(".")[0]) > server:
        raise BackupRefused(f"This backup was made on PostgreSQL {manifest.postgres}; the server here is {server}.")


def _replaced(loader: MigrationLoader) -> Iterator[str]:
    for migration in loader.disk_migrations.values():
        yield from (f"{app}.{name}" for app, name in migration.replaces)


def _has_table() -> bool:
    return Backup._meta.db_table in connection.introspection.table_names()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def restore_into(target: Address, backup: Examined, count: Count = lambda size: None) -> None:
    """Restore a backup's database and compare it with the manifest.

    Raises:
        BackupFailed: it could not be restored.
        BackupRefused: what came out is not what went in, or our keys do not open it.
    """
    with target.connect() as asking:
        version = asking.info.server_version
    with Restoring(target, version, count) as restoring:
        read_backup(backup.path, backup.identities, manifest_key(), restoring.take)
        restoring.finish()
    compare(target, backup.manifest)
    with as_default_database(target):
        try:
            check_keys()
        except WrongKeys:
            raise BackupRefused(
                "Our keys do not open what is encrypted in this backup. The keys of its time are sealed in it: "
                "`python -m config.env_file --from FILE` writes them, with the recovery key."
            ) from None


def compare(target: Address, manifest: Manifest) -> None:
    """See that a restored database holds what the manifest says.

    Raises:
        BackupRefused: it does not.
    """
    with target.connect() as restored:
        migrations = [name for (name,) in restored.execute(MIGRATIONS).fetchall()]
        if migrations != manifest.migrations:
            raise BackupRefused("The restored database has other migrations than the one that was saved.")
        found = contents_of_tables(restored, table_key(manifest.name))
    if found.keys() != manifest.tables.keys():
        names = ", ".join(sorted(found.keys() ^ manifest.tables.keys()))
        raise BackupRefused(f"Tables are missing or too many in the restored database: {names}.")
    for name, table in manifest.tables.items():
        if found[name].rows != table.rows:
            raise BackupRefused(f"{name} has {found[name].rows:,} rows when restored; {table.rows:,} were saved.")
        if not hmac.compare_digest(found[name].hash, table.hash):
            raise BackupRefused(f"What is in {name} is not the same when restored.")


def verify_backup(
    named: str, *, recovery: Identity | None = None, drill: bool = False, count: Count = lambda size: None
) -> Manifest:
    """Prove a backup by restoring it into a scratch database, and write down that it is proven, or why not.

    `drill`: go on to bring the restored database to this release and to work with it.

    Raises:
        BackupFailed: it is not proven; the message says why.
    """
    try:
        with (
            examined(named, recovery) as backup,
            scratch_database(live_address(), backup.manifest.database_bytes) as scratch,
        ):
            restore_into(scratch, backup, count)
            if drill:
                exercise(scratch)
    except BackupRefused as refusal:
        if recovery is None:  # else the key may be the reason
            _note(Path(named).name, state=Backup.State.FAILED, reason=str(refusal)[:2000])
        raise
    except BackupFailed as failure:
        _note(Path(named).name, reason=str(failure)[:2000])
        raise
    now = timezone.now()
    drilled: dict[str, Any] = {"drilled_at": now} if drill else {}
    _note(backup.manifest.name, state=Backup.State.VERIFIED, verified_at=now, reason="", **drilled)
    return backup.manifest


def _note(name: str, **values: Any) -> None:
    if _has_table():
        Backup.objects.filter(name=name).exclude(sha256="").update(updated_at=timezone.now(), **values)


def exercise(scratch: Address) -> None:
    """Bring a restored database to this release, and see that we can work with it.

    Raises:
        BackupFailed: we cannot.
    """
    with as_default_database(scratch):
        is_behind = _is_behind()
    if is_behind:
        migrate(scratch)
    with as_default_database(scratch):
        if _is_behind():
            raise BackupFailed("The restored database could not be brought to this release.")
        check_keys()
        for model in apps.get_models():
            if model._meta.managed and not model._meta.proxy:
                row = model._base_manager.order_by("-pk").first()
                if any(isinstance(value, Unreadable) for value in vars(row or object).values()):
                    raise BackupFailed(f"The newest row of {model._meta.label} cannot be decrypted.")


def _is_behind() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate(database: Address) -> None:
    """Apply this release's migrations to a database beside the live one.

    Raises:
        BackupFailed: they failed.
    """
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_NAME": database.name},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupFailed(f"The restored database could not be migrated: {done.stderr.strip()[-2000:]}")
