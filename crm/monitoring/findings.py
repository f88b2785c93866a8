"""What is looked at, within a second or two whatever hangs, and what was found."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from crm.deadline import deadlines
from crm.log_format import describe, place
from crm.models import Severity
from crm.monitoring.thresholds import by_age, without_database

logger = logging.getLogger(__name__)

PROBE_SECONDS, DATABASE_SECONDS, STATEMENT_MILLISECONDS = 1.0, 1.0, 400
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says. `key` is the check's, or `check:thing` where it looks at several; `page` names a page of the admin."""

    key: str
    severity: Severity
    title: str
    summary: str
    advice: str = ""
    page: str = ""

    @property
    def check(self) -> str:
        return self.key.partition(":")[0]

    @property
    def url(self) -> str:
        return reverse(self.page) if self.page else ""

    def as_dict(self) -> dict[str, str]:
        """Return what is written as JSON."""
        return {
            "key": self.key,
            "severity": self.severity.name.lower(),
            "title": self.title,
            "summary": self.summary,
            "advice": self.advice,
        }


def backlog(
    key: str, title: str, age: float | None, threshold: str, *, text: str, advice: str, none: str = "", page: str = ""
) -> Finding:
    """Return what a check says of things that wait: as bad as the oldest is old, in seconds; None: nothing waits."""
    if age is None:
        return Finding(key, Severity.OK, title, none or _("None waits."), page=page)
    severity = by_age(age, threshold)
    return Finding(key, severity, title, text, advice if severity else "", page)


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at. `ask` yields findings; where all is well, too. It never waits long for anything but the database."""

    key: str
    title: Any
    ask: Callable[[], Iterable[Finding]]
    needs_database: bool = True


@dataclass(frozen=True, slots=True)
class Health:
    """All findings, and the checks that could not be asked, of which nothing is known."""

    findings: list[Finding]
    unknown: frozenset[str]

    @property
    def severity(self) -> Severity:
        return max((finding.severity for finding in self.findings), default=Severity.OK)

    @property
    def worst_first(self) -> list[Finding]:
        return sorted(self.findings, key=lambda finding: -finding.severity)


def checks() -> list[Check]:
    """Return every check, in the order of the settings."""
    return [check for name in settings.HEALTH_CHECKS for check in import_string(name)]


def look() -> Health:
    """Ask every check. Nothing is raised: what cannot be asked is a finding itself."""
    every = checks()
    findings: list[Finding] = []
    unknown: set[str] = set()
    trouble = why_no_database()
    if trouble:
        findings.append(_no_database(trouble))
        unknown |= {check.key for check in every if check.needs_database}
    else:
        answers = _ask_database([check for check in every if check.needs_database], unknown)
        findings += [Finding("database", Severity.OK, _("Database"), _("It answers.")), *answers]
    with without_database():  # which may have gone away meanwhile
        for check in every:
            if not check.needs_database:
                findings += _ask(check, unknown)
    return Health(findings, frozenset(unknown))


def _ask_database(every: list[Check], unknown: set[str]) -> list[Finding]:
    """Ask these checks in one transaction, each within its share of the time."""
    findings: list[Finding] = []
    until = time.monotonic() + DATABASE_SECONDS
    try:
        connection.ensure_connection()
        with deadlines.limit(connection.connection, DATABASE_SECONDS), transaction.atomic():
            before = _set_timeout(str(STATEMENT_MILLISECONDS))
            for check in every:
                findings += _ask(check, unknown) if time.monotonic() < until else [_not_asked(check, unknown)]
            _set_timeout(before)
    except DatabaseError as error:
        logger.warning("Health could not be asked of the database: %s", describe(error))
        asked = {finding.check for finding in findings} | unknown
        findings += [_not_asked(check, unknown) for check in every if check.key not in asked]
        if not connection.in_atomic_block:
            connection.close()
    return findings


def _set_timeout(value: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # which a transaction keeps, where one is under way
        cursor.execute(
            "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)", [value]
        )
        return str(cursor.fetchone()[0])


def _ask(check: Check, unknown: set[str]) -> list[Finding]:
    """Ask one check."""
    try:
        if not check.needs_database:
            return list(check.ask())
        with transaction.atomic():
            return list(check.ask())
    except Exception as error:
        # Whatever one check trips over, the others still tell what they know.
        if check.needs_database and (connection.connection is None or connection.connection.closed):
            raise
        logger.warning("The check %s could not be asked: %s", check.key, place(error))
        return [_not_asked(check, unknown, describe(error))]


def _not_asked(check: Check, unknown: set[str], why: str = "") -> Finding:
    unknown.add(check.key)
    reason = why or _("the database is too slow")
    return Finding(
        f"{check.key}:unknown",
        Severity.WARNING,
        str(check.title),
        _("This could not be asked: %(reason)s.") % {"reason": reason},
        _("Ask again in a minute. If it stays so, look at the log of this process and at the database's load."),
    )


def _no_database(trouble: str) -> Finding:
    return Finding(
        "database",
        Severity.CRITICAL,
        _("Database"),
        trouble,
        _(
            "Webhooks go to the spool on disk and nothing is lost as long as it has room. Start PostgreSQL, or see why it "
            "takes no connections: its own log says so. What is kept in the database could not be asked."
        ),
    )


def why_no_database(alias: str = "default") -> str:
    """Connect anew, within a second; return why that does not work, or `""`."""
    parameters = plain_parameters(alias)

    def probe() -> None:
        with psycopg.connect(**parameters) as probed:
            probed.execute("SELECT 1")

    try:
        within(PROBE_SECONDS, probe)
    except TimeoutError:
        return _("It does not answer within a second.")
    except psycopg.Error as error:
        return _("It takes no connection: %(reason)s.") % {"reason": describe(error)}
    return ""


def plain_parameters(alias: str) -> dict[str, Any]:
    """Return what psycopg connects by, within a second."""
    ours = ("cursor_factory", "context", "pool", "prepare_threshold")
    known = connections[alias].get_connection_params()
    return {name: value for name, value in known.items() if name not in ours} | {"connect_timeout": 1}


class _Answer(Generic[T]):
    value: T
    error: BaseException | None = None


def within(seconds: float, ask: Callable[[], T]) -> T:
    """Return what a function returns, or leave it to itself when it takes longer than `seconds`.

    Raises:
        TimeoutError: it took longer.
    """
    answer: _Answer[T] = _Answer()

    def run() -> None:
        try:
            answer.value = ask()
        except BaseException as error:
            answer.error = error

    thread = threading.Thread(target=run, name="health probe", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError
    if answer.error is not None:
        raise answer.error
    return answer.value
