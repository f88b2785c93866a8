"""Sending through the stand-in of the platforms, on all five at once, with the reports on each message read beside it."""

import json
import os
import sys
import time
import urllib.request
from collections import Counter
from typing import Any

import psutil

from benchmarks.servers import drain, free_port, process, web

MESSAGES, PEOPLE = 1_500, 60
PATIENCE = 300.0


def run() -> dict[str, float]:
    """Return messages a second from the first send to the last outcome, and how many the platforms got twice."""
    from messaging.simulation.replies import queue_answers

    web_port, stand_in_port = free_port(), free_port()
    url = f"http://127.0.0.1:{stand_in_port}"
    os.environ |= dict.fromkeys(("GRAPH_API_URL", "INSTAGRAM_API_URL", "TELEGRAM_API_URL", "TWILIO_API_URL"), url)
    started = time.perf_counter()
    queue_answers(MESSAGES, people=PEOPLE)
    queued = time.perf_counter() - started
    words = ["manage.py", "simulate", "--serve", "--port", str(stand_in_port), "--url", f"http://127.0.0.1:{web_port}"]
    with web(web_port), drain(), process(sys.executable, *words):
        _wait(lambda: _asked(url, "state") is not None)
        with process(sys.executable, "manage.py", "drain", "outgoing") as sending:
            _wait(lambda: not _open())
            used = psutil.Process(sending.pid).cpu_times()
            sends = _asked(url, "sends") or []
            _wait(lambda: (_asked(url, "state") or {}).get("reported", {}).get("waiting") == 0)
    names = Counter(str(send["token"] or (send["recipient"], send["digest"])) for send in sends)
    seconds = _last_outcome() - min(send["accepted_at"] for send in sends)
    took = sorted(1000 * (send["answered_at"] - send["accepted_at"]) for send in sends if send["answered_at"])
    return {
        "messages/s queued": MESSAGES / queued,
        "messages/s sent": len(names) / seconds,
        "CPU ms a message of the sending process": 1000 * (used.user + used.system) / MESSAGES,
        "accepted": len(sends),
        "accepted twice": sum(times - 1 for times in names.values()),
        "p95 of the stand-in's own answers, ms": took[int(0.95 * len(took))],
    }


def _wait(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the messages were not sent")
        time.sleep(0.25)


def _asked(url: str, what: str) -> Any:
    try:
        with urllib.request.urlopen(f"{url}/_stand_in/{what}", timeout=30) as answer:  # noqa: S310 - our own
            return json.load(answer)
    except OSError:
        return None


def _open() -> bool:
    from messaging.models import Outgoing

    return Outgoing.objects.filter(finished_at=None).exists()


def _last_outcome() -> float:
    from django.db.models import Max

    from messaging.models import Outgoing

    return float(Outgoing.objects.aggregate(last=Max("finished_at"))["last"].timestamp())
