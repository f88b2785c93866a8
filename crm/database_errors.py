"""Telling what an error of the database is about."""

import psycopg
from django.db import Error
from psycopg import errors as postgres

from crm.embedded_postgres.places import ServerError


def is_outage(error: Exception) -> bool:
    """Say whether the database itself is the trouble, and not what we asked of it."""
    cause = error.__cause__ if isinstance(error, Error) else error
    if isinstance(cause, ServerError):
        return True
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError | postgres.InternalError_):
        return False
    return not isinstance(
        cause, postgres.DeadlockDetected | postgres.SerializationFailure | postgres.ProgramLimitExceeded
    )


def is_deadlock(error: Exception) -> bool:
    """Say whether two transactions stood in each other's way, which is nobody's fault: the same once more may well succeed."""
    return isinstance(error.__cause__, postgres.DeadlockDetected | postgres.SerializationFailure)
