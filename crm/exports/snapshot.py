"""Reading everything as of one moment."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from crm.reports_database import reading_reports


@contextmanager
def snapshot() -> Iterator[None]:
    """Read all in the block as of its beginning, from the replica where there is one; nothing can be written."""
    with reading_reports() as connection, transaction.atomic(using=connection.alias, durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL cursor_tuple_fraction = 1")  # all rows are read, not the first few
        yield
