"""Running the stand-in: as a process of its own until it is told to stop, or beside a test."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from messaging.simulation.stand_in.server import StandIn

HOST = "127.0.0.1"
START_SECONDS = 10.0


def serve_until_stopped(stand_in: StandIn, port: int, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C."""

    async def _serve() -> None:
        stop, started = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        serving = asyncio.create_task(stand_in.serve(HOST, port, stop, started))
        waiting = asyncio.create_task(started.wait())
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if started.is_set():
            ready()
        await serving

    asyncio.run(_serve())


@contextmanager
def running_beside(stand_in: StandIn, port: int) -> Iterator[str]:
    """Serve in a thread while the block runs; yield the address."""
    loop, stop, started, up = asyncio.new_event_loop(), asyncio.Event(), asyncio.Event(), threading.Event()

    async def _serve() -> None:
        serving = asyncio.create_task(stand_in.serve(HOST, port, stop, started))
        await started.wait()
        up.set()
        await serving

    thread = threading.Thread(target=loop.run_until_complete, args=(_serve(),), name="stand-in")
    thread.start()
    try:
        if not up.wait(START_SECONDS):
            raise TimeoutError("the stand-in did not start")
        yield f"http://{HOST}:{port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(START_SECONDS)
        loop.close()
