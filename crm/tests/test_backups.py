"""Backups of a real database: made, proven by restoring them, and refused when anything about them is not right."""

import json
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from crm.backups import archive, making, places, proving
from crm.backups.database import MAINTENANCE, live_address
from crm.backups.keys import identity_of, open_settings
from crm.backups.making import make_backup, manifest_key, our_keys, request_backup
from crm.backups.manifest import Manifest
from crm.backups.proving import compare, latest, migrate, verify_backup
from crm.backups.reading import read_backup
from crm.backups.refusals import BackupFailed, BackupRefused
from crm.backups.retention import kept_of, remove_old_backups
from crm.backups.scratch import begin_of_name, scratch_database
from crm.backups.snapshot import Counting, contents_of_tables
from crm.backups.space import check_space
from crm.models import Backup, Customer, Notification, User
from crm.tests.backup_world import ARABIC, databases, fill, make, path_of, point_at
from crm.tests.factories import make_customer, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.takes(25)]


@pytest.fixture
def recovery(settings: Any, tmp_path: Path) -> str:
    point_at(settings, tmp_path)
    return fill()


def test_it_is_made_and_proven(recovery: str) -> None:
    made = make()
    assert made.state == Backup.State.COMPLETE
    assert path_of(made).stat().st_size == made.size
    assert json.loads(path_of(made).with_name(f"{made.name}.json").read_text())["sha256"] == made.sha256
    before, counted = databases(), list[int]()
    manifest = verify_backup(made.name, count=counted.append)
    made.refresh_from_db()
    assert (made.state, made.verified_at is not None, made.drilled_at) == (Backup.State.VERIFIED, True, None)
    assert manifest.tables["crm_customer"].rows == 1
    assert manifest.rows == made.rows
    assert sum(counted) == manifest.database_bytes
    assert databases() == before


def test_a_drill_migrates_and_works_with_what_was_restored(recovery: str) -> None:
    made = make()
    verify_backup(latest(), drill=True)
    made.refresh_from_db()
    assert made.drilled_at == made.verified_at is not None


def test_the_recovery_key_alone_gives_the_keys_and_the_files(recovery: str, settings: Any) -> None:
    found: dict[str, bytes] = {}
    identity = identity_of(recovery)
    path = path_of(make())
    sealed = read_backup(path, [identity], None, lambda name, size, file: found.update({name: file.read()})).sealed_keys
    assert open_settings(sealed, identity) == {
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
        "BLIND_INDEX_KEY": settings.BLIND_INDEX_KEY,
    }
    media = {name: content for name, content in found.items() if name.startswith(archive.MEDIA)}
    assert media == {f"media/{name}": name.encode() * 1000 for name in ("2026/a.jpg", "2026/11/صورة.png", "b")}
    raw = path.read_bytes()
    for secret in (ARABIC.encode(), b"PGDMP", settings.BLIND_INDEX_KEY.encode()):
        assert secret not in raw


