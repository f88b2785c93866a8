"""The database is looked after beside everything that runs: what is empty shrinks, what is broken is mended, nobody is waited for."""

import io
import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm import runtime_settings
from crm.database_room import free_bytes
from crm.maintenance import calendar, health, tables, tasks, thresholds, work
from crm.maintenance.calendar import DAILY, MONTHLY, WEEKLY, maintain
from crm.maintenance.indexes import rebuild_bloated
from crm.models import Backup, Severity
from crm.monitoring.findings import plain_parameters
from crm.processes.procfile import environment
from crm.tests.factories import make_user
from crm.tests.launching import launch
from crm.tests.waiting import PATIENCE, wait_until

pytestmark = [pytest.mark.takes(15), pytest.mark.django_db(transaction=True)]
SECRET = 4_242_424_242
ROWS = 100_000

AT_WORK = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{work.APPLICATION_NAME}'"  # noqa: S608 - a name of ours

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def database() -> Iterator[Connection]:
    """A connection beside Django's, and a table `upkeep` that autovacuum leaves alone."""
    with psycopg.connect(**plain_parameters("default"), autocommit=True) as connection:
        connection.execute("CREATE TABLE upkeep (id bigint PRIMARY KEY, words text) WITH (autovacuum_enabled = false)")
        yield connection
        connection.execute("DROP TABLE IF EXISTS upkeep, upkeep_more")
        connection.execute("DROP EXTENSION IF EXISTS pgstattuple")


@pytest.fixture
def colleague() -> Iterator[Connection]:
    """A connection whose transactions hold what they lock, though not for ever."""
    with psycopg.connect(**plain_parameters("default")) as connection:
        connection.execute("SET idle_in_transaction_session_timeout = '8s'")
        connection.commit()
        yield connection


@pytest.fixture(autouse=True)
def _small_indexes_too() -> Iterator[None]:
    runtime_settings.change(key=thresholds.MEGABYTES, value=1, by=make_user())
    yield
    runtime_settings.forget()


def fill(database: Connection, keep_every: int) -> None:
    """Fill the table and delete all but every so many rows; then the database has counted that."""
    database.execute(
        "INSERT INTO upkeep SELECT n, CASE WHEN n %% 3 > 0 THEN 'word ' || n END FROM generate_series(1, %s) AS n",
        [ROWS],
    )
    database.execute("DELETE FROM upkeep WHERE id %% %s > 0", [keep_every])
    database.execute("SELECT pg_stat_force_next_flush()")


def steps(when: str) -> dict[str, work.Result]:
    return {result.step: result for result in maintain(when)}


def ours(result: work.Result) -> set[str]:
    """Return the names with which a step's lines about the table's indexes begin."""
    return {line.partition(" ")[0] for line in result.done if line.startswith("upkeep")}


def value(database: Connection, question: str) -> Any:
    [(found,)] = database.execute(question).fetchall()
    return found


def indexes(database: Connection) -> dict[str, bool]:
    """Return the indexes of the table, and whether each is valid."""
    return dict(
        database.execute(
            "SELECT indexrelid::regclass::text, indisvalid FROM pg_index WHERE indrelid = 'upkeep'::regclass"
        ).fetchall()
    )


@pytest.mark.parametrize("is_measured", [False, True], ids=["estimated", "measured"])
def test_dead_rows_go_by_day_and_empty_indexes_shrink_by_week(database: Connection, is_measured: bool) -> None:
    if is_measured:
        database.execute("CREATE EXTENSION pgstattuple")
    database.execute("CREATE INDEX upkeep_words ON upkeep (words)")
    database.execute("CREATE INDEX upkeep_upper ON upkeep (upper(words), id)")
    fill(database, keep_every=20)
    assert f"upkeep ({ROWS * 19 // 20:,} dead rows)" in steps(DAILY)["dead rows"].done
    dead = "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'upkeep'"
    assert value(database, dead) == 0
    names = ("upkeep_pkey", "upkeep_words", "upkeep_upper")
    before = {name: value(database, f"SELECT pg_relation_size('{name}')") for name in names}
    assert set(names) == ours(steps(WEEKLY)["bloated indexes"])
    assert all(value(database, f"SELECT pg_relation_size('{name}')") < before[name] / 8 for name in names)
    assert value(database, "SELECT count(*) FROM upkeep") == ROWS // 20


