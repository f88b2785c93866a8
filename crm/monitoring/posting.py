"""Posting to an address that an administrator entered, without becoming anybody's way into our own network.

Only by https, never to a private address whatever the name resolves to, no redirect, and no more seconds than allowed. The name is
resolved once, and that address is connected to. Where a pager of our own stands in a private network, the environment names it
(`ALERT_WEBHOOK_HOSTS`): it is who runs the machines that opens this door, not who may enter the admin.
"""

import http.client
import time
from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext as _
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from crm.guarded_connection import HTTPS_PORT, GuardedConnection, PrivateAddress, addresses_of
from crm.monitoring.findings import within

SECONDS = 5.0
PORTS = frozenset({HTTPS_PORT, 8443})


class PostError(Exception):
    """It was not taken. Never carries the address, which may hold a token."""


def post(url: str, body: bytes, *, headers: Mapping[str, str], seconds: float = SECONDS) -> None:
    """Post a body and see that it is taken (any 2xx).

    Raises:
        PostError: it may not be posted there, or was not taken.
    """
    target = checked(url)
    try:
        status = _post(target, body, headers, seconds)
    except PrivateAddress:
        raise PostError(_("It leads into a private network.")) from None
    except TimeoutError:
        raise PostError(_("too slow")) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PostError(type(error).__name__) from None
    if not 200 <= status < 300:
        raise PostError(_("answered %(status)d") % {"status": status})


def checked(url: str) -> Url:
    """Return an address in its parts that may be posted to. Nothing is resolved or asked for it.

    Raises:
        PostError: it may not.
    """
    try:
        parts = parse_url(url)
    except LocationParseError:
        raise PostError(_("This is no address.")) from None
    if _is_ours(parts):
        return parts
    if parts.scheme != "https" or not parts.host or parts.auth or parts.port not in (None, *PORTS):
        raise PostError(_("It has to be an https address without a name and password in it."))
    return parts


def _is_ours(target: Url) -> bool:
    """Tell whether the environment names this host, with its port where it is not the usual one."""
    return target.scheme in ("http", "https") and not target.auth and target.netloc in settings.ALERT_WEBHOOK_HOSTS


def _post(target: Url, body: bytes, headers: Mapping[str, str], seconds: float) -> int:
    deadline = time.monotonic() + seconds
    addresses = within(seconds, lambda: addresses_of(target, may_be_private=_is_ours(target)))
    connection = GuardedConnection(target, addresses, deadline)
    try:
        connection.request("POST", target.request_uri, body=body, headers=dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        if connection.is_late:
            raise TimeoutError from None
        raise
    finally:
        connection.end()
