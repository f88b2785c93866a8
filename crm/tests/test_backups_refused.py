"""What is not a good backup of ours is refused with the reason, by a proof and by a restore, and what is live stays as it was."""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from django.db import connection
from pyrage.x25519 import Identity

from crm.backups import archive, places
from crm.backups.database import live_address
from crm.backups.keys import identity_of
from crm.backups.making import manifest_key, our_keys
from crm.backups.manifest import TableContent, header
from crm.backups.proving import latest, verify_backup
from crm.backups.reading import read_backup
from crm.backups.refusals import BackupFailed, BackupRefused
from crm.backups.restoring import restore
from crm.backups.snapshot import contents_of_tables
from crm.models import Backup, Customer
from crm.tests.backup_world import databases, fill, make, path_of, point_at
from crm.tests.keys import key_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.takes(25)]


@pytest.fixture
def recovery(settings: Any, tmp_path: Path) -> str:
    point_at(settings, tmp_path)
    return fill()


def refused(named: str, **options: Any) -> str:
    """Return why a backup is neither restored nor proven; nothing is left of the attempts, and what is live is as it was."""
    before = databases(), live_content()
    with pytest.raises(BackupFailed) as refusal:
        restore(named, **options)
    assert (databases(), live_content()) == before
    with pytest.raises(BackupFailed, match=re.escape(str(refusal.value))):
        verify_backup(named, **options)
    assert databases() == before[0]
    return str(refusal.value)


def live_content() -> dict[str, TableContent]:
    with live_address().connect() as now:
        return contents_of_tables(now, "k")


def damages(whole: bytes) -> Iterator[bytes]:
    """Yield a file with a bit turned over in every 1000th byte, and cut off at each tenth."""
    for place in range(0, len(whole), 1000):
        yield whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    for tenth in range(10):
        yield whole[: len(whole) * tenth // 10]


def test_a_damaged_file_is_noted_as_failed(recovery: str) -> None:
    made = make()
    path = path_of(made)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert "damaged or cut off" in refused(made.name)
    made.refresh_from_db()
    assert (made.state, made.reason) == (Backup.State.FAILED, refused(made.name))


def test_any_byte_that_changed_and_any_end_that_is_cut_off(recovery: str, tmp_path: Path) -> None:
    made = make()
    whole = path_of(made).read_bytes()
    damaged = tmp_path / "damaged" / made.name
    damaged.parent.mkdir()
    Backup.objects.all().delete()  # which knows the SHA-256, as a machine without any row does not
    before = databases(), live_content()
    for content in damages(whole):
        damaged.write_bytes(content)
        with pytest.raises(BackupRefused):
            restore(str(damaged), agree=lambda backup: pytest.fail("it was taken for good"))
    assert (databases(), live_content()) == before
    damaged.write_bytes(whole)
    assert restore(str(damaged), agree=lambda backup: False) is None


def test_an_older_file_under_a_newer_name(recovery: str) -> None:
    older, newer = make(), make()
    shutil.copy(path_of(older), path_of(newer))
    assert f"in it is {older.name}" in refused(newer.name)
    shutil.copy(f"{path_of(older)}.json", f"{path_of(newer)}.json")
    assert f"in it is {older.name}" in refused(newer.name)


def test_a_file_that_only_its_note_or_row_tells_from_the_one_that_was_made(recovery: str) -> None:
    made = make()
    Backup.objects.filter(pk=made.pk).update(sha256="0" * 64)
    assert "its SHA-256 is another" in refused(made.name)
    Backup.objects.all().delete()
    verify_backup(made.name)
    note = path_of(made).with_name(f"{made.name}.json")
    note.write_text(json.dumps({"name": made.name, "size": made.size, "sha256": "0" * 64}))
    assert "its SHA-256 is another" in refused(made.name)
    note.write_text("[]")
    assert "note beside this backup is damaged" in refused(made.name)


def test_another_recovery_key(recovery: str) -> None:
    made = make()
    assert "does not open with this key" in refused(made.name, recovery=Identity.generate())
    made.refresh_from_db()
    assert made.state == Backup.State.COMPLETE
    verify_backup(made.name, recovery=identity_of(recovery))


def test_other_keys_than_the_database_had(recovery: str, settings: Any) -> None:
    made = make()
    right = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = [key_of("x")]
    assert "Our keys do not open" in refused(made.name)
    settings.FIELD_ENCRYPTION_KEYS = [key_of("x"), *right]
    verify_backup(made.name)
    settings.BLIND_INDEX_KEY = key_of("y")
    assert "not made by this installation" in refused(made.name)


def test_a_newer_release(recovery: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('crm', '9999_later', now())")
    try:
        made = make()
        assert "newer release, which knows crm.9999_later" in refused(made.name)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = '9999_later'")


@pytest.mark.parametrize("named", ["../../etc/passwd", "/etc/shadow.age", "..", "", "migochat-1.age"])
def test_a_name_that_leads_elsewhere(recovery: str, named: str) -> None:
    assert refused(named)


def test_a_half_written_file(recovery: str) -> None:
    partial = places.working_folder() / "migochat-20261127-020000-123456.age.partial"
    partial.write_bytes(b"age-encryption.org/v1\n")
    assert "half-written" in refused(str(partial))
    assert places.kept_names() == []
    with pytest.raises(BackupFailed, match="There is no backup yet"):
        latest()


def test_a_dump_that_gives_back_other_rows_than_were_saved(recovery: str) -> None:
    parts = parts_of(make())
    Backup.objects.all().delete()
    Customer.objects.update(name="changed since")
    newer = make()
    Backup.objects.all().delete()
    database = b"".join(content for name, content in parts.items() if name.startswith(archive.DATABASE))
    manifest = read_backup(path_of(newer), [our_keys().machine()], manifest_key()).manifest
    manifest.database_bytes, manifest.database_sha256 = len(database), hashlib.sha256(database).hexdigest()
    ends = {archive.KEYS: b"", archive.MANIFEST: manifest.sealed(manifest_key())}
    files = {archive.HEADER: header(newer.name), **parts, **ends}
    pieces = [piece for name, content in files.items() for piece in archive.member(name, content)]
    with path_of(newer).open("wb") as file:
        archive.write_encrypted([*pieces, archive.ending()], file, [our_keys().machine().to_public()])
    path_of(newer).with_name(f"{newer.name}.json").unlink()
    assert refused(newer.name) == "What is in crm_customer is not the same when restored."


def parts_of(backup: Backup) -> dict[str, bytes]:
    """Return the dump and the files in a backup by name, in their order."""
    found: dict[str, bytes] = {}

    def keep(name: str, size: int, file: IO[bytes]) -> None:
        found[name] = file.read()

    read_backup(path_of(backup), [our_keys().machine()], manifest_key(), keep)
    return found
