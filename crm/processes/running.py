"""Running all processes of the Procfile until told to stop: one run a tree, on a port that is free."""

import errno
import fcntl
import os
import shlex
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import honcho.manager
import psutil
from honcho.manager import Manager
from honcho.printer import Printer

from crm.processes.keeper import PATIENCE
from crm.processes.procfile import ROOT, commands, environment

LONGEST_STOP_SECONDS = max(PATIENCE.values()) + 5.0
REMNANT_SECONDS = LONGEST_STOP_SECONDS  # what a killed run may take to be cleared away by its keepers
SIGINT_CODE, SIGTERM_CODE = 130, 143  # honcho's


class CannotRun(RuntimeError):
    """The processes cannot be started; the message says why and what to do."""


@contextmanager
def only_run(lock: Path) -> Iterator[bool]:
    """Be the only run with this lock file; yield whether the run before was killed and may still be ending.

    The forks that honcho makes of us hold the lock too, so after a kill it is free when their processes are gone.

    Raises:
        CannotRun: another one runs.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+") as file:
        deadline = time.monotonic() + REMNANT_SECONDS
        while not _locked(file.fileno()):
            file.seek(0)
            pid = _number(file.read())
            if _alive(pid) or time.monotonic() > deadline:
                raise CannotRun(f"Migochat runs here already (process {pid}). Stop that one first, or use it.")
            time.sleep(0.1)
        file.seek(0)
        killed = bool(file.read())
        _rewrite(lock, str(os.getpid()))
        yield killed
        _rewrite(lock, "")


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _alive(pid: int) -> bool:
    try:
        return pid > 0 and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _rewrite(path: Path, text: str) -> None:
    with path.open("r+") as file:
        file.truncate()
        file.write(text)


def require_free_port(host: str, port: int, patience: float = 0) -> None:
    """See that we can listen there, within `patience` seconds.

    Raises:
        CannotRun: we cannot.
    """
    deadline = time.monotonic() + patience
    while trouble := _trouble_with(host, port):
        if time.monotonic() >= deadline:
            raise CannotRun(trouble)
        time.sleep(0.1)


def _trouble_with(host: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen()
    except PermissionError:
        return f"Port {port} is for the system administrator only. Choose one above 1023: make run PORT=8001"
    except (OSError, OverflowError) as error:
        if getattr(error, "errno", 0) == errno.EADDRINUSE:
            return (
                f"Port {port} is in use by another program. Stop that, or take another port: make run PORT={port + 1}"
            )
        return f"Cannot listen on {host} port {port}: {error}"
    return ""


def run_processes() -> int:
    """Run every process of the Procfile until Ctrl-C or SIGTERM; return the exit code."""
    honcho.manager.KILL_WAIT = LONGEST_STOP_SECONDS  # keepers know how long their process may take, and end in time
    manager = Manager(Printer(sys.stdout))
    keeper = f"exec {shlex.quote(sys.executable)} -m crm.processes.keeper"
    for name in commands():
        manager.add_process(name, f"{keeper} {name} {os.getpid()}", env=environment(), cwd=str(ROOT))
    with suppress(BrokenPipeError):  # nobody reads our output any more
        manager.loop()
    if manager.returncode == SIGTERM_CODE:
        return 0
    return SIGINT_CODE if manager.returncode == SIGINT_CODE else 1