def test_all_of_it_is_of_one_moment(recovery: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class LateCounting(Counting):
        def run(self) -> None:
            def add() -> None:
                make_customer(name="after the snapshot")
                connection.close()

            other = threading.Thread(target=add)
            other.start()
            other.join()
            super().run()

    monkeypatch.setattr(making, "Counting", LateCounting)
    made = make()
    assert Customer.objects.count() == 2
    assert verify_backup(made.name).tables["crm_customer"].rows == 1


def test_what_is_restored_wrong_is_not_taken_for_good(recovery: str) -> None:
    manifest = read_backup(path_of(make()), [our_keys().machine()], manifest_key()).manifest
    with scratch_database(live_address()) as scratch, psycopg.connect(scratch.as_word(), autocommit=True) as other:
        for statement in (
            "CREATE TABLE django_migrations AS SELECT ''::text AS app, ''::text AS name WHERE false",
            "CREATE TABLE crm_customer (id int)",
        ):
            other.execute(statement)
        with pytest.raises(BackupRefused, match="other migrations"):
            compare(scratch, manifest)
    live = live_address()
    compare(live, manifest_without(manifest, "crm_backup", live))
    Customer.objects.update(name="another")
    with pytest.raises(BackupRefused, match="What is in crm_customer is not the same"):
        compare(live, manifest_without(manifest, "crm_backup", live))
    make_customer()
    with pytest.raises(BackupRefused, match="crm_customer has 2 rows when restored; 1 were saved"):
        compare(live, manifest_without(manifest, "crm_backup", live))


def manifest_without(manifest: Manifest, table: str, live: Any) -> Manifest:
    """Return a manifest with what a table holds now, for the one that notes the backup itself."""
    with live.connect() as now:
        content = contents_of_tables(now, making.table_key(manifest.name))[table]
    return Manifest(**{**vars(manifest), "tables": {**manifest.tables, table: content}})


def test_the_hash_of_a_table_knows_no_order_and_counts_equal_rows(recovery: str) -> None:
    with live_address().connect() as ours:
        ours.execute("CREATE TABLE pairs (a int, b text)")
        try:
            one = hash_of(ours, "(1, 'a'), (2, NULL)")
            assert one == hash_of(ours, "(2, NULL), (1, 'a')")
            others = [
                "(1, 'a'), (2, '')",
                "(1, 'a'), (2, NULL), (2, NULL)",
                "(2, 'a'), (1, NULL)",
                "(1, 'A'), (2, NULL)",
            ]
            assert len({one, *(hash_of(ours, values) for values in others)}) == 5
            assert one != hash_of(ours, "(1, 'a'), (2, NULL)", key="another")
        finally:
            ours.execute("DROP TABLE pairs")


def hash_of(ours: Any, values: str, key: str = "k") -> str:
    ours.execute("TRUNCATE pairs")
    ours.execute(f"INSERT INTO pairs VALUES {values}")  # noqa: S608 - a test's own words
    return contents_of_tables(ours, key)["pairs"].hash


def test_what_goes_wrong_quotes_no_row() -> None:
    said = (
        b'pg_restore: error: COPY failed for table "crm_note": ERROR:  out of range\n'
        b'CONTEXT:  COPY crm_note, line 1: "1 what Mona wrote"\nDETAIL:  Mona\n'
        b"pg_restore: detail: Command was: COPY crm_note FROM stdin; what Mona wrote\n"
    )
    assert making.last_words(BytesIO(said)) == (
        'pg_restore: error: COPY failed for table "crm_note": ERROR:  out of range'
    )


class TestCannotBeMade:
    def failed(self) -> Backup:
        with pytest.raises((BackupFailed, OSError)):
            make()
        assert list(places.working_folder().iterdir()) == []
        row = Backup.objects.get()
        assert row.state == Backup.State.FAILED
        return row

    def test_without_a_recovery_key(self, recovery: str, settings: Any) -> None:
        (settings.BACKUP_KEYS_DIR / "recovery.pub").unlink()
        assert "no recovery key yet" in self.failed().reason

    def test_when_the_dump_fails(self, recovery: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(making, "LOCK_WAIT", "100ms")
        with live_address().connect(autocommit=False) as other:
            other.execute("LOCK TABLE crm_tag IN ACCESS EXCLUSIVE MODE")
            reason = self.failed().reason
        assert "pg_dump failed" in reason
        assert "canceling statement due to" in reason

    def test_when_the_disk_is_full(self, recovery: str) -> None:
        with largest_file(100_000):
            row = self.failed()
        assert "File too large" in row.reason
        Backup.objects.all().delete()
        verify_backup(make().name)

    def test_while_another_is_being_made(self, recovery: str) -> None:
        with live_address().connect() as other:
            other.execute("SELECT pg_advisory_lock(%s)", [making.BACKUP_LOCK])
            with pytest.raises(BackupFailed, match="Another backup is being made"):
                make()
        assert not Backup.objects.exists()


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as where a disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_runs_that_died_left_behind_is_cleared_away(recovery: str) -> None:
    died = Backup.objects.create(
        state="running", trigger="schedule", name="migochat-20261126-020000-123456.age", started_at=timezone.now()
    )
    folder = places.working_folder()
    for end in (".partial", ".json", ".json.partial"):
        (folder / (died.name + end)).touch()
    (folder / "somebody-elses.partial").touch()
    made = make()
    assert {path.name for path in folder.iterdir()} == {made.name, f"{made.name}.json", "somebody-elses.partial"}
    died.refresh_from_db()
    assert (died.state, died.reason) == ("failed", "The process that made it was ended in the middle.")


def test_a_run_that_died_once_its_file_was_whole_made_a_backup(recovery: str) -> None:
    made = make()
    size, sha256 = made.size, made.sha256
    Backup.objects.filter(pk=made.pk).update(state="running", size=None, sha256="", finished_at=None)
    make()
    made.refresh_from_db()
    assert (made.state, made.size, made.sha256, made.reason) == ("complete", size, sha256, "")
    verify_backup(made.name)


def test_scratch_databases_of_killed_processes_are_dropped_and_those_in_use_are_not(recovery: str) -> None:
    live = live_address()
    begin, of_another = begin_of_name(live.name), f"{live.name}2_scratch_7"
    with live.database(MAINTENANCE).connect() as server:
        server.execute(f"CREATE DATABASE {begin}7")
        server.execute(f"CREATE DATABASE {of_another}")
    with scratch_database(live_address()) as first, scratch_database(live_address()) as second:
        assert {first.name, second.name} <= databases()
        assert f"{begin}7" not in databases()
    assert not [name for name in databases() if name.startswith(begin)]
    with live.database(MAINTENANCE).connect() as server:
        server.execute(f"DROP DATABASE {of_another}")  # which was left alone: it fails where there is none


def test_a_long_name_leaves_room_for_what_tells_a_scratch_database(recovery: str) -> None:
    assert len(f"{begin_of_name('ش' * 31)}{2**31}".encode()) <= 63


def test_one_request_is_enough(recovery: str) -> None:
    user = make_user()
    first = request_backup(by=user)
    assert request_backup(by=make_user()) == first
    made = make_backup(trigger=Backup.Trigger.SCHEDULE, requested=first)
    assert (made.pk, made.trigger, made.requested_by) == (first.pk, Backup.Trigger.BUTTON, user)
    assert request_backup(by=user) != first


class TestRetention:
    @staticmethod
    def nights(count: int) -> list[datetime]:
        start = timezone.localtime(timezone.now()).replace(hour=2, minute=0, second=0, microsecond=0)
        return [start - timedelta(days=number) for number in range(count)]

    def test_seven_days_four_weeks_twelve_months(self) -> None:
        nights = self.nights(800)
        kept = sorted(kept_of(nights), reverse=True)
        assert kept[:7] == nights[:7]
        assert len({night.isocalendar()[:2] for night in kept[:12]}) >= 4
        assert len({(night.year, night.month) for night in kept}) == 12
        assert len(kept) <= 7 + 4 + 12
        assert kept_of(kept) == set(kept)

    def test_nothing_goes_while_there_are_few(self) -> None:
        nights = self.nights(7)
        assert kept_of(nights) == set(nights)

    def test_several_of_one_day_count_as_one(self) -> None:
        today = self.nights(1)[0]
        times = [today + timedelta(minutes=number) for number in range(30)]
        assert kept_of(times) == {times[-1]}

    def test_files_go_with_their_notes_and_the_last_proven_stays(self, recovery: str) -> None:
        folder = places.working_folder()
        for number, night in enumerate(self.nights(40)):
            name = f"migochat-{night:%Y%m%d}-000000-{number:06d}.age"
            state = Backup.State.VERIFIED if number == 33 else Backup.State.COMPLETE
            Backup.objects.create(
                name=name, state=state, trigger="schedule", snapshot_at=night, sha256="0", finished_at=night
            )
            for end in ("", ".json"):
                (folder / (name + end)).touch()
        removed = remove_old_backups()
        kept = Backup.objects.made()
        assert 7 <= len(kept) < 40
        assert {row.name for row in kept} == set(places.kept_names())
        assert {path.name for path in folder.iterdir()} == {row.name + end for row in kept for end in ("", ".json")}
        assert kept.filter(state=Backup.State.VERIFIED).exists()
        assert Backup.objects.filter(name__in=removed, removed_at__isnull=False).count() == 40 - len(kept)
        assert remove_old_backups() == []


def test_too_little_space_is_told(recovery: str) -> None:
    boss = User.objects.create(email="boss@shop.example", is_superuser=True)
    assert check_space()
    Backup.objects.create(name="a", state="complete", trigger="schedule", sha256="0", size=10**15)
    assert not check_space()
    assert not check_space()
    (notice,) = Notification.objects.filter(user=boss)
    assert "Too little space for the backups" in notice.text


class TestCommands:
    def run(self, *words: str) -> str:
        out = StringIO()
        call_command(*words, stdout=out, stderr=out)
        return out.getvalue()

    def test_the_first_backup_shows_the_recovery_key_once(self, recovery: str, settings: Any) -> None:
        (settings.BACKUP_KEYS_DIR / "recovery.pub").unlink()
        first = self.run("backup")
        assert "AGE-SECRET-KEY-1" in first
        facts = json.loads(self.run("backup", "--json"))
        assert facts["name"] == latest()
        assert facts["rows"] > 0
        (secret,) = [line.strip() for line in first.splitlines() if "AGE-SECRET" in line]
        file = settings.BACKUP_DIR / "key"
        file.write_text(secret)
        assert "is good" in self.run("verify_backup", "--recovery-key", str(file))
        assert json.loads(self.run("verify_backup", "--json"))["name"] == latest()

    def test_what_goes_wrong_is_said(self, recovery: str) -> None:
        with pytest.raises(CommandError, match="Not verified: There is no backup yet"):
            self.run("verify_backup")
        with pytest.raises(CommandError, match=r"Not restored: There is no backup nothing\.age"):
            self.run("restore", "nothing.age", "--yes")
        with pytest.raises(CommandError, match="Name a backup to restore"):
            self.run("restore")

    def test_rebuild_refuses_where_it_is_used(self, recovery: str) -> None:
        with pytest.raises(CommandError, match="DEBUG is off"):
            self.run("rebuild", "--yes")
        assert Customer.objects.exists()


def test_a_file_removed_while_a_backup_is_made_was_to_be_removed(
    recovery: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = list(making.stored_files(default_storage, ""))
    default_storage.delete("b")
    monkeypatch.setattr(making, "stored_files", lambda storage, folder: iter(listed))
    assert verify_backup(make().name).media_files == len(listed) - 1


def test_a_drill_brings_an_older_database_to_this_release(recovery: str, monkeypatch: pytest.MonkeyPatch) -> None:
    migrated: list[str] = []

    def remember(database: Any) -> None:
        migrated.append(database.name)
        migrate(database)

    monkeypatch.setattr(proving, "migrate", remember)
    call_command("migrate", "crm", "0013", verbosity=0)
    try:
        made = make()
    finally:
        call_command("migrate", "crm", verbosity=0)
    manifest = verify_backup(made.name, drill=True)
    assert "crm.0014_schedule" not in manifest.migrations
    assert len(migrated) == 1
    made.refresh_from_db()
    assert made.drilled_at


def test_a_recovery_key_for_the_environment_is_kept_nowhere(settings: Any, tmp_path: Path) -> None:
    point_at(settings, tmp_path)
    out = StringIO()
    call_command("recovery_key", "--print", stdout=out)
    secret, public = out.getvalue().split()[6], out.getvalue().split("BACKUP_RECOVERY_RECIPIENT=")[1].strip()
    assert str(identity_of(secret).to_public()) == public
    assert not settings.BACKUP_KEYS_DIR.exists()
    for words in (["recovery key of"], ["already"]):
        out = StringIO()
        call_command("recovery_key", stdout=out)
        assert all(word in out.getvalue() for word in words)
