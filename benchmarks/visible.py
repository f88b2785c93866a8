"""From the POST to the message in its table, at a steady rate, with the load generator on the same machine."""

import http.client
import threading
import time
from statistics import quantiles

from benchmarks.bodies import SECRET, http_request, message_body
from benchmarks.servers import drain, free_port, web

RATE = 200  # messages a second
SECONDS = 20
SENDERS = 4
POLL_SECONDS = 0.01


class Watcher(threading.Thread):
    """Notes when each message is first seen by another connection."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, float] = {}
        self.done = threading.Event()

    def run(self) -> None:
        from django.db import connection

        last = 0
        with connection.cursor() as cursor:
            while not self.done.is_set():
                # Rows of parallel transactions may appear out of the order of their ids: look back a little.
                cursor.execute("SELECT id, external_id FROM messaging_message WHERE id > %s", [last - 1000])
                now = time.perf_counter()
                for number, external_id in cursor.fetchall():
                    self.seen.setdefault(external_id, now)
                    last = max(last, number)
                time.sleep(POLL_SECONDS)
        connection.close()


def run() -> dict[str, float]:
    """Return the 50th, 95th and 99th percentile and the largest time, in ms."""
    from crm.models import Channel

    Channel.objects.create(
        platform="messenger", slug="bench", name="Bench", external_id="999", credentials={"app_secret": [SECRET]}
    )
    port, watcher = free_port(), Watcher()
    posted: dict[str, float] = {}
    with web(port, workers=2), drain():
        watcher.start()
        started = time.perf_counter() + 1.0
        senders = [threading.Thread(target=_send, args=(port, started, number, posted)) for number in range(SENDERS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        deadline = time.perf_counter() + 20
        while len(watcher.seen) < len(posted) and time.perf_counter() < deadline:
            time.sleep(0.05)
        watcher.done.set()
        watcher.join()
    took = sorted((watcher.seen[mid] - at) * 1000 for mid, at in posted.items())  # KeyError: one never appeared
    cuts = quantiles(took, n=100)
    return {"messages": len(took), "p50 ms": cuts[49], "p95 ms": cuts[94], "p99 ms": cuts[98], "max ms": took[-1]}


def _send(port: int, started: float, sender: int, posted: dict[str, float]) -> None:
    """Post this sender's share of the messages, each at its time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for number in range(sender, RATE * SECONDS, SENDERS):
        time.sleep(max(0.0, started + number / RATE - time.perf_counter()))
        body = message_body("999", number)
        head, _, _ = http_request("/webhooks/bench/", body).partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        posted[f"m_bench-{number:012d}-AbCdEfGhIjKlMnOpQrStUvWxYz"] = time.perf_counter()
        connection.request("POST", "/webhooks/bench/", body, headers)
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"answered {response.status}")