def test_full_indexes_are_left_alone_and_what_nobody_needs_is_named(database: Connection) -> None:
    for name, columns in (
        ("one", "(words)"),
        ("two", "(words)"),
        ("third", "(upper(words), id) WHERE words IS NOT NULL"),
    ):
        database.execute(f"CREATE INDEX upkeep_{name} ON upkeep {columns}")
    database.execute("CREATE INDEX upkeep_few ON upkeep ((id % 7))")
    fill(database, keep_every=1)
    database.execute("INSERT INTO upkeep SELECT -n, 'word' FROM generate_series(1, %s) AS n", [ROWS])
    database.execute("SELECT pg_stat_force_next_flush()")
    assert "upkeep" in steps(DAILY)["statistics"].done
    found = steps(WEEKLY)
    assert ours(found["bloated indexes"]) == set()
    assert "upkeep_one = upkeep_two" in found["duplicate indexes"].done
    assert ours(found["unused indexes"]) == {"upkeep_one", "upkeep_two", "upkeep_third", "upkeep_few"}
    assert len(indexes(database)) == 5


def test_an_index_that_was_left_half_built_is_mended_once_it_can_be(
    database: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    database.execute("INSERT INTO upkeep VALUES (1, %s), (2, %s)", [str(SECRET)] * 2)
    for statement in ("CREATE UNIQUE INDEX CONCURRENTLY once ON upkeep (words)", "REINDEX INDEX CONCURRENTLY once"):
        with suppress(psycopg.errors.UniqueViolation):
            database.execute(statement)
    assert indexes(database) == {"upkeep_pkey": True, "once": False, "once_ccnew": False}
    [finding] = health.indexes()
    assert (finding.severity, finding.summary) == (Severity.WARNING, "Left half-built: once, once_ccnew.")

    step = steps(WEEKLY)["invalid indexes"]
    assert step.failed == ["once: UniqueViolation [SQLSTATE 23505]"]
    assert step.done == ["once_ccnew dropped", "once_ccnew dropped"]
    assert str(SECRET) not in caplog.text
    assert indexes(database) == {"upkeep_pkey": True, "once": False}

    database.execute("DELETE FROM upkeep WHERE id = 2")
    step = steps(WEEKLY)["invalid indexes"]
    assert step.failed == []
    assert [line.partition(",")[0] for line in step.done] == ["once built anew"]
    assert indexes(database) == {"upkeep_pkey": True, "once": True}
    assert [one.severity for one in health.indexes()] == [Severity.OK]


def test_without_room_for_a_copy_an_index_is_left_as_it_is_and_named(
    database: Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fill(database, keep_every=20)
    maintain(DAILY)
    size = value(database, "SELECT pg_relation_size('upkeep_pkey')")
    usage = shutil.disk_usage("/")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _folder: usage._replace(free=2 * size - 1))
        step = steps(WEEKLY)["bloated indexes"]
    [failure] = [line for line in step.failed if line.startswith("upkeep")]
    assert failure.startswith("upkeep_pkey: no room to build it anew, ")
    assert failure in caplog.text
    assert (ours(step), value(database, "SELECT pg_relation_size('upkeep_pkey')")) == (set(), size)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _folder: usage._replace(free=2 * size))
        assert ours(steps(WEEKLY)["bloated indexes"]) == {"upkeep_pkey"}


def test_of_an_index_left_half_built_the_table_tells_how_much_room_it_takes(
    database: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, keep_every=1)
    database.execute("INSERT INTO upkeep VALUES (0, 'word 1')")
    with suppress(psycopg.errors.UniqueViolation):
        database.execute("CREATE UNIQUE INDEX CONCURRENTLY once ON upkeep (words)")
    database.execute("DELETE FROM upkeep WHERE id = 0")
    usage = shutil.disk_usage("/")
    room = 2 * value(database, "SELECT pg_relation_size('upkeep')")
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage._replace(free=room - 1))
    assert [line.partition(",")[0] for line in steps(WEEKLY)["invalid indexes"].failed] == [
        "once: no room to build it anew"
    ]
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage._replace(free=room))
    assert steps(WEEKLY)["invalid indexes"].failed == []
    assert indexes(database)["once"]


