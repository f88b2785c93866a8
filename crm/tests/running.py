"""Running the whole of Migochat as a test's subprocess."""

import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import ClassVar

import psutil
from django.conf import settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Run:
    """One `manage.py run` with its data in `var`; its output is collected as it comes. `begun` are all since the last test."""

    begun: ClassVar[list["Run"]] = []

    def __init__(self, var: Path, port: int, *options: str, prefix: tuple[str, ...] = (), **environment: str) -> None:
        self.var, self.port, self.lines = var, port, list[str]()
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "manage.py", "run", *options],
            cwd=settings.BASE_DIR,
            env={**environment_without_database(), "VAR_DIR": str(var), "PORT": str(port), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.begun.append(self)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout:
            for line in self.process.stdout:
                self.lines.append(line)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def wait_until_up(self, seconds: float = 40) -> float:
        """Return the seconds that it took to print the address."""
        started = time.monotonic()
        while "Migochat is up" not in self.output:
            if self.process.poll() is not None or time.monotonic() - started >= seconds:
                self.process.kill()  # whoever waits in vain leaves nothing behind
                raise AssertionError(self.output)
            time.sleep(0.05)
        return time.monotonic() - started

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body of a page."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def log_in(self, email: str, password: str) -> str:
        """Log in to the admin with a browser's cookies and return the address that it ends at."""
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        address = f"http://localhost:{self.port}/admin/login/"
        with browser.open(address, timeout=10) as answer:
            page = answer.read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        form = {"username": email, "password": password, "csrfmiddlewaretoken": token[1], "next": "/healthz"}
        with browser.open(address, urllib.parse.urlencode(form).encode(), timeout=10) as answer:
            url: str = answer.geturl()
        return url

    def ended(self, seconds: float = 15) -> int:
        """Wait for its end and return the exit code."""
        code = self.process.wait(seconds)
        self._reader.join(5)
        return code

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.ended()

    def left_over(self) -> list[str]:
        """Return the command lines of all processes that belong to it."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            try:
                ours = any(str(self.var) in word for word in words) or (
                    process.pid != os.getpid() and process.environ().get("VAR_DIR") == str(self.var)
                )
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(words))
            except psutil.Error:
                continue
        return found

    def wait_until_gone(self, seconds: float = 10) -> list[str]:
        """Wait until none of its processes is left; return those that are."""
        deadline = time.monotonic() + seconds
        while (left := self.left_over()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return left


def environment_without_database() -> dict[str, str]:
    """Return our environment for a child that uses the embedded server."""
    skipped = ("DATABASE_URL", "ADMIN_EMAIL", "ADMIN_PASSWORD", "PUBLIC_BASE_URL", "ALLOWED_HOSTS", "MAKELEVEL")
    return {name: value for name, value in os.environ.items() if name not in skipped} | {"WEB_WORKERS": "1"}
