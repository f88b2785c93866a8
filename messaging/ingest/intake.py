"""Keeping an accepted delivery: a row in the inbox table, or a file on disk where the database is away."""

import logging
import time
import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from psycopg.types.json import Jsonb

from crm.encryption import encrypt
from crm.models import Channel
from messaging.channels import ADAPTERS, Received
from messaging.ingest import spool
from messaging.ingest.database import DatabaseAway, database, health
from messaging.ingest.known_channels import KnownChannel
from messaging.keys import delivery_digest
from messaging.models.delivery import BODY_LABEL

logger = logging.getLogger(__name__)

BACKLOG_CHECK_SECONDS = 2.0

INSERT = """
    INSERT INTO messaging_webhookdelivery
        (uid, channel_id, body, query, headers, digest, received_at, status, attempts, next_attempt_at, processed_at, error)
    VALUES (%(uid)s, %(channel)s, %(body)s, %(query)s, %(headers)s, %(digest)s, %(now)s, %(status)s, 0, %(now)s, NULL, '')
    ON CONFLICT (channel_id, digest) DO NOTHING
"""
COUNT_REJECTION = """
    UPDATE crm_channel SET rejected_signatures = rejected_signatures + 1, last_rejected_at = now() WHERE id = %s
"""
COUNT_PENDING = """
    SELECT count(*) FROM (SELECT 1 FROM messaging_webhookdelivery WHERE status = 'pending' LIMIT %s) AS waiting
"""


def keep(channel: KnownChannel, received: Received) -> None:
    """Store a verified delivery for good before returning.

    Raises:
        SpoolFull, OSError: neither the database nor the disk took it.
    """
    if not _stored(channel, received):
        spool.write(channel.slug, received, verified=True)


def _stored(channel: KnownChannel, received: Received) -> bool:
    """Say whether the database took a delivery: not while it is away, nor while too much waits in it."""
    try:
        if channel.is_active and backlog_is_full():
            return False
        database.execute(INSERT, delivery_values(channel, received))
    except DatabaseAway:
        return False
    return True


def keep_unverified(slug: str, received: Received) -> None:
    """Store on disk what cannot be verified now, since the channel's secrets are in the database.

    Raises:
        SpoolFull, OSError: the disk did not take it.
    """
    spool.write(slug, received, verified=False)


def delivery_values(
    channel: KnownChannel | Channel, received: Received, received_at: datetime | None = None
) -> dict[str, Any]:
    """Return the columns of a delivery's row, for `INSERT`."""
    uid, query = uuid.uuid4(), received.url.partition("?")[2]
    kept = {
        name: received.headers[name] for name in ADAPTERS[channel.platform].KEPT_HEADERS if name in received.headers
    }
    return {
        "uid": uid,
        "channel": channel.id,
        "body": encrypt(BODY_LABEL, uid, received.body),
        "query": query,
        "headers": Jsonb(kept),
        "digest": delivery_digest(received.body, query),
        "now": received_at or timezone.now(),
        "status": "pending" if channel.is_active else "ignored",
    }


def count_rejection(channel: KnownChannel) -> None:
    """Count a wrong signature on the channel, where the database takes it."""
    try:
        database.execute(COUNT_REJECTION, [channel.id])
    except DatabaseAway:
        logger.warning("A rejected delivery for %s could not be counted", channel.slug)


def backlog_is_full() -> bool:
    """Say whether more deliveries wait than the bound; looked up once in a while.

    Raises:
        DatabaseAway: nobody knows.
    """
    now = time.monotonic()
    if now >= health.checked_at + BACKLOG_CHECK_SECONDS:
        health.checked_at = now
        bound = settings.WEBHOOK_BACKLOG_BOUND
        if database.execute(COUNT_PENDING, [bound + 1])[0][0] > bound:
            health.full_until = now + 2 * BACKLOG_CHECK_SECONDS
    return now < health.full_until
