"""Keeping an accepted delivery: a row in the inbox table, or a file on disk where the database is away."""

import logging
import threading
import time
import uuid
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection as django_connection
from django.utils import timezone
from psycopg.types.json import Jsonb

from crm.encryption import encrypt
from crm.log_format import describe
from messaging.channels import ADAPTERS, Received
from messaging.ingest import spool
from messaging.ingest.deadline import deadlines
from messaging.keys import delivery_digest
from messaging.models.delivery import BODY_LABEL

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0  # after a failure the database is left alone this long, so that threads do not queue up at it
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


class DatabaseAway(Exception):
    """The database is down, hangs, or failed a moment ago."""


class IntakeConnection(threading.local):
    """Each web thread's own connection, outside Django's: one round trip a delivery, under a deadline of ours."""

    def __init__(self) -> None:
        self.connection: psycopg.Connection[Any] | None = None

    def execute(self, statement: str, values: Any) -> list[tuple[Any, ...]]:
        """Run one statement in a transaction of its own and return its rows.

        A connection that the server closed while it lay idle is replaced once.

        Raises:
            DatabaseAway: the outcome is unknown, or nothing was done.
        """
        if time.monotonic() < health.away_until:
            raise DatabaseAway
        deadline = time.monotonic() + settings.WEBHOOK_DATABASE_SECONDS
        try:
            if self.connection is not None:
                try:
                    return self._execute(self.connection, statement, values, deadline)
                except psycopg.OperationalError:
                    self.close()
                    if time.monotonic() >= deadline:
                        raise
            self.connection = self._connect()
            return self._execute(self.connection, statement, values, deadline)
        except psycopg.Error as error:
            self.close()
            health.away_until = time.monotonic() + PAUSE_SECONDS
            logger.error("The database did not take a statement of the intake: %s", describe(error))
            raise DatabaseAway from error

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _connect(self) -> psycopg.Connection[Any]:
        parameters = django_connection.get_connection_params()
        parameters |= {"autocommit": True, "connect_timeout": max(2, int(settings.WEBHOOK_DATABASE_SECONDS))}
        parameters["cursor_factory"] = psycopg.Cursor  # Django's would write the body into the statement as text
        connection: psycopg.Connection[Any] = psycopg.connect(**parameters)
        connection.execute("SET synchronous_commit TO on")
        return connection

    def _execute(
        self, connection: psycopg.Connection[Any], statement: str, values: Any, deadline: float
    ) -> list[tuple[Any, ...]]:
        with deadlines.limit(connection, max(0.0, deadline - time.monotonic())):
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


class Health:
    """What this process last learned of the database."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know nothing, as a new process does."""
        self.away_until = 0.0
        self.full_until = 0.0
        self.checked_at = 0.0


health = Health()
database = IntakeConnection()


def keep(channel: Any, received: Received) -> None:
    """Store a verified delivery for good before returning.

    Raises:
        SpoolFull, OSError: neither the database nor the disk took it.
    """
    if not _stored(channel, received):
        spool.write(channel.slug, received, verified=True)


def _stored(channel: Any, received: Received) -> bool:
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


def delivery_values(channel: Any, received: Received, received_at: Any = None) -> dict[str, Any]:
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


def count_rejection(channel: Any) -> None:
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
