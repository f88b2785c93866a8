"""Kept-alive HTTP connections to the server that is played to."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

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


class Delivery(NamedTuple):
    """How a post went: the last status (0: none), the seconds that this answer took, how often it was tried again."""

    status: int
    seconds: float
    retries: int


class Postman:
    """Posts to one server, and does not give up before time: what platforms do."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or (443 if parts.scheme == "https" else 80)
        self.tls = ssl.create_default_context() if parts.scheme == "https" else None

    async def deliver(self, request: bytes, connection: Connection, patience: float) -> tuple[Delivery, Connection]:
        """Post until something other than 5xx is answered; return how it went, and the connection to go on with."""
        loop = asyncio.get_running_loop()
        give_up, pause, status, retries = loop.time() + patience, FIRST_PAUSE, 0, 0
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
            except asyncio.CancelledError:
                connection.close()
                raise
            if 0 < status < 500 or loop.time() + pause > give_up:
                return Delivery(status, loop.time() - began, retries), connection
            retries += 1
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(Connection, self.host, self.port, ssl=self.tls)
        return connection


def http_post(url: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the bytes of a POST to a public address, wherever it is then sent."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = [f"POST {target} HTTP/1.1", f"host: {parts.netloc}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
