"""The intake's own way to the database: quick, under a deadline, and left alone for a moment after a failure."""

import logging
import threading
import time
from typing import Any

import psycopg
from django.conf import settings
from django.db import Error as DjangoDatabaseError
from django.db import connection as django_connection

from crm.deadline import deadlines
from crm.embedded_postgres.places import ServerError
from crm.log_format import describe

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0  # after a failure the database is left alone this long, so that threads do not queue up at it

#: What a statement may fail with, or the way to a connection: the embedded server is started on the way, on a disk of ours.
FAILURES = (psycopg.Error, DjangoDatabaseError, ServerError, OSError)


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
                    return _execute(self.connection, statement, values, deadline)
                except psycopg.OperationalError:
                    self.close()
                    if time.monotonic() >= deadline:
                        raise
            self.connection = _connect()
            _execute(self.connection, "SET synchronous_commit TO on", None, deadline)
            return _execute(self.connection, statement, values, deadline)
        except FAILURES as error:
            self.close()
            health.away_until = time.monotonic() + PAUSE_SECONDS
            logger.error("The database did not take a statement of the intake: %s", describe(error))
            raise DatabaseAway from error

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def _connect() -> psycopg.Connection[Any]:
    parameters = django_connection.get_connection_params()
    parameters |= {"autocommit": True, "connect_timeout": max(2, int(settings.WEBHOOK_DATABASE_SECONDS))}
    parameters["cursor_factory"] = psycopg.Cursor  # Django's would write the body into the statement as text
    connection: psycopg.Connection[Any] = psycopg.connect(**parameters)
    return connection


def _execute(
    connection: psycopg.Connection[Any], statement: str, values: Any, deadline: float
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
