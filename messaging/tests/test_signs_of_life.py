"""Processes of a running installation are seen in a table, and who stopped or was killed is told from it."""

import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from messaging.tests.installation import Installation, wait_until

pytestmark = pytest.mark.takes(25)
ALERTED = "SELECT count(*) FROM crm_incident WHERE key = 'drains'"


@pytest.fixture
def shop() -> Iterator[Installation]:
    found = Installation()
    try:
        yield found
    finally:
        found.close()


def findings(shop: Installation, code: int) -> dict[str, Any]:
    told = json.loads(shop.manage("health", "--json", code=code))
    return {finding["key"]: finding for finding in told["findings"]}


def test_who_runs_is_known_without_a_broker(shop: Installation) -> None:
    answers = findings(shop, 2)
    assert "deliveries" in answers["drains"]["summary"] and "never seen" in answers["drains"]["summary"]
    ingest, worker, beat = (shop.start(name) for name in ("ingest", "worker", "beat"))
    wait_until(lambda: shop.count("crm_heartbeat") == 5, "the signs of three drains, a worker and beat")
    assert {name for (name,) in shop.sql("SELECT name FROM crm_heartbeat WHERE pid = %s", ingest.pid)} == {
        "deliveries",
        "spool",
        "alerts",
    }
    wait_until(lambda: shop.sql(ALERTED) == [(1,)], "the watching drain's suspicion")
    answers = findings(shop, 2)
    assert "deliveries" not in answers["drains"]["summary"] and "outgoing" in answers["drains"]["summary"]
    assert answers["celery:worker"]["severity"] == answers["celery:beat"]["severity"] == "ok"
    for process in (ingest, worker, beat):
        shop.kill(process, signal.SIGTERM)
    wait_until(lambda: not shop.count("crm_heartbeat"), "the signs being taken away")
    answers = findings(shop, 2)
    assert "deliveries" in answers["drains"]["summary"]
    assert answers["celery:worker"]["summary"] == answers["celery:beat"]["summary"] == "Never seen."
