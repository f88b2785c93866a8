"""Statements that the database plans once for each of its sessions, and from then on only runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import psycopg
from django.db import connection

#: How often psycopg sees a statement before it prepares it by itself. Neither is ever reached, since Django's own cursors prepare
#: nothing; but with none at all it would refuse, and so one tells for how long a session has been told how to plan.
FOR_GOOD, UNTIL_ROLLED_BACK = 0, 1


class _PreparingCursor(psycopg.Cursor[Any]):
    """Has the database keep what it runs; parameters go beside the statement, where Django's own cursors write them into it."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> "_PreparingCursor":
        super().execute(query, params, prepare=True)
        if (
            self._query is None
        ):  # where Django looks for what to log, and psycopg says nothing of what it had kept already
            self._query = SimpleNamespace(query=query.encode())  # type: ignore[assignment]
        return self


@contextmanager
def prepared() -> Iterator[None]:
    """Have the database keep the plans of what is asked inside: for the few statements of which planning is most of what they cost.

    Their text has to be the same each time, and must name the columns it reads: a session refuses a kept `*` once a table
    has another column. The session plans without looking at the parameters: what it runs has to suit all of them.
    """
    with connection.execute_wrapper(_prepare):
        yield


def _prepare(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    session, cursor = connection.connection, context["cursor"]
    if session.prepare_threshold != FOR_GOOD:
        cursor.cursor.execute("SET plan_cache_mode = force_generic_plan")
        session.prepare_threshold = UNTIL_ROLLED_BACK if connection.in_atomic_block else FOR_GOOD
    cursor.cursor = _PreparingCursor(session)
    return execute(sql, params, many, context)
