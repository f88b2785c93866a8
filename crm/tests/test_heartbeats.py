"""Signs of life: each process leaves one now and then, one that hangs falls silent, and a dead table disturbs no work."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from crm.models import Heartbeat
from crm.monitoring import heartbeats
from crm.monitoring.heartbeats import Heart, seen, silent

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


def until(condition: Callable[[], Any], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(condition())


def at(name: str) -> Any:
    return Heartbeat.objects.get(name=name).seen_at


def test_who_goes_on_is_seen_and_who_hangs_is_not() -> None:
    heart = Heart(every=0.05).start()
    heart.mark("hangs")
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.01):
            heart.mark("works")

    worker = threading.Thread(target=work)
    worker.start()
    assert until(lambda: Heartbeat.objects.count() == 2)
    before, hung = at("works"), at("hangs")
    assert until(lambda: at("works") > before)
    assert at("hangs") == hung
    stop.set()
    worker.join()
    heart.stop()
    assert not Heartbeat.objects.exists(), "who stopped in an orderly way is not there"


def test_a_sign_is_one_row_that_stays_on_its_page() -> None:
    heart = Heart()
    for _time in range(20):
        heart.mark("a")
        assert heart.beat() == 1
    assert heart.beat() == 0, "nobody went on since"
    assert Heartbeat.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey::int[]) "
            "WHERE indrelid = 'crm_heartbeat'::regclass AND attname = 'seen_at'"
        )
        assert cursor.fetchone() == (0,)


def test_without_a_database_the_work_goes_on(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(heartbeats, "WRITE", "SELECT no_such_column, %(host)s, %(pid)s, %(names)s")
    heart = Heart(every=0.05).start()
    heart.mark("a")
    assert until(lambda: "No sign of life could be left: ProgrammingError [SQLSTATE 42703]" in caplog.text)
    monkeypatch.undo()
    heart.mark("a")
    assert until(lambda: Heartbeat.objects.exists()), "it goes on once it can"
    heart.stop()


def test_what_is_seen() -> None:
    now = timezone.now()
    for name, pid, age in (("a", 1, 5), ("a", 2, 10), ("a", 3, 3600), ("b", 4, 3600)):
        Heartbeat.objects.create(name=name, host="shop", pid=pid, started_at=now, seen_at=now - timedelta(seconds=age))
    assert {name: one.processes for name, one in seen(MINUTE).items()} == {"a": 2, "b": 0}
    gone = silent(["a", "b", "c"], MINUTE)
    assert set(gone) == {"b", "c"}
    assert gone["c"] is None and gone["b"] is not None


def test_those_long_gone_are_taken_away() -> None:
    now = timezone.now()
    Heartbeat.objects.create(name="old", host="x", pid=1, started_at=now, seen_at=now - timedelta(days=2))
    Heart().leave()
    assert not Heartbeat.objects.exists()
