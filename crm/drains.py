"""Drains: work that is found in tables, not pushed, so that nothing is lost with a process or a broker."""

import logging
import signal
import threading
import time
from collections.abc import Iterable
from types import FrameType
from typing import Protocol, runtime_checkable

from django.conf import settings
from django.db import close_old_connections, connections
from django.utils.module_loading import import_string

from crm.log_context import noted
from crm.log_format import describe
from crm.monitoring.heartbeats import Heart

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.05
LONGEST_IDLE_SECONDS = 0.2
FAILURE_SECONDS = 0.5
LONGEST_FAILURE_SECONDS = 5.0
LEAVE_SECONDS = 2.0


class Drain(Protocol):
    """One kind of work. An instance lives as long as its process and may remember where it was."""

    def run_batch(self) -> int:
        """Do one batch in transactions of its own and return how many rows it took; 0: nothing to do now."""


@runtime_checkable
class FinishingDrain(Drain, Protocol):
    """A drain that has work under way between its batches."""

    def finish(self) -> None:
        """Bring what is under way to its end; called once, after the last batch."""


@runtime_checkable
class LeavableDrain(Drain, Protocol):
    """A drain whose batches may take long and may be left off at any moment: nothing is lost, and doing it twice does no harm."""

    may_be_left: bool


def drains_named(names: Iterable[str]) -> dict[str, Drain]:
    """Return new drains by name, all of them where none is named.

    Raises:
        KeyError: no such drain.
    """
    return {name: import_string(settings.DRAINS[name])() for name in list(names) or settings.DRAINS}


def run_once(drains: dict[str, Drain]) -> int:
    """Run until nothing is left to do and return the number of rows taken; failures are raised."""
    total = 0
    while taken := sum(drain.run_batch() for drain in drains.values()):
        total += taken
    return total


class DrainDied(Exception):
    """A drain cannot go on in this process."""


def run_forever(drains: dict[str, Drain], stop: threading.Event) -> list[str]:
    """Run until told to stop; a batch under way is finished. A failing drain waits, the others go on.

    Return which drains were left in the middle of a batch, since they may be: their threads go on until the process ends.

    Raises:
        DrainDied: one broke down for good, as when a native library panics; all were stopped, to be started afresh.
    """
    died: list[str] = []
    heart = Heart().start()
    threads = {
        name: threading.Thread(target=_run_one, args=(name, drain, stop, died, heart), name=f"drain {name}")
        for name, drain in drains.items()
    }
    for thread in threads.values():
        thread.start()
    stop.wait()
    leavable = [name for name, drain in drains.items() if isinstance(drain, LeavableDrain) and drain.may_be_left]
    patient_until = time.monotonic() + LEAVE_SECONDS
    for name in sorted(threads, key=lambda one: one in leavable):
        patience = max(patient_until - time.monotonic(), 0) if name in leavable else None
        threads[name].join(patience)
    heart.stop()
    if died:
        raise DrainDied(", ".join(died))
    return [name for name, thread in threads.items() if thread.is_alive()]


def _run_one(name: str, drain: Drain, stop: threading.Event, died: list[str], heart: Heart) -> None:
    with noted(drain=name):
        try:
            _run_until(name, drain, stop, heart)
            if isinstance(drain, FinishingDrain):
                drain.finish()
        except BaseException as error:
            logger.critical("Drain %s died: %s", name, describe(error), exc_info=error)
            died.append(name)
            stop.set()
        finally:
            connections.close_all()


def _run_until(name: str, drain: Drain, stop: threading.Event, heart: Heart) -> None:
    idle, failure = IDLE_SECONDS, FAILURE_SECONDS
    while not stop.is_set():
        heart.mark(name)
        try:
            taken = drain.run_batch()
        except Exception as error:
            # Whatever it is, the work is still in its table: say so and try again.
            logger.error("Drain %s: %s", name, describe(error), exc_info=error)
            close_old_connections()
            stop.wait(failure)
            failure = min(failure * 2, LONGEST_FAILURE_SECONDS)
            continue
        failure = FAILURE_SECONDS
        if taken:
            idle = IDLE_SECONDS
        else:
            stop.wait(idle)
            idle = min(idle * 1.5, LONGEST_IDLE_SECONDS)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def _stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    return stop