def test_an_index_that_somebody_drops_meanwhile_holds_up_nothing(database: Connection) -> None:
    database.execute("CREATE INDEX upkeep_words ON upkeep (words)")
    fill(database, keep_every=20)
    maintain(DAILY)
    found = DroppingMeanwhile(database)
    rebuild_bloated(found)
    assert (ours(work.Result("", 0, found.done, found.failed)), found.failed) == ({"upkeep_words"}, [])


class DroppingMeanwhile(work.Work):
    """Finds what is to be built anew, and then somebody drops the primary key."""

    def rows(self, query: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        found = super().rows(query, parameters)
        if len(found) > 1:
            self.connection.execute("ALTER TABLE upkeep DROP CONSTRAINT IF EXISTS upkeep_pkey")
        return found


def test_kill_9_in_the_middle_of_a_rebuild_leaves_a_copy_that_the_next_run_drops(
    database: Connection, tmp_path: Path
) -> None:
    fill(database, keep_every=20)
    maintain(DAILY)
    name = {"DATABASE_NAME": value(database, "SELECT current_database()")}
    with psycopg.connect(**plain_parameters("default")) as holder, (tmp_path / "log").open("wb") as log:
        holder.execute("DELETE FROM upkeep WHERE id = 20")
        process = launch(["python", "manage.py", "maintain", "weekly"], environment() | name, log)
        wait_until(lambda: "upkeep_pkey_ccnew" in indexes(database), "the copy")
        process.kill()
        process.wait(PATIENCE)
        wait_until(lambda: value(database, AT_WORK) == 0, "the end of its connection")
        holder.rollback()
    assert indexes(database) == {"upkeep_pkey": True, "upkeep_pkey_ccnew": False}
    found = steps(WEEKLY)
    assert found["invalid indexes"].done == ["upkeep_pkey_ccnew dropped"]
    assert ours(found["bloated indexes"]) == {"upkeep_pkey"}
    assert indexes(database) == {"upkeep_pkey": True}


def test_what_belongs_to_others_is_passed_over_and_named(database: Connection) -> None:
    fill(database, keep_every=2)
    database.execute("CREATE ROLE shop; GRANT pg_read_all_stats TO shop; SET ROLE shop")
    try:
        found = work.Work(database)
        database.add_notice_handler(found.note)
        tables.vacuum_dead(found)
        assert free_bytes(database) is None  # where the files lie they are not told
        database.remove_notice_handler(found.note)
    finally:
        database.execute("RESET ROLE; REVOKE pg_read_all_stats FROM shop; DROP ROLE shop")
    assert "upkeep" not in " ".join(found.done)
    assert any(line.startswith("upkeep: permission denied") for line in found.failed)


class TestLocks:
    @pytest.fixture(autouse=True)
    def _impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(work, "LOCK_TIMEOUT", "300ms")

    def test_a_table_that_is_held_is_left_out_and_named(self, database: Connection, colleague: Connection) -> None:
        database.execute("CREATE TABLE upkeep_more (LIKE upkeep) WITH (autovacuum_enabled = false)")
        fill(database, keep_every=2)
        database.execute("INSERT INTO upkeep_more SELECT n FROM generate_series(1, 5000) AS n")
        database.execute("DELETE FROM upkeep_more")
        database.execute("SELECT pg_stat_force_next_flush()")
        colleague.execute("LOCK TABLE upkeep IN SHARE UPDATE EXCLUSIVE MODE")
        began = time.monotonic()
        step = steps(DAILY)["dead rows"]
        assert time.monotonic() - began < 5
        assert step.failed == ["upkeep: somebody holds a lock on it"]
        assert "upkeep_more (5,000 dead rows)" in step.done

    def test_an_index_whose_table_is_in_use_is_built_anew_the_next_time(
        self, database: Connection, colleague: Connection
    ) -> None:
        fill(database, keep_every=20)
        maintain(DAILY)
        colleague.execute("DELETE FROM upkeep WHERE id = 20")
        step = steps(WEEKLY)["bloated indexes"]
        assert "upkeep_pkey: somebody holds a lock on it" in step.failed
        assert ours(step) == set()
        assert indexes(database)["upkeep_pkey"]
        colleague.rollback()
        found = steps(WEEKLY)
        assert found["invalid indexes"].done == ["upkeep_pkey_ccnew dropped"]
        assert ours(found["bloated indexes"]) == {"upkeep_pkey"}
        assert indexes(database) == {"upkeep_pkey": True}

    def test_two_runs_exclude_each_other(self, colleague: Connection, caplog: pytest.LogCaptureFixture) -> None:
        colleague.execute("SELECT pg_advisory_lock(%s)", [work.MAINTENANCE_LOCK])
        with pytest.raises(CommandError, match=r"Another maintenance is at work\."):
            call_command("maintain")
        tasks.weekly()
        assert [record.message for record in caplog.records] == ["The weekly maintenance was not done: MaintenanceRuns"]


def test_a_step_that_fails_holds_up_no_other(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    asks = [
        ("breaks", lambda done: done.rows(f"SELECT no_column AS n{SECRET}")),
        ("works", lambda done: done.done.append("a table")),
    ]
    monkeypatch.setitem(calendar.STEPS, DAILY, asks)
    output = io.StringIO()
    with caplog.at_level(logging.INFO, logger="crm.maintenance"), pytest.raises(CommandError) as end:
        call_command("maintain", "--json", stdout=output)
    assert (str(end.value), end.value.returncode) == ("Not all was done: breaks.", 1)
    answer = orjson.loads(output.getvalue())
    assert [(step["step"], step["done"]) for step in answer["steps"]] == [("breaks", []), ("works", ["a table"])]
    [reason] = answer["steps"][0]["failed"]
    assert reason.startswith("UndefinedColumn [SQLSTATE 42703] at crm/")
    assert [record.getMessage() for record in caplog.records] == [
        f"Maintenance, breaks: FAILED: {reason} ({answer['steps'][0]['seconds']:.1f} s)",
        f"Maintenance, works: a table ({answer['steps'][1]['seconds']:.1f} s)",
    ]
    assert str(SECRET) not in caplog.text


def test_a_connection_that_ends_in_the_middle_leaves_the_way_free(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = [
        ("ends", lambda done: done.rows("SELECT pg_terminate_backend(pg_backend_pid())")),
        ("after it", tables.analyze_changed),
    ]
    monkeypatch.setitem(calendar.STEPS, DAILY, asks)
    assert all(result.failed for result in maintain(DAILY))
    monkeypatch.undo()
    assert not any(result.failed for result in maintain(DAILY))


def test_by_month_old_rows_are_frozen_and_what_runs_out_is_named(
    database: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute("CREATE SEQUENCE upkeep_numbers OWNED BY upkeep.id MAXVALUE 1000")
    database.execute("SELECT setval('upkeep_numbers', 640)")
    for number in range(30):
        database.execute("INSERT INTO upkeep VALUES (%s)", [number])
    for days, rows in ((40, 1000), (0, 1500)):
        at = timezone.now() - timedelta(days=days)
        Backup.objects.create(
            name=f"{days}.age", state="complete", trigger="schedule", sha256="0", snapshot_at=at, rows=rows, size=2048
        )
    now = value(database, "SELECT pg_current_xact_id()::text")  # since then others count transactions, too
    frozen = f"SELECT age(relfrozenxid) <= age('{now}'::xid) FROM pg_class WHERE relname = 'upkeep'"  # noqa: S608
    steps(MONTHLY)
    assert not value(database, frozen)
    monkeypatch.setattr(tables, "FREEZE_PERCENT", 0)
    found = steps(MONTHLY)
    assert value(database, frozen)
    assert "upkeep_numbers 64 percent used" in found["sequences near their end"].done
    assert found["growth"].done == [
        f"+500 rows since {timezone.now() - timedelta(days=40):%Y-%m-%d}, now 1,500; backups 2.0 KB → 2.0 KB"
    ]
    assert not any(step.failed for step in found.values())


def test_transaction_ids_that_run_out_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    [well] = health.transaction_ids()
    assert (well.severity, well.advice) == (Severity.OK, "")
    monkeypatch.setattr(health, "WARNING_PERCENT", -1)
    [warned] = health.transaction_ids()
    monkeypatch.setattr(health, "CRITICAL_PERCENT", -1)
    [critical] = health.transaction_ids()
    assert (warned.severity, critical.severity) == (Severity.WARNING, Severity.CRITICAL)
    assert "manage.py maintain monthly" in critical.advice
