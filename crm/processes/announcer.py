"""Telling the person at the terminal when everything is up."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

SOON_SECONDS = 60


def announce_when_ready(url: str, host: str, ready: Callable[[], None], late: Callable[[], None]) -> None:
    """Watch `url` in the background: call `ready` when it answers 200, `late` where that takes over a minute.

    `host` is a name that the application answers to, whatever address `url` reaches it at.
    """
    threading.Thread(target=_watch, args=(url, host, ready, late), name="announcer", daemon=True).start()


def _watch(url: str, host: str, ready: Callable[[], None], late: Callable[[], None]) -> None:
    request = urllib.request.Request(url, headers={"Host": host})  # noqa: S310 - our own address
    deadline = time.monotonic() + SOON_SECONDS
    while not _answers(request):
        time.sleep(0.1)
        if time.monotonic() > deadline:
            late()
            deadline = float("inf")
    ready()


def _answers(request: urllib.request.Request) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
