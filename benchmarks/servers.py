"""The project's processes, for as long as a benchmark needs them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def process(*words: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command while the block runs."""
    with subprocess.Popen(words, env={**os.environ, **environment}) as running:  # noqa: S603 - our own words
        try:
            yield running
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=20)


@contextmanager
def web(port: int, *, workers: int = 1, settings: str = "config.settings") -> Iterator[subprocess.Popen[bytes]]:
    """Serve the project as its Procfile does."""
    granian = str(Path(sys.executable).with_name("granian"))
    words = [
        granian, "--interface", "wsgi", "--http", "1", "--no-ws", "--port", str(port), "--workers", str(workers),
        "--blocking-threads", os.environ.get("WEB_THREADS", "4"), "--backlog", "2048", "--no-access-log",
        "--log-level", "error", "config.wsgi:application",
    ]  # fmt: skip
    with process(*words, DJANGO_SETTINGS_MODULE=settings) as running:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield running


@contextmanager
def drain() -> Iterator[subprocess.Popen[bytes]]:
    """Run one ingest process."""
    with process(sys.executable, "manage.py", "drain", "deliveries", "spool") as running:
        yield running
