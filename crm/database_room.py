"""How much room there is where the database's server keeps its files.

A server whose disk is full takes no writes, and does not come up again where it has no room for its log.
"""

import shutil
from typing import Any

import psycopg
from psycopg import errors

HERE = ("localhost", "127.0.0.1", "::1")


def free_bytes(connection: psycopg.Connection[Any]) -> int | None:
    """Return what is free on the disk of the server; None: it is another machine's, or does not tell us where its files are."""
    host = connection.info.host
    if not host.startswith("/") and host not in HERE:
        return None
    try:
        row = connection.execute("SELECT current_setting('data_directory')").fetchone()
        return shutil.disk_usage(row[0]).free if row else None
    except (errors.InsufficientPrivilege, OSError):
        return None
