"""The HTTP server of the stand-in: reads a request, lets its platform answer, and lets things go wrong."""

import asyncio
import base64
import binascii
import time
from contextlib import suppress
from urllib.parse import parse_qsl, unquote, urlsplit

from messaging.simulation.stand_in import graph, telegram, twilio
from messaging.simulation.stand_in.cast import Cast, Reader, active_channels
from messaging.simulation.stand_in.control import PREFIX, control
from messaging.simulation.stand_in.exchange import Answer, Call, Refusal
from messaging.simulation.stand_in.journal import Journal
from messaging.simulation.stand_in.manners import AFTER, BEFORE, Manners, Trouble
from messaging.simulation.stand_in.refusals import THROTTLED, refusal
from messaging.simulation.stand_in.reports import Reports
from messaging.simulation.stand_in.routing import find
from messaging.simulation.stand_in.state import State

ROUTES = (*telegram.ROUTES, *twilio.ROUTES, *graph.ROUTES)
LARGEST_HEAD, LARGEST_BODY = 64 * 1024, 100 * 1024 * 1024
LONG = 3600.0
CLOSING_SECONDS = 0.02  # closed connections are cleared away in a later turn of the loop
USAGE_HEADER = "X-App-Usage"
#: How long an answer is held back for a report that goes ahead of it, where nobody takes that.
EARLY_SECONDS = 2.0


class HangUp(Exception):
    """The connection is closed without an answer."""


class StandIn:
    """Plays the platforms on one address, for the server at `url`."""

    def __init__(self, url: str, *, reader: Reader = active_channels, manners: Manners | None = None) -> None:
        self.manners = manners or Manners()
        self.cast, self.journal = Cast(reader), Journal()
        self.state = State(self.cast)
        self.url = url
        self.reports = Reports(url, self.manners)
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, host: str, port: int, stop: asyncio.Event, started: asyncio.Event) -> None:
        """Listen until told to stop."""
        await self.cast.refresh()
        self.reports.start()
        server = await asyncio.start_server(self._connected, host, port, limit=LARGEST_HEAD, backlog=512)
        started.set()
        await stop.wait()
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self.reports.stop()
        await asyncio.sleep(CLOSING_SECONDS)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after the other on a connection."""
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        gone = (HangUp, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
        with suppress(*gone, asyncio.CancelledError):  # cancelled only where all ends
            while call := await _read(reader):
                writer.write((await self._answered(call)).encoded())
                await writer.drain()
        writer.close()

    async def _answered(self, call: Call) -> Answer:
        try:
            call.read_body()
        except ValueError:
            return Answer({"error": "the body cannot be read"}, 400)
        if call.path.startswith(PREFIX):
            return await control(call, self)
        self.journal.note(call)
        if (token := _token_in(call)) and not self.cast.knows(token):
            await self.cast.refresh()
        route = find(call, ROUTES)
        if route is None:
            return Answer({"error": "no platform has such a path"}, 404)
        try:
            answer = route.handle(call, self.state)
        except Refusal as no:
            answer = no.answer
        await asyncio.sleep(self.manners.pace)
        return await self._played(answer)

    async def _played(self, answer: Answer) -> Answer:
        """Accept what is sent, unless something goes wrong before; report on it; let something go wrong after."""
        if trouble := self.manners.befallen(BEFORE, answer):
            return await _refused(trouble, answer)
        trouble = self.manners.befallen(AFTER, answer)
        if answer.sending is None:
            return answer
        entry = self.journal.accept(answer.sending)
        reports = answer.reports
        if reports and self.manners.reports == "send" and self.manners.chance.random() < self.manners.early:
            await self.reports.post_now(reports[0], EARLY_SECONDS)
            reports = reports[1:]
        self.reports.schedule(reports)
        if trouble:
            await _suffer(trouble, answer)
        entry.answered_at = time.time()
        return answer


async def _refused(trouble: Trouble, answer: Answer) -> Answer:
    """Return what is answered instead, if anything."""
    if trouble.kind == "stall":
        await asyncio.sleep(trouble.seconds or LONG)
    if trouble.kind in ("stall", "hang_up"):
        raise HangUp
    account = answer.sending.account if answer.sending else answer.account
    platform = account.platform if account else "messenger"
    code = trouble.code or (THROTTLED[platform] if trouble.kind == "throttle" else "")
    return refusal(platform, code=code, status=trouble.status, seconds=trouble.seconds)


async def _suffer(trouble: Trouble, answer: Answer) -> None:
    """Let an accepted send go wrong after all.

    Raises:
        HangUp: its sender never hears of it.
    """
    if trouble.kind == "usage":
        answer.headers[USAGE_HEADER] = f'{{"call_count":{trouble.per_cent},"total_time":1,"total_cputime":1}}'
        return
    if trouble.kind in ("swallow", "late"):
        await asyncio.sleep(trouble.seconds or LONG)
    if trouble.kind in ("swallow", "die"):
        raise HangUp


async def _read(reader: asyncio.StreamReader) -> Call | None:
    """Read one request; None where the client is done."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    length = int(headers.get("content-length", 0))
    if length > LARGEST_BODY:
        return None
    if headers.get("expect", "").lower() == "100-continue":
        return None
    body = await reader.readexactly(length)
    parts = urlsplit(target)
    return Call(method, unquote(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True)), headers, body)


def _token_in(call: Call) -> str:
    """Return the token that a request comes with, wherever its platform has it."""
    kind, _, coded = call.headers.get("authorization", "").partition(" ")
    if kind == "Basic":
        with suppress(binascii.Error, UnicodeDecodeError):
            return base64.b64decode(coded).decode().partition(":")[2]
    for route in telegram.ROUTES:
        if find(call, (route,)):
            return call.named["token"]
    return graph.bearer(call)
