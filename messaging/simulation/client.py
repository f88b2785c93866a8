"""Posting at a steady rate over many kept-alive connections, and not giving up: what platforms do.

Written on bare asyncio transports, since as a load generator it must not be the bottleneck: some 4,000 posts a second,
made and signed, on one core.
"""

import asyncio
import ssl
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from messaging.simulation.accounts import SimulatedAccount
from messaging.simulation.facts import Dispatch
from messaging.simulation.ledger import Ledger
from messaging.simulation.signing import signed_headers

ANSWER_SECONDS = 20.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 3.0


class NoAnswer(OSError):
    """The connection ended before an answer was complete."""


class Connection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection with one request under way."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._received = b""
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self.transport = transport

    @property
    def is_open(self) -> bool:
        return self.transport is not None and not self.transport.is_closing()

    async def post(self, request: bytes) -> int:
        """Send a request and return the status of its answer.

        Raises:
            NoAnswer: the connection ended first.
        """
        if self.transport is None or self.transport.is_closing():
            raise NoAnswer("closed")
        self._received = b""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if found and self._answer and not self._answer.done() and _is_complete(head.lower(), body):
            if b"connection: close" in head.lower():
                self.close()
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(NoAnswer("lost"))

    def close(self) -> None:
        if self.transport:
            self.transport.abort()


def _is_complete(head: bytes, body: bytes) -> bool:
    _, has_length, after = head.partition(b"content-length:")
    if has_length:
        return len(body) >= int(after.partition(b"\r\n")[0])
    return b"transfer-encoding: chunked" not in head or body.endswith(b"0\r\n\r\n")


@dataclass(slots=True)
class Performance:
    """What was measured: the seconds that answers took, and how long it all lasted."""

    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    retries: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Return the latency in milliseconds that this share of the answers kept below."""
        ordered = sorted(self.latencies)
        return round(1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)], 2) if ordered else 0.0


@dataclass(slots=True)
class Pace:
    """How fast and how long. `rate` 0: as fast as answers come. `patience`: seconds until a post is given up."""

    rate: float = 20.0
    seconds: float = 20.0
    connections: int = 16
    patience: float = 120.0


class Client:
    """Posts what a director hands out to one server and records every answer."""

    def __init__(
        self, url: str, accounts: list[SimulatedAccount], ledger: Ledger, *, done: Callable[[], None] = lambda: None
    ) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or (443 if parts.scheme == "https" else 80)
        self.tls = ssl.create_default_context() if parts.scheme == "https" else None
        self.accounts = {account.slug: account for account in accounts}
        self.ledger, self.done = ledger, done
        self.performance = Performance()

    async def run(self, posts: Iterator[Dispatch], rest: Callable[[], Iterator[Dispatch]], pace: Pace) -> None:
        """Post at the wanted rate until the time is over, then what is still on its way, until all is answered."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        for source in (self._timed(posts, pace), rest()):
            row = _Row(source, pace.rate, loop.time())
            await asyncio.gather(*(self._work(row, pace) for _ in range(pace.connections)))
        self.performance.seconds = loop.time() - started

    def _timed(self, posts: Iterator[Dispatch], pace: Pace) -> Iterator[Dispatch]:
        """Yield posts: as many as rate and time make, or until the time is over."""
        loop = asyncio.get_running_loop()
        end = loop.time() + pace.seconds
        for number, dispatch in enumerate(posts):
            if number >= pace.rate * pace.seconds if pace.rate else loop.time() >= end:
                return
            yield dispatch

    async def _work(self, row: "_Row", pace: Pace) -> None:
        """Post one after another over one connection."""
        connection = Connection()
        try:
            while (dispatch := await row.next()) is not None:
                status, connection = await self._deliver(dispatch, connection, pace.patience)
                self.ledger.record(dispatch, status)
                self.done()
        finally:
            connection.close()

    async def _deliver(self, dispatch: Dispatch, connection: Connection, patience: float) -> tuple[int, Connection]:
        """Post until something other than 5xx is answered; return the last status, 0 for none, and the connection."""
        loop = asyncio.get_running_loop()
        request = self.request(dispatch)
        give_up, pause, status = loop.time() + patience, FIRST_PAUSE, 0
        while True:
            began = loop.time()
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    if not connection.is_open:
                        connection = await self._connect()
                    status = await connection.post(request)
            except OSError:  # TimeoutError is one
                connection.close()
                status = 0
            if 0 < status < 500:
                self.performance.latencies.append(loop.time() - began)
                return status, connection
            if loop.time() + pause > give_up:
                return status, connection
            self.performance.retries += 1
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(Connection, self.host, self.port, ssl=self.tls)
        return connection

    def request(self, dispatch: Dispatch) -> bytes:
        """Return the bytes of a POST, signed as the platform does, or wrongly on purpose."""
        account = self.accounts[dispatch.slug]
        credentials = account.credentials
        if dispatch.flaw == "forged":
            credentials = {name: ["not the secret"] for name in credentials}
        headers = signed_headers(account.platform, url=account.url, body=dispatch.body, credentials=credentials)
        if dispatch.flaw == "unsigned":
            headers = {"content-type": headers["content-type"]}
        public_host = urlsplit(account.url).netloc
        lines = [f"POST {account.path} HTTP/1.1", f"host: {public_host}", f"content-length: {len(dispatch.body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + dispatch.body


class _Row:
    """Hands out posts, each at its time."""

    def __init__(self, posts: Iterator[Dispatch], rate: float, start: float) -> None:
        self.posts, self.rate, self.start, self.number = posts, rate, start, 0

    async def next(self) -> Dispatch | None:
        dispatch = next(self.posts, None)
        if dispatch is not None and self.rate:
            due = self.start + self.number / self.rate
            self.number += 1
            if (wait := due - asyncio.get_running_loop().time()) > 0:
                await asyncio.sleep(wait)
        return dispatch
