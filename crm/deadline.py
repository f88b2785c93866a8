"""A limit on how long the database may keep a web thread.

A statement timeout is kept by the server, so it does not help when the server itself hangs. Here a watching thread of ours
shuts the socket, and the waiting thread gets an error at once.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

CHECK_SECONDS = 0.1


class Deadlines:
    """Watches the connections in use by this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[int, tuple[float, int]] = {}  # thread: (when, file descriptor)
        self._pid = 0

    @contextmanager
    def limit(self, connection: psycopg.Connection[Any], seconds: float) -> Iterator[None]:
        """Shut the connection's socket when the block takes longer than `seconds`."""
        if self._pid != os.getpid():
            self._start()
        thread = threading.get_ident()
        with self._lock:
            self._watched[thread] = (time.monotonic() + seconds, connection.fileno())
        try:
            yield
        finally:
            with self._lock:
                self._watched.pop(thread, None)

    def _start(self) -> None:
        with self._lock:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                self._watched.clear()
                threading.Thread(target=self._watch, name="database deadlines", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(CHECK_SECONDS)
            now = time.monotonic()
            with self._lock:  # held while shutting, so that the number still names that connection
                for thread, (when, descriptor) in list(self._watched.items()):
                    if now > when:
                        del self._watched[thread]
                        with socket.socket(fileno=os.dup(descriptor)) as duplicate:
                            duplicate.shutdown(socket.SHUT_RDWR)


deadlines = Deadlines()
