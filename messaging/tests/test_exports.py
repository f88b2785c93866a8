"""Exports of many rows: how much memory and how many queries they take, and that they are of one moment."""

import io
import tracemalloc
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from crm.exports import tables
from crm.exports.snapshot import snapshot
from crm.exports.tables import records
from crm.models import Customer
from crm.tests.factories import make_customer
from crm.tests.meanwhile import meanwhile
from messaging.models import Message
from messaging.tests.factories import make_message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.takes(6)]
FEW, MANY = 2_500, 7_500
COPIES = """
    INSERT INTO messaging_message (channel_id, conversation_id, direction, type, text, status, external_id, received_at, at, source,
        comment_id, payload, reply_to, automated, standby, hidden, error, intent, sentiment)
    SELECT channel_id, conversation_id, direction, type, 'Row ' || n, status, external_id, received_at, at, source,
        comment_id, payload, reply_to, automated, standby, hidden, error, intent, sentiment
    FROM messaging_message, generate_series(1, %s) AS n WHERE id = %s
"""


def copy(message: Message, times: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COPIES, [times, message.pk])


def export(path: Path, ending: str) -> int:
    """Export all messages; return the most bytes that took."""
    tracemalloc.start()
    try:
        call_command("export", "messages", "--format", ending, "--output", str(path), "--force", stdout=io.StringIO())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_many_rows_take_no_more_memory_and_no_more_queries_than_few(tmp_path: Path) -> None:
    message, path = make_message(), tmp_path / "messages"
    copy(message, FEW)
    export(path, "csv")  # what is imported and prepared once
    few = export(path, "csv")
    with CaptureQueriesContext(connection) as asked_few:
        export(path, "json")
    copy(message, MANY - FEW)
    assert export(path, "csv") < 1.3 * few
    with CaptureQueriesContext(connection) as asked_many:
        export(path, "json")
    assert path.read_bytes().count(b"\n") == MANY + 1
    assert len(asked_many) == len(asked_few)


def test_what_is_read_is_of_one_moment_and_nothing_can_be_written() -> None:
    make_customer(name="Mona")
    customers, messages = tables()["customers"], tables()["messages"]
    with snapshot():
        assert len(list(records(customers.chosen(None), customers.columns))) == 1
        meanwhile(make_message)
        assert list(records(messages.chosen(None), messages.columns)) == []
        with pytest.raises(InternalError, match="read-only"), transaction.atomic():
            Customer.objects.update(name="Ana")
    assert len(list(records(messages.chosen(None), messages.columns))) == 1
