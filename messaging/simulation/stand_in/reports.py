"""Posting echoes, statuses and receipts back to the running server, signed, after a little while."""

import asyncio

from messaging.simulation.connection import Connection, Postman, http_post
from messaging.simulation.signing import signed_headers
from messaging.simulation.stand_in.exchange import Report
from messaging.simulation.stand_in.manners import Manners

CONNECTIONS = 8
PATIENCE = 120.0
ACCEPTED = 200


class Reports:
    """What is still to be posted; `held` waits until it is released."""

    def __init__(self, url: str, manners: Manners) -> None:
        self.postman = Postman(url)
        self.manners = manners
        self.held: list[Report] = []
        self.posted = self.refused = self.waiting = 0
        self._due: asyncio.Queue[tuple[Report, asyncio.Future[None]]] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to post."""
        self._workers = [asyncio.create_task(self._work()) for _ in range(CONNECTIONS)]

    async def stop(self) -> None:
        """Leave what is not posted yet."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def schedule(self, reports: list[Report]) -> None:
        """Post these one after the other, each after a little while; hold or drop them, where that is the manner."""
        if self.manners.reports == "hold":
            self.held += reports
        if self.manners.reports != "send":
            return
        loop, delay = asyncio.get_running_loop(), 0.0
        for report in reports:
            delay += self.manners.chance.uniform(self.manners.soonest, self.manners.latest)
            self.waiting += 1
            loop.call_later(delay, self._due.put_nowait, (report, loop.create_future()))

    async def post_now(self, report: Report, patience: float | None = None) -> None:
        """Post one and wait until the server has taken it, or no longer than so many seconds."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting += 1
        self._due.put_nowait((report, done))
        await asyncio.wait([done], timeout=patience)

    async def release(self, most: int | None = None) -> None:
        """Post what was held, or so many of it, in its order, and wait until all of that is taken."""
        held = self.held[:most]
        del self.held[:most]
        for report in held:
            await self.post_now(report)

    async def _work(self) -> None:
        connection = Connection()
        try:
            while True:
                report, done = await self._due.get()
                delivery, connection = await self.postman.deliver(_request(report), connection, PATIENCE)
                self.waiting -= 1
                self.posted += delivery.status == ACCEPTED
                self.refused += delivery.status != ACCEPTED
                done.set_result(None)
        finally:
            connection.close()


def _request(report: Report) -> bytes:
    account, url = report.account, report.address or report.account.url
    headers = signed_headers(account.platform, url=url, body=report.body, credentials=account.credentials)
    return http_post(url, headers, report.body)
