"""The simulator's HTTP client, against a small server that misbehaves."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from messaging.channels import adapter_for
from messaging.simulation.accounts import SimulatedAccount
from messaging.simulation.client import Client, Pace
from messaging.simulation.facts import Dispatch, Said
from messaging.simulation.ledger import Ledger
from messaging.tests.installation import free_port


def account(slug: str = "sim-messenger", platform: str = "messenger", external_id: str = "1") -> SimulatedAccount:
    """Return an account for which there need not be a channel."""
    url = f"http://crm.example/webhooks/{slug}/"
    secrets = {name: ["x"] for name in adapter_for(platform).SECRETS}
    return SimulatedAccount(slug, platform, external_id, f"/webhooks/{slug}/", url, 0, secrets)


class Server:
    """Answers each request as the next of its answers says: a status, or None to hang up."""

    def __init__(self, answers: list[int | None]) -> None:
        self.answers, self.requests, self.port = answers, list[bytes](), free_port()
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,))
        self._thread.start()
        ready.wait(5)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(server.wait_closed())
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(asyncio.IncompleteReadError):  # it ends when the client hangs up
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                answer = self.answers.pop(0) if self.answers else 200
                if answer is None:
                    break
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % answer)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*answers: int | None) -> Server:
        servers.append(Server(list(answers)))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def run_client(server: Server, dispatches: list[Dispatch], folder: Path, pace: Pace) -> tuple[Ledger, Client]:
    with Ledger(folder / "log.jsonl") as ledger:
        client = Client(f"http://127.0.0.1:{server.port}", [account()], ledger)
        asyncio.run(client.run(iter(dispatches), lambda: iter([]), pace))
    return ledger, client


def some(number: int) -> list[Dispatch]:
    return [
        Dispatch("sim-messenger", b"%d" % place, (Said("sim-messenger", str(place), "p"),)) for place in range(number)
    ]


def test_it_tries_again_until_it_is_answered(serve: Any, tmp_path: Path) -> None:
    server = serve(503, None, 500, 200, None)
    ledger, client = run_client(server, some(2), tmp_path, Pace(rate=0, seconds=1, connections=1))
    assert ledger.answers == {200: 2}
    assert client.performance.retries == 4
    assert len(server.requests) == 6
    assert not ledger.uncertain


def test_it_gives_up_in_the_end(tmp_path: Path) -> None:
    class Nobody:
        port = free_port()

    ledger, _ = run_client(Nobody(), some(1), tmp_path, Pace(rate=0, seconds=1, connections=1, patience=0.3))  # type: ignore[arg-type]
    assert not ledger.acknowledged
    assert len(ledger.uncertain) == 1
    assert "given up without an answer" in ledger.unexpected


def test_a_repeated_post_that_was_acknowledged_once_is_certain(serve: Any, tmp_path: Path) -> None:
    (one,) = some(1)
    ledger, _ = run_client(serve(200, 404), [one, one], tmp_path, Pace(rate=0, seconds=1, connections=1))
    assert len(ledger.acknowledged) == 1
    assert not ledger.uncertain
    assert ledger.unexpected == {"answered 404": 1}


def test_what_is_forged_must_be_refused(serve: Any, tmp_path: Path) -> None:
    forged = Dispatch("sim-messenger", b"x", (), "forged")
    unsigned = Dispatch("sim-messenger", b"y", (), "unsigned")
    server = serve(403, 200)
    ledger, _ = run_client(server, [forged, unsigned], tmp_path, Pace(rate=0, seconds=1, connections=1))
    assert ledger.unexpected == {"unsigned answered 200": 1}
    assert b"x-hub-signature-256" in server.requests[0]
    assert b"x-hub-signature-256" not in server.requests[1]


def test_it_keeps_its_connections_and_its_rate(serve: Any, tmp_path: Path) -> None:
    ledger, client = run_client(serve(), some(40), tmp_path, Pace(rate=100, seconds=1, connections=4))
    assert len(ledger.acknowledged) == 40
    assert 0.35 < client.performance.seconds < 2
    assert client.performance.percentile(0.5) <= client.performance.percentile(0.99)
    assert client.performance.retries == 0
