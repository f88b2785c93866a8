"""What Messenger, Instagram and WhatsApp share: Meta's signature, handshake and envelope.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from messaging.channels.contract import BadSignature, Credentials, MalformedPayload, Received
from messaging.channels.reading import load_object, objects_of

SECRETS: tuple[str, ...] = ("app_secret", "verify_token", "access_token", "app_id")
KEPT_HEADERS: tuple[str, ...] = ("content-type", "user-agent")


def handshake(received: Received, credentials: Credentials) -> str | None:
    """Answer `hub.challenge` to whoever knows the verify token."""
    query = parse_qs(urlsplit(received.url).query, keep_blank_values=True)
    asked = {name: values[0] for name, values in query.items()}
    token = _octets(asked.get("hub.verify_token", ""))
    matches = [hmac.compare_digest(token, _octets(known)) for known in credentials.get("verify_token", []) if known]
    if asked.get("hub.mode") != "subscribe" or not any(matches):
        return None
    return asked.get("hub.challenge", "")


def verify(received: Received, credentials: Credentials) -> None:
    """Check `X-Hub-Signature-256`: HMAC-SHA256 of the raw bytes under any current app secret."""
    scheme, _, claimed = received.headers.get("x-hub-signature-256", "").partition("=")
    if scheme != "sha256" or not claimed:
        raise BadSignature("X-Hub-Signature-256 is missing")
    for secret in credentials.get("app_secret", []):
        if secret:
            expected = hmac.digest(secret.encode(), received.body, hashlib.sha256).hex()
            if hmac.compare_digest(expected.encode(), _octets(claimed)):
                return
    raise BadSignature("X-Hub-Signature-256 does not match")


def entries(received: Received, *objects: str) -> Iterator[dict[str, Any]]:
    """Yield each `entry` of a webhook about one of these objects; none of one about something else.

    An app has one callback address for several products, so another product's webhook is no error.

    Raises:
        MalformedPayload: the body is no webhook of Meta's.
    """
    body = load_object(received.body)
    about = body.get("object")
    if not isinstance(about, str):
        raise MalformedPayload("no object that the webhook is about")
    if not isinstance(body.get("entry", []), list):
        raise MalformedPayload("entry is not a list")
    if about in objects:
        yield from objects_of(body.get("entry"))


def _octets(text: str) -> bytes:
    """Encode what a stranger sent for a comparison in constant time, even where it is no valid text."""
    return text.encode("utf-8", "surrogatepass")
