"""What the database says of itself. Statements of others are never shown: they may hold a customer's words."""

from collections.abc import Iterable
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm import health
from crm.maintenance.work import APPLICATION_NAME
from crm.models import Severity
from crm.monitoring.findings import Check, Finding, plain_parameters
from crm.monitoring.thresholds import by_age, number
from crm.reports_database import REPLICA

FULL_PERCENT = 95
SLOW_SECONDS = 1
LONG_BY_NATURE = ["pg_dump", "pg_restore", APPLICATION_NAME]
LOCK_WARNING_SECONDS, LOCK_CRITICAL_SECONDS = 5, 60
DEAD_ROWS, DEAD_PERCENT = 10_000, 30
LARGEST = 5

CONNECTIONS = """
    SELECT count(*), count(*) FILTER (WHERE application_name = %s),
        (SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END) FROM pg_settings
         WHERE name IN ('max_connections', 'superuser_reserved_connections'))
    FROM pg_stat_activity WHERE backend_type = 'client backend'
"""
SLOW = """
    SELECT count(*), max(extract(epoch FROM clock_timestamp() - query_start))::int, (array_agg(pid ORDER BY query_start))[1]
    FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND state = 'active' AND datname = current_database() AND pid <> pg_backend_pid()
        AND application_name <> ALL (%s) AND clock_timestamp() - query_start > interval '1 second' * %s
"""
STATEMENTS = """
    SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), 100), mean_exec_time, calls FROM pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND mean_exec_time > 1000 * %s
        AND query ~* '^\\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\\y' AND query ~ '\\$1'
    ORDER BY mean_exec_time DESC LIMIT 1
"""
LOCKS = """
    SELECT count(*), max(extract(epoch FROM clock_timestamp() - waitstart))::int,
        (SELECT string_agg(DISTINCT blocker::text, ', ') FROM pg_locks AS blocked, unnest(pg_blocking_pids(blocked.pid)) AS blocker
         WHERE NOT blocked.granted)
    FROM pg_locks WHERE NOT granted AND waitstart IS NOT NULL
"""
SIZES = """
    SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
    WHERE relkind IN ('r', 'm') AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
    ORDER BY relpages DESC LIMIT %s
"""
DEAD = """
    SELECT relname, n_dead_tup, n_live_tup FROM pg_stat_user_tables
    WHERE n_dead_tup > %s AND n_dead_tup * 100 > (n_live_tup + n_dead_tup) * %s ORDER BY n_dead_tup DESC LIMIT 3
"""
REPLICAS = "SELECT count(*), max(extract(epoch FROM replay_lag))::int FROM pg_stat_replication"
BEHIND = """
    SELECT pg_is_in_recovery(), CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
        ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp())::int END
"""


