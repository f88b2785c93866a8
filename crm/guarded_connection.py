"""Asking an address that came from outside, without becoming anybody's way into our own network.

The name is resolved once, and what it resolved to is connected to; nothing takes more seconds than allowed.
"""

import http.client
import socket
import ssl
import threading
import time
from contextlib import suppress

from urllib3.util import Url

from crm.public_addresses import is_public

CONNECT_SECONDS = 5.0
HTTPS_PORT, HTTP_PORT = 443, 80


class PrivateAddress(Exception):
    """The host leads into a private network."""


def addresses_of(target: Url, *, may_be_private: bool = False) -> list[tuple[str, int]]:
    """Resolve the host of an address in its parts, once, and return what to connect to.

    Raises:
        PrivateAddress: some of it is private, and may not be.
        OSError, UnicodeError: the name leads nowhere.
    """
    host = (target.host or "").strip("[]")
    port = target.port or (HTTPS_PORT if target.scheme == "https" else HTTP_PORT)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(place[0]) for *_rest, place in found))
    if not may_be_private and not all(map(is_public, addresses)):
        raise PrivateAddress
    return [(address, port) for address in addresses]


class GuardedConnection(http.client.HTTPConnection):
    """A connection to the address that was checked, in the name that was asked for, which is cut at its deadline."""

    def __init__(self, target: Url, addresses: list[tuple[str, int]], deadline: float) -> None:
        self.is_secure = target.scheme == "https"
        self.default_port = HTTPS_PORT if self.is_secure else HTTP_PORT
        super().__init__(target.host or "", target.port or self.default_port, timeout=CONNECT_SECONDS)
        self.addresses, self.deadline, self.is_late = addresses, deadline, False
        self._wire: socket.socket | None = None
        self._cutter: threading.Timer | None = None

    def connect(self) -> None:
        self.sock = self._reach()
        if self.is_secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        self._wire = self.sock
        self._cutter = threading.Timer(self._left(), self._cut)
        self._cutter.daemon = True
        self._cutter.start()
        self.sock.settimeout(self._left())
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.do_handshake()

    def end(self) -> None:
        """Close it for good; `close` is called as soon as an answer has begun that ends with the connection."""
        if self._cutter:
            self._cutter.cancel()
        self.close()

    def _reach(self) -> socket.socket:
        error: OSError = ConnectionError()
        for address in self.addresses:
            try:
                return socket.create_connection(address, timeout=min(CONNECT_SECONDS, self._left()))
            except OSError as failure:
                error = failure
        raise error

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            self.is_late = True
            raise TimeoutError
        return left

    def _cut(self) -> None:
        """End it, whatever it waits for: a host that sends a byte now and then never runs into a timeout of the socket."""
        self.is_late = True
        if self._wire is not None:
            with suppress(OSError):  # it has just ended by itself
                socket.socket.shutdown(
                    self._wire, socket.SHUT_RDWR
                )  # not TLS's, which would unwrap it under the reader
