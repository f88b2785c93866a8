"""The channel of a webhook address, kept a few seconds so that most deliveries need no look-up."""

import logging
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings

from crm.encryption import Undecryptable, decrypt
from crm.models import Channel
from messaging.channels.contract import Credentials
from messaging.ingest.database import DatabaseAway, database

logger = logging.getLogger(__name__)

FIND = "SELECT id, uid, platform, slug, is_active, credentials FROM crm_channel WHERE slug = %s"
CREDENTIALS_LABEL: str = Channel._meta.get_field("credentials").label


class SecretsUnreadable(Exception):
    """The channel is there, but its secrets do not open with our keys: nothing can be verified now."""


class UnknownChannel(Exception):
    """No channel has this slug."""


@dataclass(frozen=True, slots=True)
class KnownChannel:
    """What the endpoint needs to know of a channel; `read_at` is this process's clock."""

    id: int
    platform: str
    slug: str
    is_active: bool
    credentials: Credentials
    read_at: float


_known: dict[str, KnownChannel] = {}


def known_channel(slug: str) -> KnownChannel:
    """Return a channel; one that was seen before serves as long as the database is away.

    Raises:
        UnknownChannel: there is none.
        DatabaseAway: it cannot be looked up and was not seen before.
        SecretsUnreadable: its credentials are damaged or under a key we lack.
    """
    cached = _known.get(slug)
    now = time.monotonic()
    if cached and now - cached.read_at < settings.WEBHOOK_CHANNEL_CACHE_SECONDS:
        return cached
    try:
        rows = database.execute(FIND, [slug])
    except DatabaseAway:
        if cached:
            return cached
        raise
    if not rows:
        _known.pop(slug, None)
        raise UnknownChannel(slug)
    _known[slug] = found = _from_row(rows[0], now)
    return found


def forget_channels() -> None:
    """Empty the cache, for tests that change a channel."""
    _known.clear()


def _from_row(row: tuple[Any, ...], now: float) -> KnownChannel:
    number, uid, platform, slug, is_active, sealed = row
    try:
        credentials: Credentials = orjson.loads(decrypt(CREDENTIALS_LABEL, UUID(str(uid)), bytes(sealed)))
    except (Undecryptable, ValueError):
        logger.error("The credentials of channel %s cannot be decrypted with our keys", slug)
        raise SecretsUnreadable(slug) from None
    return KnownChannel(number, platform, slug, is_active, credentials, now)