def rows(query: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    """Return what the database answers a question of ours."""
    with connection.cursor() as cursor:
        cursor.execute(query, list(parameters))
        return list(cursor.fetchall())


def release() -> Iterable[Finding]:
    """The tables are those of this release, written with our keys."""
    reason = health.why_not_ready()
    summaries = {
        "": (_("The tables are those of this release, and our keys open them."), ""),
        "migrations": (_("Migrations of this release are still to be applied."), "manage.py migrate"),
        "keys": (
            _("The database was written with other keys."),
            _("Put back the FIELD_ENCRYPTION_KEYS and BLIND_INDEX_KEY of this database; nothing else helps."),
        ),
        "database": (_("The database does not answer."), _("See docs/monitoring.md, database.")),
    }
    summary, advice = summaries[reason]
    yield Finding("release", Severity.CRITICAL if reason else Severity.OK, _("Migrations and keys"), summary, advice)


def connections() -> Iterable[Finding]:
    """How many of the server's connections are used, and by whom."""
    [(used, ours, most)] = rows(CONNECTIONS, [settings.DATABASES["default"]["OPTIONS"]["application_name"]])
    percent = used * 100 // most
    severity = Severity.OK
    if percent >= number("connections_percent"):
        severity = Severity.CRITICAL if percent >= FULL_PERCENT else Severity.WARNING
    pool = settings.DATABASES["default"]["OPTIONS"].get("pool") or {}
    text = _(
        "%(used)d of %(most)d connections are in use, %(ours)d of them by us; each process may open up to %(pool)s."
    )
    yield Finding(
        "connections",
        severity,
        _("Connections"),
        text % {"used": used, "most": most, "ours": ours, "pool": pool.get("max_size", 1)},
        _(
            "Start fewer processes or threads (WEB_WORKERS, WEB_THREADS), raise max_connections, or put PgBouncer between."
        )
        if severity
        else "",
    )


def slow_queries() -> Iterable[Finding]:
    """What runs for over a second now, and what is slow on average where pg_stat_statements is there."""
    [(count, longest, pid)] = rows(SLOW, [LONG_BY_NATURE, SLOW_SECONDS])
    severity, parts = Severity.OK, [_("Nothing runs for over a second.")]
    if count:
        severity = Severity.WARNING
        running = ngettext(
            "%(count)d query has run for %(longest)d s now (process %(pid)s of the server).",
            "%(count)d queries run for over a second now, the longest for %(longest)d s (process %(pid)s of the server).",
            count,
        )
        parts = [running % {"count": count, "longest": longest, "pid": pid}]
    [(has_statements,)] = rows("SELECT to_regclass('pg_stat_statements') IS NOT NULL")
    for query, mean, calls in rows(STATEMENTS, [SLOW_SECONDS]) if has_statements else []:
        severity = Severity.WARNING
        text = _("Slow on average: %(milliseconds)d ms in %(calls)d calls of %(query)s")
        parts.append(text % {"milliseconds": mean, "calls": calls, "query": query})
    advice = _(
        "SELECT pg_cancel_backend(PROCESS) in manage.py dbshell ends one. If it comes again, see docs/performance.md."
    )
    yield Finding("slow_queries", severity, _("Slow queries"), " ".join(parts), advice if severity else "")


def lock_waits() -> Iterable[Finding]:
    """Who waits for a lock, and for whom."""
    [(count, longest, blockers)] = rows(LOCKS)
    severity, text, advice = Severity.OK, _("Nobody waits for a lock."), ""
    if count:
        values = {"count": count, "longest": longest or 0, "blockers": blockers or "?"}
        waiting = ngettext(
            "%(count)d waits for a lock, for %(longest)d s; held by process %(blockers)s of the server.",
            "%(count)d wait for locks, the longest for %(longest)d s; held by process %(blockers)s of the server.",
            count,
        )
        text = waiting % values
    if longest is not None and longest >= LOCK_WARNING_SECONDS:
        severity = Severity.CRITICAL if longest >= LOCK_CRITICAL_SECONDS else Severity.WARNING
        advice = _("SELECT pg_terminate_backend(PROCESS) in manage.py dbshell ends the one that holds it.")
    yield Finding("lock_waits", severity, _("Waits for locks"), text, advice)


def sizes() -> Iterable[Finding]:
    """The largest tables."""
    [(whole,)] = rows("SELECT pg_database_size(current_database())")
    tables = ", ".join(
        _("%(table)s %(size)s (indexes %(indexes)s)")
        % {"table": name, "size": filesizeformat(table), "indexes": filesizeformat(indexes)}
        for name, table, indexes in rows(SIZES, [LARGEST])
    )
    text = _("%(whole)s in all. Largest: %(tables)s.") % {"whole": filesizeformat(whole), "tables": tables}
    yield Finding("sizes", Severity.OK, _("Tables and indexes"), text)


def dead_rows() -> Iterable[Finding]:
    """Tables that vacuuming does not keep up with."""
    found = [
        _("%(table)s: %(dead)d dead beside %(live)d live") % {"table": name, "dead": dead, "live": live}
        for name, dead, live in rows(DEAD, [DEAD_ROWS, DEAD_PERCENT])
    ]
    if not found:
        yield Finding("dead_rows", Severity.OK, _("Dead rows"), _("Vacuuming keeps up."))
        return
    advice = _(
        "VACUUM (ANALYZE) that table in manage.py dbshell. If it does not help, a transaction stays open: see docs."
    )
    yield Finding("dead_rows", Severity.WARNING, _("Dead rows"), "; ".join(found) + ".", advice)


def replication() -> Iterable[Finding]:
    """How far replicas that follow this server are behind. None: nothing to say."""
    [(count, lag)] = rows(REPLICAS)
    if count:
        yield _behind(
            "replication",
            lag or 0,
            ngettext(
                "%(count)d replica follows, behind by %(lag)d s.", "%(count)d follow, behind by up to %(lag)d s.", count
            )
            % {"count": count, "lag": lag or 0},
        )


def _behind(key: str, lag: int, text: str) -> Finding:
    severity = by_age(lag, "replica_seconds")
    advice = _(
        "Reports are of that age. See whether the replica or the network is overloaded; sending goes on meanwhile."
    )
    return Finding(key, severity, _("Replication"), text, advice if severity else "")


def how_far_behind() -> tuple[bool, int | None]:
    """Ask the replica by a connection of its own: whether it follows another server, and by how many seconds it is behind."""
    parameters = plain_parameters(REPLICA)
    with psycopg.connect(**parameters) as replica:
        row = replica.execute(BEHIND).fetchone()
    return (row[0], row[1]) if row else (False, None)


CHECKS = (
    Check("release", gettext_lazy("Migrations and keys"), release),
    Check("connections", gettext_lazy("Connections"), connections),
    Check("slow_queries", gettext_lazy("Slow queries"), slow_queries),
    Check("lock_waits", gettext_lazy("Waits for locks"), lock_waits),
    Check("replication", gettext_lazy("Replication"), replication),
    Check("dead_rows", gettext_lazy("Dead rows"), dead_rows),
    Check("sizes", gettext_lazy("Tables and indexes"), sizes),
)
