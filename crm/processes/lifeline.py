"""Ending with another process, however it ends."""

import ctypes
import os
import select
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(number: int = signal.SIGTERM, parent: int | None = None) -> None:
    """Ask the kernel for a signal when our parent ends (Linux; elsewhere nothing happens).

    `parent` is its process id where known: then a parent that has ended before we asked is noticed as well.
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), number)


class Lifeline:
    """Tells when some process has ended, also where it is not our parent or its number was given to another."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = -1
        self._ended = False
        if hasattr(os, "pidfd_open"):
            try:
                self._descriptor = os.pidfd_open(pid)
            except OSError as error:  # where the kernel has no such call, `ended` asks by number
                self._ended = isinstance(error, ProcessLookupError)

    def fileno(self) -> int:
        """Return a descriptor that becomes readable when the process ends; -1: there is none, so ask now and then."""
        return self._descriptor

    def ended(self) -> bool:
        if self._descriptor >= 0:
            return bool(select.select([self._descriptor], [], [], 0)[0])
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            self._ended = True
        return self._ended
