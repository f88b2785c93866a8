"""Times are read from the database as Django reads them, only faster."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, connection
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg.pq import Format

from crm.timestamps import TimestampLoader

TIMESTAMPTZ = 1184


class Slow(BaseTzLoader):  # type: ignore[misc]
    timezone = UTC


def loaders() -> tuple[TimestampLoader, Slow]:
    connection.ensure_connection()
    return TimestampLoader(TIMESTAMPTZ, connection.connection), Slow(TIMESTAMPTZ, connection.connection)


@pytest.mark.django_db
def test_a_session_reads_times_by_it() -> None:
    connection.ensure_connection()
    assert connection.connection.adapters.get_loader(TIMESTAMPTZ, Format.TEXT) is TimestampLoader


@pytest.mark.django_db
@pytest.mark.parametrize(
    "written",
    [
        "2026-01-31 09:30:00+00",
        "2026-01-31 09:30:00.5+00",
        "2026-01-31 09:30:00.000001+00",
        "2026-01-31 09:30:00.123456+00",
        "0001-01-01 00:00:00+00",
        "9999-12-31 23:59:59.999999+00",
        "2026-01-31 09:30:00+03",
        "2026-01-31 09:30:00.25-03:30",
    ],
)
def test_it_reads_what_djangos_reads(written: str) -> None:
    ours, theirs = (loader.load(written.encode()) for loader in loaders())
    assert (ours, ours.tzinfo) == (theirs, theirs.tzinfo)


@pytest.mark.django_db
@pytest.mark.parametrize("written", ["infinity", "-infinity", "0044-03-15 00:00:00+00 BC", "12026-01-31 09:30:00+00"])
def test_what_is_no_time_of_python_says_why(written: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [written])
        with pytest.raises(DataError, match="timestamp too"):
            cursor.fetchone()


@pytest.mark.django_db
def test_a_time_comes_back_as_it_was_written() -> None:
    written = [
        datetime(2026, 3, 29, 0, 59, 59, 999_999, UTC) + timedelta(microseconds=step) for step in (0, 1, 500_001)
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(%s)", [written])
        assert [row[0] for row in cursor] == written
