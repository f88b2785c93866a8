"""Databases beside the live one, in which a backup is restored."""

import contextlib
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.template.defaultfilters import filesizeformat
from psycopg import errors, sql

from crm.backups import archive
from crm.backups.database import MAINTENANCE, Address, Programs
from crm.backups.making import Count, last_words
from crm.backups.refusals import BackupFailed
from crm.backups.snapshot import Connection
from crm.database_room import free_bytes

BEHIND = "_scratch_"
#: Bytes of the live database's name in that of a scratch database: with what stands behind it no more than PostgreSQL keeps.
MOST_OF_NAME = 44
#: Named by a lock, so that what a killed process left is told from what one is still filling.
SCRATCH_LOCK = 0x6D690000
#: What an empty database and the log of its making take.
EMPTY_BYTES = 64 << 20
QUICKLY = "-c synchronous_commit=off -c maintenance_work_mem=256MB"


@contextmanager
def scratch_database(live: Address, dump_bytes: int = 0) -> Iterator[Address]:
    """Create an empty database that is like the live one, and drop it at the end unless it was renamed.

    `dump_bytes` is the size of the dump that is to be restored in it.

    Raises:
        BackupFailed: the role may not create databases, or there is no room for it.
    """
    number = secrets.randbelow(2**31)
    scratch = live.database(f"{begin_of_name(live.name)}{number}")
    with live.database(MAINTENANCE).connect() as server:
        server.execute("SELECT pg_advisory_lock(%s, %s)", [SCRATCH_LOCK, number])
        drop_abandoned(server, live.name)
        refuse_without_room(server, live.name, dump_bytes)
        try:
            create_like(server, live.name, scratch.name)
        except errors.InsufficientPrivilege:
            raise BackupFailed(
                f"The role {server.info.user} may not create databases, which proving and restoring a backup take: "
                f'ALTER ROLE "{server.info.user}" CREATEDB'
            ) from None
        try:
            yield scratch
        finally:
            drop(server, scratch.name)


def drop(server: Connection, name: str) -> None:
    """Drop a database, whoever is connected to it; nothing happens where there is none."""
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def begin_of_name(live: str) -> str:
    """Return what scratch databases of a live one begin with, so that installations on one server tell theirs apart."""
    return live.encode()[:MOST_OF_NAME].decode(errors="ignore") + BEHIND


def drop_abandoned(server: Connection, live: str) -> int:
    """Drop what processes that were killed left half restored of a database, and return how many there were."""
    begin = begin_of_name(live)
    found = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [begin]).fetchall()
    dropped = 0
    for (name,) in found:
        end = name.removeprefix(begin)
        if not end.isdecimal():
            continue
        number = int(end)
        row = server.execute("SELECT pg_try_advisory_lock(%s, %s)", [SCRATCH_LOCK, number]).fetchone()
        if row == (True,):
            drop(server, name)
            server.execute("SELECT pg_advisory_unlock(%s, %s)", [SCRATCH_LOCK, number])
            dropped += 1
    return dropped


def refuse_without_room(server: Connection, live: str, dump_bytes: int) -> None:
    """See that the server's disk, where it is known, takes a restored database: a full one would stop the live database.

    What that takes is what the live one does and half as much again, within twice and six times the compressed dump.

    Raises:
        BackupFailed: it does not.
    """
    [(size,)] = server.execute("SELECT pg_database_size(%s::name)", [live]).fetchall()
    need = EMPTY_BYTES + min(max(size * 3 // 2, dump_bytes * 2), dump_bytes * 6)
    free = free_bytes(server)
    if free is not None and free < need:
        raise BackupFailed(
            f"There is too little room on the disk of the database to restore a backup beside it: {filesizeformat(free)} are free, "
            f"and about {filesizeformat(need)} are needed. Nothing was touched."
        )


def create_like(server: Connection, live: str, name: str) -> None:
    """Create an empty database with the letters and the order of another."""
    row = server.execute(
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = %s", [live]
    ).fetchone()
    encoding, collate, ctype = row or ("UTF8", "C.UTF-8", "C.UTF-8")
    words = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}")
    server.execute(words.format(sql.Identifier(name), *map(sql.Literal, (encoding, collate, ctype))))


class Restoring:
    """pg_restore at work, given the dump part by part: `read_backup(..., visit=restoring.take)`."""

    def __init__(self, target: Address, server_version: int, count: Count = lambda size: None) -> None:
        words = ["-d", target.as_word(), "--exit-on-error", "--no-owner", "--no-privileges"]
        self.complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed at the end of the context
        self.count = count
        self.process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
            [Programs(server_version).path("pg_restore"), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self.complaints,
            env=target.environment(QUICKLY),
        )
        self.pipe = cast(IO[bytes], self.process.stdin)

    def __enter__(self) -> "Restoring":
        return self

    def __exit__(self, *about: Any) -> None:
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self.pipe.close()
        self.complaints.close()

    def take(self, name: str, size: int, file: IO[bytes]) -> None:
        """Pass a part of the dump on."""
        if not name.startswith(archive.DATABASE):
            return
        try:
            while data := file.read(archive.CHUNK_BYTES):
                self.pipe.write(data)
                self.count(len(data))
        except BrokenPipeError:
            self._ended()

    def finish(self) -> None:
        """Wait for the end.

        Raises:
            BackupFailed: pg_restore failed.
        """
        with contextlib.suppress(BrokenPipeError):
            self.pipe.close()
        self._ended()

    def _ended(self) -> None:
        if code := self.process.wait():
            raise BackupFailed(f"pg_restore failed ({code}): {last_words(self.complaints)}")


@contextmanager
def as_default_database(address: Address) -> Iterator[None]:
    """Let Django's default connection of this thread lead to another database for a while."""
    live = connections[DEFAULT_DB_ALIAS]
    options = {name: value for name, value in live.settings_dict["OPTIONS"].items() if name != "pool"}
    other = type(live)({**live.settings_dict, "NAME": address.name, "OPTIONS": options}, DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = other
    try:
        yield
    finally:
        other.close()
        connections[DEFAULT_DB_ALIAS] = live
