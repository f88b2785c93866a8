"""Memory of the web and ingest processes after many messages."""

import time

import psutil

from benchmarks.bodies import SECRET, http_request, message_body
from benchmarks.load import load
from benchmarks.servers import drain, free_port, web

MESSAGES = 200_000
PIECE = 10_000
MB = 1024 * 1024


def run() -> dict[str, float]:
    """Return the resident MB of each process after the first tenth and at the end."""
    from crm.models import Channel
    from messaging.models import WebhookDelivery

    Channel.objects.create(
        platform="messenger", slug="bench", name="Bench", external_id="999", credentials={"app_secret": [SECRET]}
    )
    port = free_port()
    figures: dict[str, float] = {}
    with web(port, workers=2) as server, drain() as ingest:
        for start in range(0, MESSAGES, PIECE):
            load(port, [http_request("/webhooks/bench/", message_body("999", start + n)) for n in range(PIECE)])
            while WebhookDelivery.objects.pending().count() > PIECE:
                time.sleep(0.1)
            if start == MESSAGES // 10 - PIECE:
                figures |= _resident(server.pid, ingest.pid, "after a tenth")
        while WebhookDelivery.objects.pending().exists():
            time.sleep(0.1)
        figures |= _resident(server.pid, ingest.pid, "at the end")
    return figures


def _resident(server: int, ingest: int, when: str) -> dict[str, float]:
    web_workers = [child.memory_info().rss / MB for child in psutil.Process(server).children(recursive=True)]
    return {
        f"largest web process MB, {when}": max(web_workers),
        f"ingest process MB, {when}": psutil.Process(ingest).memory_info().rss / MB,
    }
