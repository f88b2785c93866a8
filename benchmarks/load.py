"""A load generator on plain asyncio: whole requests over kept-alive connections, one at a time on each."""

import asyncio
import time
from collections.abc import Iterator


class _Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last one is in."""

    def __init__(self, requests: Iterator[bytes], seconds: list[float], done: asyncio.Future[None]) -> None:
        self.requests, self.seconds, self.done = requests, seconds, done
        self.sent_at = 0.0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - tells the type checker
        self.transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        if not data.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(f"answered {data[:40]!r}"))
            return self.transport.close()
        self.seconds.append(time.perf_counter() - self.sent_at)
        return self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("closed by the server"))

    def _next(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.done.set_result(None)
            self.transport.close()
        else:
            self.sent_at = time.perf_counter()
            self.transport.write(request)


async def _load(port: int, requests: Iterator[bytes], connections: int) -> list[float]:
    loop = asyncio.get_running_loop()
    seconds: list[float] = []
    ends = [loop.create_future() for _ in range(connections)]
    for end in ends:
        await loop.create_connection(lambda end=end: _Connection(requests, seconds, end), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    return seconds


def load(port: int, requests: list[bytes], connections: int = 16) -> tuple[float, list[float]]:
    """Send all requests and return requests a second and each one's seconds."""
    started = time.perf_counter()
    seconds = asyncio.run(_load(port, iter(requests), connections))
    return len(requests) / (time.perf_counter() - started), seconds
