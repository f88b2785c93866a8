"""Where reports read: a replica where `DATABASE_REPLICA_URL` names one, else the database itself.

A report may be some seconds old there. All else reads what it wrote, and every write goes to the database itself.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from crm.log_format import describe

logger = logging.getLogger(__name__)

REPLICA = "replica"
#: For how long a replica that could not be reached is left alone.
LEFT_ALONE_SECONDS = 30.0
P = ParamSpec("P")
R = TypeVar("R")

_alias: ContextVar[str] = ContextVar("reports_alias", default=DEFAULT_DB_ALIAS)
_away_until = float("-inf")


class ReportsRouter:
    """Sends what reports read to the replica; rows that were read there are still written to the database itself."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return _alias.get() if _alias.get() != DEFAULT_DB_ALIAS else None

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        instance = hints.get("instance")
        return DEFAULT_DB_ALIAS if instance is not None and instance._state.db == REPLICA else None

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == REPLICA else None


def has_replica() -> bool:
    """Tell whether there is one."""
    return REPLICA in connections.settings


@contextmanager
def reading_reports() -> Iterator[Any]:
    """Read from the replica in the block, and yield the connection for statements of our own."""
    alias = _reachable()
    token = _alias.set(alias)
    try:
        yield connections[alias]
    finally:
        _alias.reset(token)


def read_for_reports(report: Callable[P, R]) -> Callable[P, R]:
    """Let a function that returns a whole report read from the replica."""

    @wraps(report)
    def reading(*args: P.args, **kwargs: P.kwargs) -> R:
        with reading_reports():
            return report(*args, **kwargs)

    return reading


def reports_connection() -> Any:
    """Return the connection that a report is to use now."""
    return connections[_alias.get()]


def _reachable() -> str:
    """Return the alias to read from; a replica that is away takes no report with it."""
    global _away_until
    if not has_replica() or time.monotonic() < _away_until:
        return DEFAULT_DB_ALIAS
    try:
        connections[REPLICA].ensure_connection()
    except OperationalError as error:
        _away_until = time.monotonic() + LEFT_ALONE_SECONDS
        logger.warning("The replica cannot be reached, so reports read from the database itself: %s", describe(error))
        return DEFAULT_DB_ALIAS
    return REPLICA
