"""Fetching files from addresses that came from outside, without becoming anybody's way into our own network.

Only hosts of a list, only by https, never a private address whatever the name resolves to, no redirect, and never more bytes or
seconds than allowed. The name is resolved once, and that address is connected to.
"""

import http.client
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.conf import settings
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from crm.guarded_connection import HTTPS_PORT, GuardedConnection, PrivateAddress, addresses_of
from crm.models.channel import Platform
from messaging.sniffing import sniff

SECONDS = 20.0
CHUNK = 64 * 1024

#: Where each platform keeps files. An entry that begins with a dot stands for all hosts below it.
META_HOSTS = frozenset({".fbcdn.net", ".fbsbx.com", ".cdninstagram.com"})
HOSTS: Mapping[str, frozenset[str]] = {
    Platform.MESSENGER: META_HOSTS,
    Platform.INSTAGRAM: META_HOSTS,
    Platform.WHATSAPP: META_HOSTS,
    Platform.TELEGRAM: frozenset({"api.telegram.org"}),
    Platform.TWILIO: frozenset({"api.twilio.com", ".twiliocdn.com"}),
}


class Why(StrEnum):
    """Why a file was not fetched."""

    ADDRESS = "address"
    REDIRECT = "redirect"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    ENCODED = "encoded"
    UNREACHABLE = "unreachable"
    STATUS = "status"


class FetchError(Exception):
    """A file was not fetched. Never carries its address, which may hold a token.

    `status` is what the host answered, if it did; `location` where it redirects to, for callers who may go on there.
    """

    def __init__(self, why: Why, detail: str = "", *, status: int = 0, location: str = "") -> None:
        super().__init__(f"{why.value} {detail or status or ''}".strip())
        self.why, self.status, self.location = why, status, location

    @property
    def retryable(self) -> bool:
        """Whether it may go better later."""
        if self.why == Why.STATUS:
            return self.status >= 500 or self.status in (408, 425, 429)
        return self.why in (Why.TOO_SLOW, Why.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file: its bytes, what they are by their look (`application/octet-stream`: unknown), and what the host calls them."""

    content: bytes = field(repr=False)
    mime_type: str
    declared_type: str = ""


def fetch(
    url: str,
    *,
    hosts: Collection[str],
    most_bytes: int,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> Fetched:
    """Fetch a file of up to `most_bytes` from one of `hosts` within `seconds`.

    Raises:
        FetchError: it may not be fetched, is not there, or is more than was allowed.
    """
    deadline = time.monotonic() + seconds
    target = _checked(url, hosts)
    connection = GuardedConnection(target, _addresses(target), deadline)
    try:
        connection.request("GET", target.request_uri, headers={"Accept-Encoding": "identity", **(headers or {})})
        with connection.getresponse() as response:
            fetched = _read(response, most_bytes)
        if connection.is_late:  # it was cut, and looks complete where the host had not said how long it is
            raise TimeoutError
        return fetched
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = Why.TOO_SLOW if connection.is_late or isinstance(error, TimeoutError) else Why.UNREACHABLE
        raise FetchError(why, type(error).__name__) from None
    finally:
        connection.end()


def may_be_fetched(url: str, hosts: Collection[str]) -> bool:
    """Tell whether an address is one of these hosts' that may be asked at all. Nothing is resolved or asked for it."""
    try:
        _checked(url, hosts)
    except FetchError:
        return False
    return True


def _checked(url: str, hosts: Collection[str]) -> Url:
    """Return an address in its parts that may be asked."""
    try:
        parts = parse_url(url)
    except LocationParseError:
        raise FetchError(Why.ADDRESS, "unreadable") from None
    if _is_stand_in(parts):
        return parts
    if parts.scheme != "https" or parts.auth or parts.port not in (None, HTTPS_PORT):
        raise FetchError(Why.ADDRESS, "scheme")
    host = parts.host or ""
    if not any(host.endswith(allowed) if allowed.startswith(".") else host == allowed for allowed in hosts):
        raise FetchError(Why.ADDRESS, "host")
    return parts


def _is_stand_in(parts: Url) -> bool:
    """Tell whether the operator put a stand-in of the platforms there: an API's address in the settings that is not even https."""
    if parts.scheme != "http" or parts.auth:
        return False
    apis = (settings.GRAPH_API_URL, settings.INSTAGRAM_API_URL, settings.TELEGRAM_API_URL, settings.TWILIO_API_URL)
    return parts.netloc in {known.netloc for known in map(parse_url, apis) if known.scheme == "http"}


def _addresses(target: Url) -> list[tuple[str, int]]:
    """Resolve the host, once; none of what it resolves to may be private."""
    try:
        return addresses_of(target, may_be_private=_is_stand_in(target))
    except PrivateAddress:
        raise FetchError(Why.ADDRESS, "private") from None
    except (OSError, UnicodeError):
        raise FetchError(Why.UNREACHABLE, "name") from None


def _read(response: http.client.HTTPResponse, most_bytes: int) -> Fetched:
    status = response.status
    if 300 <= status < 400:
        raise FetchError(Why.REDIRECT, status=status, location=response.headers.get("Location", ""))
    if status != http.client.OK:
        raise FetchError(Why.STATUS, status=status)
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise FetchError(Why.ENCODED)
    if (response.length or 0) > most_bytes:
        raise FetchError(Why.TOO_LARGE)
    content = bytearray()
    while chunk := response.read(CHUNK):
        content += chunk
        if len(content) > most_bytes:
            raise FetchError(Why.TOO_LARGE)
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    whole = bytes(content)
    return Fetched(whole, sniff(whole), response.headers.get_content_type())
