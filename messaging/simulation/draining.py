"""Waiting until everything that was accepted has been read."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import OperationalError, close_old_connections

from messaging.ingest import spool
from messaging.models import WebhookDelivery

POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is still to be read: rows in the inbox table, files in this machine's spool. `away`: nobody can tell."""

    pending: int = 0
    spooled: int = 0
    away: bool = False

    def __bool__(self) -> bool:
        return bool(self.pending or self.spooled or self.away)

    def __str__(self) -> str:
        if self.away:
            return "the database is away"
        return f"{self.pending} deliveries waiting in the table, {self.spooled} in {settings.SPOOL_DIR}"


class StillWaiting(Exception):
    """Nothing has moved for a long time; the message says what is stuck."""


def what_waits(channel_ids: Iterable[int]) -> Waiting:
    """Look what is still to be read of these channels; the spool is looked at as a whole."""
    close_old_connections()
    spooled = len(spool.waiting())  # before the table, into which the files move
    try:
        pending = WebhookDelivery.objects.pending().filter(channel_id__in=list(channel_ids)).count()
    except OperationalError:  # it may be on its way back
        return Waiting(spooled=spooled, away=True)
    return Waiting(pending, spooled)


def wait_until_drained(
    channel_ids: Iterable[int], *, patience: float, moved: Callable[[Waiting], None] = lambda waiting: None
) -> None:
    """Return once nothing waits; `patience` is how many seconds may pass without anything moving.

    Raises:
        StillWaiting: they passed.
    """
    channels = list(channel_ids)
    last: Waiting | None = None
    moved_at = time.monotonic()
    while True:
        waiting = what_waits(channels)
        if not waiting:
            return
        if waiting != last:
            last, moved_at = waiting, time.monotonic()
            moved(waiting)
        if time.monotonic() - moved_at > patience:
            raise StillWaiting(f"Nothing has moved for {patience:.0f} s: {waiting}. Is the drain running?")
        time.sleep(POLL_SECONDS)
