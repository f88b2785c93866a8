"""One moment of the database, seen by several connections and by pg_dump alike, and what is in its tables then."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from crm.backups.database import Address
from crm.backups.manifest import TableContent

Connection = psycopg.Connection[tuple[Any, ...]]

#: The columns that a dump carries: stored ones that the database works out itself are worked out again when it is restored.
COLUMNS = """
    SELECT n.nspname, c.relname, array_agg(a.attname::text ORDER BY a.attname)
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relkind IN ('r', 'm') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')
    GROUP BY 1, 2 ORDER BY 1, 2
"""
# A sum does not depend on the order of rows and counts each of two equal ones; 64 bits of SHA-256 of key and row are added up.
CONTENT = """
    SELECT count(*), coalesce(sum(('x' || left(encode(sha256(convert_to(%s::text || ROW({columns})::text, 'UTF8')), 'hex'), 16))
        ::bit(64)::bigint), 0)::text FROM {table}
"""
LOCK_WAIT = "60s"  # for tables that a migration holds
MIGRATIONS = "SELECT app || '.' || name FROM django_migrations ORDER BY 1"


@dataclass(frozen=True)
class Snapshot:
    """`id` is what other connections take to see the same; it lasts as long as `connection` is in its transaction."""

    connection: Connection
    id: str
    at: datetime
    server_version: int
    migrations: list[str]


@contextmanager
def one_snapshot(address: Address, lock: int) -> Iterator[Snapshot | None]:
    """Hold a snapshot of a database; None where another process holds `lock`, which is ours until the end."""
    with address.connect() as connection:
        if connection.execute("SELECT pg_try_advisory_lock(%s)", [lock]).fetchone() != (True,):
            yield None
            return
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        ((exported, at),) = connection.execute("SELECT pg_export_snapshot(), now()").fetchall()
        migrations = [name for (name,) in connection.execute(MIGRATIONS).fetchall()]
        yield Snapshot(connection, exported, at, connection.info.server_version, migrations)
        connection.execute("ROLLBACK")


def contents_of_tables(connection: Connection, key: str) -> dict[str, TableContent]:
    """Return rows and keyed hash of every table, as a connection sees them; `key` is any text that is kept secret."""
    found: dict[str, TableContent] = {}
    for schema, table, columns in connection.execute(COLUMNS).fetchall():
        query = sql.SQL(CONTENT).format(
            columns=sql.SQL(", ").join(map(sql.Identifier, filter(None, columns))),
            table=sql.Identifier(schema, table),
        )
        ((rows, total),) = connection.execute(query, [key]).fetchall()
        found[table if schema == "public" else f"{schema}.{table}"] = TableContent(rows, f"{int(total) % 2**64:016x}")
    return found


class Counting(threading.Thread):
    """Reads all tables of a snapshot beside the dump that is being made of it."""

    def __init__(self, address: Address, snapshot: str, key: str) -> None:
        super().__init__(name="backup table hashes", daemon=True)
        self.address, self.snapshot, self.key = address, snapshot, key
        self.found: dict[str, TableContent] = {}
        self.error: Exception | None = None
        self.connection: Connection | None = None

    def run(self) -> None:
        try:
            with self.address.connect(f"-c lock_timeout={LOCK_WAIT}") as self.connection:
                self.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                self.connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(self.snapshot)))
                self.found = contents_of_tables(self.connection, self.key)
        except Exception as error:
            self.error = error

    def result(self) -> dict[str, TableContent]:
        """Wait for the end and return what was found; raise what went wrong."""
        self.join()
        if self.error:
            raise self.error
        return self.found

    def give_up(self) -> None:
        """End it early; its result is not wanted."""
        if self.connection is not None and self.is_alive():
            with suppress(psycopg.Error):  # where it just ended
                self.connection.cancel_safe(timeout=5)
        self.join()
