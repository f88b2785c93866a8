"""`python -m crm.processes.keeper NAME OWNER_PID`: keep one process of the Procfile running.

It is started again when it dies, later and later where it keeps dying. When we are told to stop, or the owner ends in
whatever way, it is stopped with all that it started. Our own command line names the process only, not its command, so
that whoever kills the process by its command line does not hit us.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType

from crm.processes.lifeline import Lifeline, die_with_parent
from crm.processes.procfile import ROOT, commands, environment

STEADY_SECONDS = 5.0  # who lived that long is started again at once
FIRST_DELAY, LONGEST_DELAY = 0.2, 5.0
GRACE_SECONDS = 4.0
#: What has to be finished takes longer than that only where a platform is slow to answer: see `messaging.channels.http`.
PATIENCE: dict[str, float] = {"send": 55.0}
#: What people wait for starts first: the others begin when it listens, or so many seconds later.
FIRST, HEAD_START_SECONDS = "web", 4.0


class Keeper:
    """Runs one command over and over."""

    def __init__(self, name: str, command: str, owner: Lifeline) -> None:
        self.name, self.command, self.owner = name, command, owner
        self.stopping = False
        self._wakeups, wakeup_end = os.pipe()
        for descriptor in (self._wakeups, wakeup_end):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wakeup_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)  # only to be woken

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def run(self) -> None:
        """Return when told to stop, with nothing left behind."""
        delay = FIRST_DELAY
        if self.name != FIRST:
            self._let_the_first_begin()
        while not self._over():
            started = time.monotonic()
            child = self._start()
            while child.poll() is None and not self._over():
                self._sleep(None)
            self._end(child)
            if self._over():
                return
            delay = FIRST_DELAY if time.monotonic() - started > STEADY_SECONDS else min(delay * 2, LONGEST_DELAY)
            self._say(f"ended ({_how(child.returncode)}), starts again in {delay:.1f} s")
            resume = time.monotonic() + delay
            while not self._over() and time.monotonic() < resume:
                self._sleep(resume - time.monotonic())

    def _let_the_first_begin(self) -> None:
        until = time.monotonic() + HEAD_START_SECONDS
        while not self._over() and time.monotonic() < until and not _listens():
            self._sleep(0.1)

    def _over(self) -> bool:
        self.stopping = self.stopping or self.owner.ended()
        return self.stopping

    def _start(self) -> subprocess.Popen[bytes]:
        us = os.getpid()
        return subprocess.Popen(  # noqa: S603 - our Procfile
            ["/bin/sh", "-c", f"exec {self.command}"],
            cwd=ROOT,
            env=environment(),
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(signal.SIGTERM, us),
        )

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        """Stop a process and everything it started, politely first."""
        with suppress(ProcessLookupError):
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
        began, patience, said = time.monotonic(), PATIENCE.get(self.name, GRACE_SECONDS), False
        while child.poll() is None and time.monotonic() < began + patience:
            self._sleep(0.1)
            if not said and time.monotonic() > began + GRACE_SECONDS:
                self._say(f"finishes what is under way, for up to {patience:.0f} s")
                said = True
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)  # workers of a killed process, which would keep its port
        child.wait()

    def _sleep(self, seconds: float | None) -> None:
        """Wait for a signal, the owner's end, or so many seconds."""
        watched = [self._wakeups]
        if self.owner.fileno() >= 0 and not self.stopping:
            watched.append(self.owner.fileno())
        else:
            seconds = min(seconds or 1.0, 1.0)
        if self._wakeups in select.select(watched, [], [], seconds)[0]:
            os.read(self._wakeups, 512)

    def _say(self, text: str) -> None:
        with suppress(OSError):  # whoever read our output may be gone
            sys.stdout.write(f"{self.name} {text}\n")
            sys.stdout.flush()


def _listens() -> bool:
    """Say whether the web process takes connections."""
    host = os.environ.get("BIND_HOST", "127.0.0.1")
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - whoever listens everywhere listens there
    try:
        socket.create_connection((everywhere.get(host, host), int(os.environ.get("PORT", "8000"))), timeout=1).close()
    except OSError:
        return False
    return True


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


if __name__ == "__main__":
    Keeper(sys.argv[1], commands()[sys.argv[1]], Lifeline(int(sys.argv[2]))).run()
