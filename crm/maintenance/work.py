"""Doing maintenance step by step: one run at a time, that waits for nobody and stops for no single failure."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.template.defaultfilters import filesizeformat
from psycopg import errors, sql

from crm.backups.database import live_address
from crm.log_format import describe, place

logger = logging.getLogger(__name__)

MAINTENANCE_LOCK = 0x6D61696E74  # held by the connection of a run, so that it ends with it
#: How `manage.py health` knows our statements, which take long by nature.
APPLICATION_NAME = "migochat maintenance"
LOCK_TIMEOUT = "3s"
#: As autovacuum does, so that nobody notices the disk being read.
COST_DELAY = "2ms"
SHOWN = 10


class MaintenanceRuns(Exception):
    """Another run is at it."""


@dataclass(frozen=True)
class Result:
    """What became of one step. `done` and `failed` name tables and indexes in words; `seconds` is how long it took."""

    step: str
    seconds: float
    done: list[str]
    failed: list[str]

    def as_text(self) -> str:
        """Return one line for a log or a screen."""
        parts = [_few(self.done)] if self.done else []
        parts += [f"FAILED: {_few(self.failed)}"] if self.failed else []
        return f"{self.step}: {'; '.join(parts) or 'nothing to do'} ({self.seconds:.1f} s)"


@dataclass
class Work:
    """What a step is given: the connection, outside of any transaction, and where it notes what it did."""

    connection: psycopg.Connection[tuple[Any, ...]]
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def note(self, notice: psycopg.errors.Diagnostic) -> None:
        """Take what the server remarks; what it warns of it has left undone, such as tables of another owner."""
        if notice.severity_nonlocalized == "WARNING":
            self.warnings.append(notice.message_primary or "")

    def rows(self, query: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Return what a question of ours is answered."""
        return self.connection.execute(query, parameters).fetchall()

    def run(self, statement: str, schema: str, name: str) -> bool:
        """Run a statement on a table or an index, which takes the place of `{}`, and tell whether it succeeded.

        What fails is noted without the words of the error, which may quote a row; a connection that is lost is raised. What the
        server passes over with a warning, which quotes none, has failed too.
        """
        self.warnings.clear()
        try:
            self.connection.execute(sql.SQL(statement).format(sql.Identifier(schema, name)))
        except psycopg.Error as error:
            if self.connection.closed:
                raise
            is_locked = isinstance(error, errors.LockNotAvailable)
            reason = "somebody holds a lock on it" if is_locked else describe(error)
            self.failed.append(f"{name}: {reason}")
            return False
        self.failed += [f"{name}: {warning}" for warning in self.warnings]
        return not self.warnings


Step = tuple[str, Callable[[Work], None]]


def run_steps(steps: Iterable[Step], *, count: Callable[[], object] = lambda: None) -> list[Result]:
    """Do steps one after the other, log a line for each, and return what became of them; `count` is called after each.

    Raises:
        MaintenanceRuns: another run is at it, here or on another machine.
        psycopg.OperationalError: the database takes no connection.
    """
    with live_address().connect() as connection:
        if connection.execute("SELECT pg_try_advisory_lock(%s)", [MAINTENANCE_LOCK]).fetchone() != (True,):
            raise MaintenanceRuns("Another maintenance is at work.")
        connection.execute(f"SET application_name = '{APPLICATION_NAME}'")
        connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        connection.execute(f"SET vacuum_cost_delay = '{COST_DELAY}'")
        connection.execute("SET statement_timeout = 0")
        results = []
        for name, step in steps:
            results.append(_run(name, step, Work(connection)))
            count()
    return results


def _run(name: str, step: Callable[[Work], None], work: Work) -> Result:
    began = time.monotonic()
    work.connection.add_notice_handler(work.note)
    try:
        step(work)
    except Exception as error:
        # Whatever one step trips over, the others are still worth doing.
        work.failed.append(place(error))
    finally:
        work.connection.remove_notice_handler(work.note)
    result = Result(name, round(time.monotonic() - began, 3), work.done, work.failed)
    logger.log(logging.WARNING if result.failed else logging.INFO, "Maintenance, %s", result.as_text())
    return result


def readable_size(size: int) -> str:
    """Return bytes as people read them, in plain spaces for a log."""
    return filesizeformat(size).replace("\xa0", " ")


def _few(things: list[str]) -> str:
    more = f", and {len(things) - SHOWN} more" if len(things) > SHOWN else ""
    return ", ".join(things[:SHOWN]) + more
