"""Signs of life: who runs, as the tables know it, so that it can be told without a broker."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error, connection
from django.utils import timezone

from crm.log_format import describe
from crm.models import Heartbeat

logger = logging.getLogger(__name__)

EVERY_SECONDS = 15.0
#: How long the end of a process waits for its signs to be taken away; a database that hangs must not keep it.
LEAVING_SECONDS = 1.0
#: How long a row of a process that was killed stays, for who looks where it ran.
KEPT = timedelta(days=1)
WORKER, BEAT = "worker", "beat"

WRITE = """
    INSERT INTO crm_heartbeat AS known (name, host, pid, started_at, seen_at)
    SELECT name, %(host)s, %(pid)s, now(), now() FROM unnest(%(names)s::text[]) AS name ORDER BY name
    ON CONFLICT (name, host, pid) DO UPDATE SET seen_at = now()
"""


class Heart:
    """Leaves the signs of life of this process: of each name that has done something since the last time.

    A name is marked by whoever goes through its loop, so that one that hangs falls silent. Its thread never disturbs the work: what
    goes wrong with a sign is logged, and left out.
    """

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        self.every = every
        self.host, self.pid = socket.gethostname()[:255], os.getpid()
        self._marked: set[str] = set()
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def mark(self, name: str) -> None:
        """Note that it lives."""
        self._marked.add(name)

    def start(self) -> "Heart":
        self._thread.start()
        return self

    def stop(self) -> None:
        """End, and take the signs away: who stopped in an orderly way is not there any more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(LEAVING_SECONDS)

    def beat(self) -> int:
        """Write the signs of what was marked; return how many."""
        with self._lock:
            marked, self._marked = self._marked, set()
            if not marked:
                return 0
            with connection.cursor() as cursor:
                cursor.execute(WRITE, {"host": self.host, "pid": self.pid, "names": sorted(marked)})
            self._known |= marked
        return len(marked)

    def leave(self) -> None:
        """Take the signs of this process away, and those of processes that are long gone."""
        Heartbeat.objects.filter(host=self.host, pid=self.pid, name__in=self._known).delete()
        Heartbeat.objects.filter(seen_at__lt=timezone.now() - KEPT).delete()

    def _run(self) -> None:
        wait = min(1.0, self.every)  # those that begin with the process are marked within moments
        while not self._stop.wait(wait):
            wait = self.every
            self._try(self.beat)
        self._try(self.leave)

    def _try(self, do: Callable[[], object]) -> None:
        try:
            do()
        except Error as error:
            logger.warning("No sign of life could be left: %s", describe(error))
        finally:
            connection.close()


def keep_marking(name: str) -> Heart:
    """Leave signs of life of a process whose loop is not ours, for as long as it lives."""
    heart = _Steady(name)
    heart.start()
    return heart


class _Steady(Heart):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def beat(self) -> int:
        self.mark(self.name)
        return super().beat()


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest sign of life of a name, and in how many processes it was seen within the time that counts."""

    at: datetime
    processes: int


def seen(within: timedelta) -> dict[str, Seen]:
    """Return what was seen, by name."""
    since = timezone.now() - within
    rows = Heartbeat.objects.order_by().values_list("name", "seen_at")
    found: dict[str, Seen] = {}
    for name, at in rows:
        before = found.get(name, Seen(at, 0))
        found[name] = Seen(max(at, before.at), before.processes + (at >= since))
    return found


def silent(names: Iterable[str], within: timedelta) -> dict[str, datetime | None]:
    """Return those of which no process was seen lately, with when one was last."""
    known = seen(within)
    return {
        name: known[name].at if name in known else None
        for name in names
        if name not in known or not known[name].processes
    }
