"""What `manage.py health` says of deliveries, the spool and what is to be sent."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from crm.models import Channel, Severity
from crm.tests.factories import make_channel
from messaging import health
from messaging.models import Outgoing, WebhookDelivery
from messaging.tests.admin_world import make_delivery
from messaging.tests.factories import make_message

pytestmark = pytest.mark.django_db


def ago(seconds: float) -> Any:
    return timezone.now() - timedelta(seconds=seconds)


@pytest.mark.parametrize(("seconds", "severity"), [(5, Severity.OK), (90, Severity.WARNING), (3600, Severity.CRITICAL)])
def test_deliveries_that_wait(seconds: float, severity: Severity) -> None:
    channel = make_channel()
    make_delivery(channel, received_at=ago(90_000), status="processed")
    make_delivery(channel, received_at=ago(seconds))
    make_delivery(channel, received_at=ago(1))
    [found] = health.deliveries()
    assert found.severity == severity
    assert f"2 wait, the oldest for {seconds}" in found.summary
    assert bool(found.advice) == bool(severity)


def test_deliveries_that_failed() -> None:
    assert [found.severity for found in health.failed()] == [Severity.OK]
    channel = make_channel()
    make_delivery(channel, status="failed")
    [found] = health.failed()
    assert (found.severity, found.summary) == (Severity.WARNING, "1 was set aside.")


@pytest.mark.parametrize(
    ("seconds", "severity"), [(-60, Severity.OK), (400, Severity.WARNING), (4000, Severity.CRITICAL)]
)
def test_messages_to_be_sent(seconds: float, severity: Severity) -> None:
    for active, overdue in ((True, seconds), (False, 90_000)):
        message = make_message(direction="out", status=1)
        Outgoing.objects.create(
            message=message,
            channel=message.channel,
            conversation=message.conversation,
            content="text",
            next_attempt_at=ago(overdue),
        )
        Channel.objects.filter(pk=message.channel_id).update(is_active=active)
    [found] = health.queued()
    assert found.severity == severity
    assert found.summary.startswith("1 wait")


def test_files_in_the_spool(settings: Any, tmp_path: Path) -> None:
    settings.SPOOL_DIR = tmp_path
    assert [found.summary for found in health.spooled()] == ["Empty."]
    for seconds in (700, 20):
        (tmp_path / f"{time.time_ns() - seconds * 10**9:020d}-{seconds}.delivery").touch()
    [found] = health.spooled()
    assert found.severity == Severity.CRITICAL
    assert found.summary.startswith("2 deliveries are on disk, the oldest for 700")
    os.remove(next(tmp_path.glob("*-700.delivery")))
    assert [found.severity for found in health.spooled()] == [Severity.OK]


def test_big_tables_are_not_read_through() -> None:
    """Every question goes by an index that holds only what waits, whatever else is in the table."""
    channel = make_channel()
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            channel=channel,
            body=b"{}",
            digest=str(number).encode(),
            received_at=ago(9),
            next_attempt_at=ago(9),
            status="processed",
        )
        for number in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE messaging_webhookdelivery")
        for query in (health.PENDING, health.FAILED):
            cursor.execute(f"EXPLAIN {query}", {"most": health.MOST})
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan" not in plan, plan
            assert "delivery_pending" in plan or "delivery_failed" in plan
