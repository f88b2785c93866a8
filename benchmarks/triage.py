"""Triage beside ingest: the rate of each alone, and of both at once in processes of their own."""

import subprocess
import sys
import time
from typing import Any

from benchmarks.drain import make_deliveries
from benchmarks.servers import process

MESSAGES = 20_000
LONGEST_START_SECONDS = 60


def run() -> dict[str, float]:
    """Return messages a second of ingest and triage, each alone and both at once, and their ratios."""
    from django.db import connection

    from crm.models import Channel
    from leads.triage.drain import TriageDrain
    from messaging.ingest.drain import DeliveryDrain

    channel = Channel.objects.create(
        platform="messenger", slug="bench", name="Bench", external_id="999", credentials={"app_secret": ["s"]}
    )
    for number in range(2):  # the first warms up
        make_deliveries(channel, number * MESSAGES, MESSAGES)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        ingest = _rate(DeliveryDrain())
        triage = _rate(TriageDrain())
    # One message goes ahead: once it is triaged, the process has started and read its rules.
    make_deliveries(channel, 2 * MESSAGES, 1)
    _rate(DeliveryDrain())
    with process(sys.executable, "manage.py", "drain", "triage") as running:
        _wait_until_triaged(running, LONGEST_START_SECONDS)
        make_deliveries(channel, 2 * MESSAGES + 1, MESSAGES)
        started = time.perf_counter()
        beside = _rate(DeliveryDrain())
        _wait_until_triaged(running)
        together = MESSAGES / (time.perf_counter() - started)
    return {
        "ingest alone messages/s": ingest,
        "triage alone messages/s": triage,
        "triage / ingest": triage / ingest,
        "ingest beside triage messages/s": beside,
        "ingest beside triage / alone": beside / ingest,
        "stored and triaged messages/s": together,
        "stored and triaged / stored beside triage": together / beside,
    }


def _rate(drain: Any) -> float:
    started = time.perf_counter()
    while drain.run_batch():
        pass
    return MESSAGES / (time.perf_counter() - started)


def _wait_until_triaged(running: "subprocess.Popen[bytes]", most_seconds: float = 600) -> None:
    from messaging.models import Message

    deadline = time.monotonic() + most_seconds
    while Message.objects.untriaged().exists():
        if running.poll() is not None:
            raise RuntimeError(f"The process that triages ended with {running.returncode}.")
        if time.monotonic() > deadline:
            raise RuntimeError(f"Messages still wait for triage after {most_seconds} seconds.")
        time.sleep(0.02)
