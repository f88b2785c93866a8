"""Posting at a steady rate over many kept-alive connections, and not giving up: what platforms do.

Written on bare asyncio transports, since as a load generator it must not be the bottleneck: some 4,000 posts a second,
made and signed, on one core.
"""

import asyncio
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from messaging.simulation.accounts import SimulatedAccount
from messaging.simulation.connection import Connection, Postman, http_post
from messaging.simulation.facts import Dispatch
from messaging.simulation.ledger import Ledger
from messaging.simulation.signing import signed_headers


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


class Client(Postman):
    """Posts what a director hands out to one server and records every answer."""

    def __init__(
        self, url: str, accounts: list[SimulatedAccount], ledger: Ledger, *, done: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(url)
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
                delivery, connection = await self.deliver(self.request(dispatch), connection, pace.patience)
                if 0 < delivery.status < 500:
                    self.performance.latencies.append(delivery.seconds)
                self.performance.retries += delivery.retries
                self.ledger.record(dispatch, delivery.status)
                self.done()
        finally:
            connection.close()

    def request(self, dispatch: Dispatch) -> bytes:
        """Return the bytes of a POST, signed as the platform does, or wrongly on purpose."""
        account = self.accounts[dispatch.slug]
        credentials = account.credentials
        if dispatch.flaw == "forged":
            credentials = {name: ["not the secret"] for name in credentials}
        headers = signed_headers(account.platform, url=account.url, body=dispatch.body, credentials=credentials)
        if dispatch.flaw == "unsigned":
            headers = {"content-type": headers["content-type"]}
        return http_post(account.url, headers, dispatch.body)


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
