"""Asking a platform's API, and telling what is certain about an answer that did not come.

Whatever fails before the request was on its way is tried again. Once it was, a missing answer means that nobody can know.
"""

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationParseError, NewConnectionError, SSLError

from messaging.channels.contract import MalformedPayload
from messaging.channels.outbound import Reason, SendError
from messaging.channels.reading import load_object

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 30.0
ANSWER_BYTES = 1024 * 1024
TOO_MANY = 429
#: Of all errors of a server only this one says that nothing was done: behind the others it may have been, and was lost.
NOT_TAKEN = 503
BEFORE_SENDING = (NewConnectionError, ConnectTimeoutError, LocationParseError)

logging.getLogger("urllib3").setLevel(logging.ERROR)  # its other lines hold addresses, and with them tokens
_pool = urllib3.PoolManager(num_pools=20, maxsize=64, retries=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform answered: the status, the JSON object (empty where there is none), lower-case headers."""

    status: int
    data: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        """Return the seconds that `Retry-After` asks for, if it does so in seconds."""
        text = self.headers.get("retry-after", "")
        return float(text) if text.isascii() and text.isdigit() else None


def ask(
    method: str,
    url: str,
    *,
    json: Any = None,
    form: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    multipart: bool = False,
) -> Answer:
    """Send one request and return its answer, also one that says no.

    `form` goes url-encoded, or as `multipart/form-data` where a value is (file name, bytes, MIME type). A redirect is not followed.

    Raises:
        SendError: `TRY_AGAIN`, it was certainly not sent; `UNKNOWN`, it may have been; `SETUP`, a token can be none.
    """
    if not all(value.isascii() and value.isprintable() for value in (url, *(headers or {}).values())):
        raise SendError(Reason.SETUP, "characters")
    options: dict[str, Any] = {"fields": query} if query else {}
    if json is not None:
        options = {"body": orjson.dumps(json)}
        headers = {**(headers or {}), "Content-Type": "application/json"}
        url = _with_query(url, query)
    elif form is not None:
        options = {"fields": form, "encode_multipart": multipart}
        url = _with_query(url, query)
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
    try:
        response = _pool.request(
            method, url, headers=headers, timeout=timeout, redirect=False, preload_content=False, **options
        )
        body = response.read(ANSWER_BYTES)
        response.release_conn()
    except (HTTPError, OSError) as error:
        reason = Reason.TRY_AGAIN if _was_not_sent(error) else Reason.UNKNOWN
        raise SendError(reason, type(error).__name__) from None  # the error itself quotes the address and its token
    named = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, _object(body), named)


def refuse_unclear(answer: Answer) -> None:
    """Tell apart the answers that carry no word of the platform itself.

    Raises:
        SendError: it was throttled, a proxy answered instead, or the platform is down.
    """
    if answer.status == TOO_MANY:
        raise SendError(Reason.THROTTLED, str(answer.status), retry_after=answer.retry_after)
    if answer.status == NOT_TAKEN:
        raise SendError(Reason.TRY_AGAIN, str(answer.status), retry_after=answer.retry_after)
    if answer.status >= 500:
        raise SendError(Reason.UNKNOWN, str(answer.status))


def _was_not_sent(error: Exception) -> bool:
    """Tell whether it failed while connecting. A TLS error may come at any time, one of the certificate only then."""
    cause = error.args[0] if isinstance(error, SSLError) and error.args else None
    return isinstance(error, BEFORE_SENDING) or isinstance(cause, ssl.SSLCertVerificationError)


def _with_query(url: str, query: Mapping[str, str] | None) -> str:
    return f"{url}?{urlencode(query)}" if query else url


def _object(body: bytes) -> dict[str, Any]:
    try:
        return load_object(body)
    except MalformedPayload:
        return {}
