"""`manage.py health`: what it finds, what it says to do, and that nothing makes it hang or break."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from crm.canary import create_canary
from crm.markup import moment
from crm.models import Channel, Heartbeat, Severity
from crm.monitoring.findings import Check, Finding, look
from crm.monitoring.heartbeats import BEAT, WORKER
from crm.tests.factories import make_channel
from crm.tests.running import environment_without_database, free_port
from crm.tests.test_redis_cache import redis_url  # noqa: F401 - a fixture

pytestmark = pytest.mark.takes(15)
SECRET = "marker-of-a-secret"
#: What takes under two seconds by itself, on a machine that does other things, too; without limits it would take for ever.
PATIENCE = 2


def all_at_work(seconds_ago: float = 0) -> None:
    at = timezone.now() - timedelta(seconds=seconds_ago)
    Heartbeat.objects.bulk_create(
        Heartbeat(name=name, host="shop", pid=1, started_at=at, seen_at=at)
        for name in (*django_settings.DRAINS, WORKER, BEAT)
    )


def found() -> dict[str, Finding]:
    return {finding.key: finding for finding in look().findings}


def breaking() -> Iterator[Finding]:
    connection.cursor().execute(f"SELECT no_column AS {SECRET!r}".replace("'", '"'))
    yield Finding("breaking", Severity.OK, "", "")


def slow() -> Iterator[Finding]:
    connection.cursor().execute("SELECT pg_sleep(30)")
    yield Finding("slow", Severity.OK, "", "")


def well() -> Iterator[Finding]:
    yield Finding("well", Severity.OK, "Well", "Fine.")


BREAKING = (Check("breaking", "Breaking", breaking), Check("slow", "Slow", slow), Check("well", "Well", well))


@pytest.mark.django_db
class TestFindings:
    @pytest.fixture(autouse=True)
    def keys(self) -> None:
        create_canary()

    def test_where_all_is_well_nothing_is_found(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_reset()")  # other tests leave dead rows behind
        all_at_work()
        health = look()
        bad = [finding for finding in health.findings if finding.severity and finding.check != "disk"]
        assert bad == []
        assert health.unknown == frozenset()
        assert {"deliveries", "untriaged", "queued", "failed", "spool", "broker", "connections"} <= set(found())

    def test_a_drain_that_nobody_runs_is_named(self) -> None:
        all_at_work()
        seen_at = timezone.now() - timedelta(minutes=3)
        Heartbeat.objects.filter(name="outgoing").update(seen_at=seen_at)
        Heartbeat.objects.filter(name=BEAT).delete()
        answers = found()
        assert answers["drains"].severity == Severity.CRITICAL
        assert answers["drains"].summary == f"Not at work: outgoing (last seen on {moment(seen_at)})."
        assert answers["celery:beat"].severity == Severity.WARNING
        assert answers["celery:worker"].severity == Severity.OK

    def test_one_process_of_several_is_enough(self) -> None:
        all_at_work()
        at = timezone.now() - timedelta(hours=2)
        Heartbeat.objects.create(name="outgoing", host="other", pid=2, started_at=at, seen_at=at)
        assert found()["drains"].severity == Severity.OK

    def test_tokens(self) -> None:
        now = timezone.now()
        make_channel(slug="soon", token_expires_at=now + timedelta(days=3))
        make_channel(slug="later", token_expires_at=now + timedelta(days=90))
        make_channel(slug="over", token_expires_at=now - timedelta(days=1))
        make_channel(slug="refused", token_refused_at=now)
        Channel.objects.filter(slug="refused").update(token_expires_at=None)
        tokens = {key: one.severity for key, one in found().items() if key.startswith("tokens")}
        assert tokens == {
            "tokens:soon": Severity.WARNING,
            "tokens:over": Severity.CRITICAL,
            "tokens:refused": Severity.CRITICAL,
        }

    def test_what_cannot_be_asked_is_a_finding_and_the_rest_is_told(
        self, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.HEALTH_CHECKS = [f"{__name__}.BREAKING"]
        health = look()
        answers = {finding.key: finding for finding in health.findings}
        assert health.unknown == {"breaking", "slow"}
        assert answers["breaking:unknown"].severity == Severity.WARNING
        assert "could not be asked: ProgrammingError [SQLSTATE 42703]" in answers["breaking:unknown"].summary
        assert "SQLSTATE 57014" in answers["slow:unknown"].summary
        assert answers["well"].severity == Severity.OK
        assert SECRET not in caplog.text + str(health)
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("0",), "the limit is taken back"

    def test_a_wait_for_a_lock_is_seen_with_who_holds_it(self) -> None:
        with closing(connection.copy()) as holder, closing(connection.copy()) as waiter:
            with holder.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(77), pg_backend_pid()")
                [(_, pid)] = cursor.fetchall()
            waiter.ensure_connection()
            wire = waiter.connection.pgconn
            wire.send_query(b"SELECT pg_advisory_lock(77)")
            wire.flush()
            deadline = time.monotonic() + 5
            while "Nobody" in found()["lock_waits"].summary and time.monotonic() < deadline:
                time.sleep(0.05)
            assert f"held by process {pid} of the server" in found()["lock_waits"].summary

    def test_a_slow_query_is_counted_and_never_shown(self) -> None:
        with closing(connection.copy()) as other:
            other.ensure_connection()
            wire = other.connection.pgconn
            wire.send_query(f"SELECT pg_sleep(5), '{SECRET}'".encode())
            wire.flush()
            time.sleep(1.6)
            slow = found()["slow_queries"]
            other.connection.cancel()
        assert slow.severity == Severity.WARNING
        assert "1 query has run for" in slow.summary
        assert SECRET not in slow.summary

    def test_disk_space(self, tmp_path: Path, settings: Any) -> None:
        settings.VAR_DIR = settings.BACKUP_DIR = tmp_path / "not" / "there" / "yet"
        assert "free" in found()["disk:files"].summary


@pytest.mark.django_db
class TestCommand:
    def test_text_and_exit_code(self, capsys: pytest.CaptureFixture[str]) -> None:
        create_canary()
        with pytest.raises(SystemExit) as end:
            call_command("health")
        lines = capsys.readouterr().out.splitlines()
        assert end.value.code == 2
        assert lines[0].startswith("critical  Drains: Not at work: deliveries, spool")
        assert lines[1].strip().startswith("→ Start the processes ingest, send and leads")
        assert lines[-1] == "Critical."

    def test_json(self, capsys: pytest.CaptureFixture[str], settings: Any) -> None:
        settings.HEALTH_CHECKS = [f"{__name__}.BREAKING"]
        with pytest.raises(SystemExit) as end:
            call_command("health", "--json")
        told = json.loads(capsys.readouterr().out)
        assert (end.value.code, told["status"]) == (1, "warning")
        assert {finding["key"] for finding in told["findings"]} == {
            "breaking:unknown",
            "slow:unknown",
            "database",
            "well",
        }

    def test_nothing_found_ends_well(self, capsys: pytest.CaptureFixture[str], settings: Any) -> None:
        settings.HEALTH_CHECKS = []
        call_command("health")
        assert capsys.readouterr().out.splitlines()[-1] == "Well."


def run_health(**environment: str) -> tuple[float, int, dict[str, dict[str, str]], str]:
    """Run it in a process of its own; return the seconds it looked, its exit code, the findings by key, and the log."""
    program = (
        "import time, django; django.setup(); from django.core.management import call_command; began = time.monotonic()\n"
        "try: call_command('health', '--json')\n"
        "finally: print(time.monotonic() - began)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=django_settings.BASE_DIR,
        env={**environment_without_database(), "DJANGO_SETTINGS_MODULE": "config.settings", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    told, seconds = done.stdout.strip().splitlines()
    answers = {finding["key"]: finding for finding in json.loads(told)["findings"]}
    return float(seconds), done.returncode, answers, done.stderr


@pytest.mark.alone
class TestWhatHangs:
    def test_a_dead_database_and_a_dead_broker(self) -> None:
        seconds, code, answers, log = run_health(
            DATABASE_URL=f"postgres://shop:{SECRET}@127.0.0.1:{free_port()}/shop",
            CELERY_BROKER_URL=f"amqp://shop:{SECRET}@127.0.0.1:{free_port()}//",
        )
        assert (code, answers["database"]["severity"]) == (2, "critical")
        assert "takes no connection" in answers["database"]["summary"]
        assert "ConnectionRefusedError" in answers["broker"]["summary"]
        assert "disk:files" in answers, "what needs no database is asked"
        assert seconds < PATIENCE
        assert "Traceback" not in log and SECRET not in log + str(answers)

    def test_a_database_that_accepts_and_says_nothing(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            address = f"127.0.0.1:{mute.getsockname()[1]}"
            seconds, code, answers, log = run_health(
                DATABASE_URL=f"postgres://shop@{address}/shop", CELERY_BROKER_URL=f"redis://{address}/0"
            )
        assert (code, answers["database"]["summary"]) == (2, "It does not answer within a second.")
        assert "Redis does not answer" in answers["broker"]["summary"]
        assert seconds < PATIENCE
        assert "Traceback" not in log

    def test_a_redis_that_stands_still(self, redis_url: str, django_db_setup: None) -> None:  # noqa: F811
        away = {"DATABASE_URL": f"postgres://shop@127.0.0.1:{free_port()}/shop", "CACHE_URL": redis_url}
        wait_for(redis_url)
        answers = run_health(**away, CELERY_BROKER_URL=redis_url)[2]
        assert answers["broker"]["summary"] == answers["cache"]["summary"] == "Redis answers."
        pid = redis_pid(redis_url)
        os.kill(pid, signal.SIGSTOP)
        try:
            seconds, _, answers, log = run_health(**away, CELERY_BROKER_URL=redis_url)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert "Redis does not answer: TimeoutError" in answers["broker"]["summary"]
        assert "Redis does not answer: TimeoutError" in answers["cache"]["summary"]
        assert seconds < PATIENCE
        assert "Traceback" not in log

    def test_a_redis_that_throws_tasks_away(self, redis_url: str) -> None:  # noqa: F811
        wait_for(redis_url)
        client(redis_url).config_set("maxmemory-policy", "allkeys-lru")
        away = {"DATABASE_URL": f"postgres://shop@127.0.0.1:{free_port()}/shop", "CACHE_URL": redis_url}
        answers = run_health(**away, CELERY_BROKER_URL=redis_url)[2]
        assert "allkeys-lru" in answers["broker"]["summary"]
        assert answers["cache"]["severity"] == "ok"


def client(url: str) -> Any:
    import redis

    return redis.Redis.from_url(url)


def wait_for(url: str) -> None:
    import redis

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            client(url).ping()
            return
        except redis.ConnectionError:
            time.sleep(0.05)
    pytest.fail("redis did not start")


def redis_pid(url: str) -> int:
    return int(client(url).info("server")["process_id"])
