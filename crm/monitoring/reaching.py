"""Whether something listens at an address, found out in a moment."""

import socket
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from crm.log_format import describe
from crm.monitoring.findings import within

PORTS = {"amqp": 5672, "amqps": 5671, "pyamqp": 5672}


def reach(url: str, seconds: float) -> str:
    """Return why nothing listens there, or `""`; the name is looked up within the time, too."""
    parts = urlsplit(url)
    address = (parts.hostname or "localhost", parts.port or PORTS.get(parts.scheme, 0))

    def connect() -> None:
        socket.create_connection(address, timeout=seconds).close()

    try:
        within(seconds, connect)
    except OSError as error:
        return _("It does not answer: %(reason)s.") % {"reason": describe(error)}
    return ""
