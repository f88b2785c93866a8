"""Our webhook endpoint on a real port, in one thread of the test's process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from django.core.handlers.wsgi import WSGIHandler
from django.db import connections

from messaging.ingest.database import database


class _Quiet(WSGIRequestHandler):
    timeout = 5.0

    def log_message(self, format: str, *args: Any) -> None:
        """Leave standard error alone."""


@contextmanager
def open_door() -> Iterator[str]:
    """Serve while the block runs; yield the address."""
    server = WSGIServer(("127.0.0.1", 0), _Quiet)
    server.request_queue_size = 64
    server.set_app(WSGIHandler())

    def _serve() -> None:
        server.serve_forever(poll_interval=0.05)
        database.close()
        connections.close_all()

    thread = threading.Thread(target=_serve, name="door")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
