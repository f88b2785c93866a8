"""How to get at the file of an attachment, by platform. What a platform's token may ask is asked of its own hosts only.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
https://core.telegram.org/bots/api#getfile
https://www.twilio.com/docs/messaging/api/media-resource
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin

import urllib3
from django.conf import settings

from crm.models.channel import Platform
from messaging.channels.contract import Credentials
from messaging.channels.meta_sending import graph
from messaging.channels.outbound import Reason, SendError
from messaging.channels.reading import object_of, text_of
from messaging.channels.telegram_sending import call
from messaging.channels.whatsapp_sending import WHATSAPP_REASONS
from messaging.fetching import HOSTS, META_HOSTS, Fetched, FetchError, Why, fetch, may_be_fetched

SECONDS = 60.0
#: What a bot may fetch.
TELEGRAM_BYTES = 20 * 1024 * 1024
TWILIO_API, TWILIO_FILES = frozenset({"api.twilio.com"}), frozenset({".twiliocdn.com"})
#: An address that WhatsApp told holds for five minutes: where it no longer does, a new one is asked for.
EXPIRED = frozenset({401, 403, 404, 410})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What we know of a file: its address, its id on the platform, and its size in bytes if the platform said it (else 0)."""

    url: str = ""
    external_id: str = ""
    size: int = 0


def can_be_asked_for(platform: str, wanted: Wanted) -> bool:
    """Tell whether there is a file to be had: an id to ask for, or an address where the platform keeps files."""
    if platform in (Platform.WHATSAPP, Platform.TELEGRAM):
        return bool(wanted.external_id)
    return may_be_fetched(wanted.url, TWILIO_API if platform == Platform.TWILIO else HOSTS[platform])


def ask_for_file(platform: str, wanted: Wanted, credentials: Credentials, most_bytes: int) -> Fetched:
    """Fetch a file of up to `most_bytes`.

    Raises:
        SendError: it is not to be had, or not now; `code` begins with a `messaging.fetching.Why` where we refused it.
    """
    if wanted.size > most_bytes:
        raise SendError(Reason.REFUSED, Why.TOO_LARGE)
    return _ASKING[Platform(platform)](wanted, credentials, most_bytes)


def _meta(wanted: Wanted, credentials: Credentials, most_bytes: int) -> Fetched:
    return _fetch(wanted.url, META_HOSTS, most_bytes)


def _whatsapp(wanted: Wanted, credentials: Credentials, most_bytes: int) -> Fetched:
    """Ask for its address, which needs the token as well."""
    if not wanted.external_id.isalnum():
        raise SendError(Reason.REFUSED, Why.ADDRESS)
    told, _ = graph("GET", quote(wanted.external_id), credentials, reasons=WHATSAPP_REASONS)
    size = told.get("file_size")
    if isinstance(size, int) and size > most_bytes:
        raise SendError(Reason.REFUSED, Why.TOO_LARGE)
    headers = {"Authorization": f"Bearer {_secret(credentials, 'access_token')}"}
    return _fetch(text_of(told.get("url")), META_HOSTS, most_bytes, headers=headers, again=EXPIRED)


def _telegram(wanted: Wanted, credentials: Credentials, most_bytes: int) -> Fetched:
    most_bytes = min(most_bytes, TELEGRAM_BYTES)
    if wanted.size > most_bytes:
        raise SendError(Reason.REFUSED, Why.TOO_LARGE)
    file = object_of(call("getFile", credentials, {"file_id": wanted.external_id}))
    path = text_of(file.get("file_path"))
    if not path or ".." in path:
        raise SendError(Reason.REFUSED, Why.ADDRESS)
    url = f"{settings.TELEGRAM_API_URL}/file/bot{_secret(credentials, 'bot_token')}/{quote(path)}"
    return _fetch(url, HOSTS[Platform.TELEGRAM], most_bytes, again=EXPIRED)


def _twilio(wanted: Wanted, credentials: Credentials, most_bytes: int) -> Fetched:
    """Go on from the API, which asks who we are, to where the file lies, which must not be told."""
    sid, token = _secret(credentials, "account_sid"), _secret(credentials, "auth_token")
    headers = dict(urllib3.make_headers(basic_auth=f"{sid}:{token}"))
    try:
        return fetch(wanted.url, hosts=TWILIO_API, most_bytes=most_bytes, headers=headers, seconds=SECONDS)
    except FetchError as error:
        if error.status == 401:
            raise SendError(Reason.SETUP, "auth_token") from None
        if not error.location:
            raise _refusal(error) from None
        location = urljoin(wanted.url, error.location)
    return _fetch(location, TWILIO_FILES, most_bytes, again=EXPIRED)


_ASKING: Mapping[Platform, Callable[[Wanted, Credentials, int], Fetched]] = {
    Platform.MESSENGER: _meta,
    Platform.INSTAGRAM: _meta,
    Platform.WHATSAPP: _whatsapp,
    Platform.TELEGRAM: _telegram,
    Platform.TWILIO: _twilio,
}


def _secret(credentials: Credentials, name: str) -> str:
    found = next(filter(None, credentials.get(name, [])), "")
    if not found or not (found.isascii() and found.isprintable()):
        raise SendError(Reason.SETUP, name)
    return found


def _fetch(
    url: str, hosts: Collection[str], most_bytes: int, *, again: Collection[int] = (), **options: Any
) -> Fetched:
    try:
        return fetch(url, hosts=hosts, most_bytes=most_bytes, seconds=SECONDS, **options)
    except FetchError as error:
        raise _refusal(error, again) from None


def _refusal(error: FetchError, again: Collection[int] = ()) -> SendError:
    """Return what a failure means; statuses in `again` may pass."""
    passes = error.retryable or (error.why == Why.STATUS and error.status in again)
    code = f"{error.why} {error.status}" if error.status else error.why.value
    return SendError(Reason.TRY_AGAIN if passes else Reason.REFUSED, code)
