"""Starting our programs quickly: each is forked off a process that has loaded what all of them need.

The first such process knows other people's packages and nothing of ours. Another is forked off it for each environment, in
which it reads the settings and loads the models. Nothing else is done before a program begins, no connection made and no thread
started, so it is a process like any other to whoever kills it. What Python loads is nine tenths of what a start costs.
"""

import atexit
import functools
import gc
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


class Launcher:
    """A process that programs are forked off; it ends when this object is closed, or with the test process."""

    def __init__(self, control: socket.socket, environment: Mapping[str, str] | None = None) -> None:
        self._control, self.environment = control, environment

    def launch(
        self, arguments: Sequence[str], environment: Mapping[str, str], output: IO[Any], errors: IO[Any] | None = None
    ) -> Launched:
        """Start `python manage.py ...`, `granian ...` or `celery ...` in a session of its own, in the repository's folder."""
        news, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            order = json.dumps([list(arguments), dict(environment)]).encode()
            socket.send_fds(self._control, [order], [theirs.fileno(), output.fileno(), (errors or output).fileno()])
        return Launched(arguments, int(news.recv(MESSAGE)), news)

    def prepared(self, environment: Mapping[str, str]) -> "Launcher":
        """Return another for programs of one environment, which has read the settings and loaded the models."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            socket.send_fds(self._control, [json.dumps([[], dict(environment)]).encode()], [theirs.fileno()])
        return Launcher(ours, dict(environment))

    def close(self) -> None:
        self._control.close()


def launch(
    arguments: Sequence[str], environment: Mapping[str, str], output: IO[Any], errors: IO[Any] | None = None
) -> Launched:
    """Start a program in an environment of which nothing is loaded yet, see `Launcher.launch`."""
    return launcher().launch(arguments, environment, output, errors)


def expanded(name: str, environment: Mapping[str, str]) -> list[str]:
    """Return the words of a process of the Procfile in an environment."""
    words = ["/bin/sh", "-c", f'printf "%s\\n" {commands()[name]}']
    return subprocess.run(words, env=dict(environment), capture_output=True, text=True, check=True).stdout.split()


def completed(
    arguments: Sequence[str], environment: Mapping[str, str], of: Launcher | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return its code and what it printed."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        code = (of or launcher()).launch(arguments, environment, output, errors).wait()
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(arguments, code, output.read(), errors.read())


@functools.cache
def launcher() -> Launcher:
    """Return this test process's launcher, which knows nothing of ours."""
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
    return Launcher(ours)


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
    _serve(control)


def _serve(control: socket.socket) -> None:
    """Start what is asked for. Returns in this process when nobody is left to ask, and in a program's at its end."""
    while True:
        order, files, _flags, _address = socket.recv_fds(control, MESSAGE, 3)
        if not order:
            return
        if os.fork() == 0:
            control.close()
            arguments, environment = json.loads(order)
            if arguments:
                _watch(socket.socket(fileno=files[0]), files[1:])
                _become(arguments, environment)
            else:
                _prepare(environment)
                _serve(socket.socket(fileno=files[0]))
            return
        for file in files:
            os.close(file)


def _prepare(environment: dict[str, str]) -> None:
    """Load what every program loads that works in this environment."""
    import django

    os.environ.clear()
    os.environ.update(environment)
    django.setup()
    gc.freeze()  # what is loaded stays, and shared


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
