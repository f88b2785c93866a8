"""Starting our programs quickly: each is forked off a process that has loaded the packages which all of them need.

That process knows nothing of ours, no settings and no module, so each program still begins with its own environment, and is a
process like any other to whoever kills it. What Python loads of other people's is three quarters of what a start costs.
"""

import atexit
import functools
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn

from crm.processes.procfile import ROOT, commands

MESSAGE = 1 << 20
#: What only tests need.
OF_TESTS = {"_pytest", "execnet", "playwright", "pytest", "pytest_django", "xdist"}


class Launched:
    """A program under way, to be used as `subprocess.Popen` is."""

    def __init__(self, arguments: Sequence[str], pid: int, news: socket.socket) -> None:
        self.args, self.pid = arguments, pid
        self.returncode: int | None = None
        self._news = news

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit code. Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            if not select.select([self._news], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(self._news.recv(MESSAGE))
            self._news.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def launch(
    arguments: Sequence[str], environment: Mapping[str, str], output: IO[Any], errors: IO[Any] | None = None
) -> Launched:
    """Start `python manage.py ...`, `granian ...` or `celery ...` in a session of its own, in the repository's folder."""
    news, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        order = json.dumps([list(arguments), dict(environment)]).encode()
        socket.send_fds(_launcher(), [order], [theirs.fileno(), output.fileno(), (errors or output).fileno()])
    return Launched(arguments, int(news.recv(MESSAGE)), news)


def launch_process(name: str, environment: Mapping[str, str], output: IO[Any]) -> Launched:
    """Start a process of the Procfile."""
    words = ["/bin/sh", "-c", f'printf "%s\\n" {commands()[name]}']
    expanded = subprocess.run(words, env=dict(environment), capture_output=True, text=True, check=True)
    return launch(expanded.stdout.split(), environment, output)


def completed(arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return its code and what it printed."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        code = launch(arguments, environment, output, errors).wait()
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(arguments, code, output.read(), errors.read())


@functools.cache
def _launcher() -> socket.socket:
    """Return the socket to this test process's launcher, which ends with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            cwd=ROOT,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.PIPE,
        )
    assert process.stdin
    with process.stdin:
        process.stdin.write("\n".join(_packages()).encode())
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


def _packages() -> Iterable[str]:
    """Return the modules of other people that a test process has loaded, in their order."""
    places = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and file.startswith(places) and name.partition(".")[0] not in OF_TESTS:
            yield name


def main(control: socket.socket) -> None:
    """Load the packages named on the standard input, then start programs until nobody is left to ask for them."""
    for name in sys.stdin.read().split():
        with suppress(Exception):  # what needs settings is loaded by each program itself
            importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        order, files, _flags, _address = socket.recv_fds(control, MESSAGE, 3)
        if not order:
            return
        if os.fork() == 0:
            control.close()
            arguments, environment = json.loads(order)
            _watch(socket.socket(fileno=files[0]), files[1:])
            _become(arguments, environment)
            return
        for file in files:
            os.close(file)


def _watch(news: socket.socket, output: Sequence[int]) -> None:
    """Return in the program's process only; the one that it is forked off tells its number and its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid:
        for file in output:
            os.close(file)
        _tell(news, pid)
    news.close()
    os.setsid()
    with open(os.devnull) as nothing:
        for file, place in zip((nothing.fileno(), *output), range(3), strict=True):
            os.dup2(file, place)
    for file in output:
        os.close(file)


def _tell(news: socket.socket, pid: int) -> NoReturn:
    news.send(str(pid).encode())
    _pid, status = os.waitpid(pid, 0)
    with suppress(OSError):  # nobody wants to know any more
        news.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(arguments: list[str], environment: dict[str, str]) -> None:
    """Run a program as `python` or the shell would."""
    os.environ.clear()
    os.environ.update(environment)
    if arguments[0] == "nice":
        os.nice(10)
        del arguments[0]
    if Path(arguments[0]).name.startswith("python"):
        script = str(ROOT / arguments[1])
        sys.argv = arguments[1:]
    else:
        script = str(Path(sys.executable).with_name(arguments[0]))
        sys.argv = [script, *arguments[1:]]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as control:
        main(control)
