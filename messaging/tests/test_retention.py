"""What is old goes, a few rows at a time; what somebody waits for stays, whatever its age."""

import io
import logging
import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import psycopg
import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from crm import runtime_settings
from crm.metrics import roll_up
from crm.models import Channel, DailyMetric, ImportFile, Incident, IncidentNotice, Notification
from crm.monitoring.findings import plain_parameters
from crm.retention import removing
from crm.retention.tasks import NIGHTLY, nightly
from crm.tests.factories import make_channel, make_user
from messaging import retention
from messaging.models import Conversation, Handoff, WebhookDelivery
from messaging.sending.queueing import Draft, queue_message
from messaging.tests.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_settings() -> Iterator[None]:
    """Let no test see what another one set."""
    runtime_settings.forget()
    yield
    runtime_settings.forget()


NEVER = {"retention.deliveries_days": 0, "retention.idle_conversations_days": 0, "retention.notices_days": 0}


def ago(days: float) -> Any:
    return timezone.now() - timedelta(days=days)


def deliver(channel: Channel, status: str, days: float, number: int = 1) -> None:
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            channel=channel,
            body=b"{}",
            digest=secrets.token_bytes(16),
            received_at=ago(days),
            next_attempt_at=ago(days),
            status=status,
        )
        for _number in range(number)
    )


def left() -> Counter[str]:
    return Counter(WebhookDelivery.objects.values_list("status", flat=True))


class TestDeliveries:
    @pytest.mark.parametrize(
        ("status", "days", "stays"),
        [
            ("processed", 29, True),
            ("processed", 31, False),
            ("ignored", 31, False),
            ("failed", 31, True),
            ("failed", 61, False),
            ("pending", 500, True),
        ],
    )
    def test_they_go_once_they_are_old_enough(self, status: str, days: int, stays: bool) -> None:
        deliver(make_channel(), status, days)
        nightly()
        assert left()[status] == stays

    def test_zero_days_means_never(self) -> None:
        deliver(make_channel(), "processed", 3000)
        for key, days in NEVER.items():
            runtime_settings.change(key=key, value=days, by=make_user())
        nightly()
        assert left() == {"processed": 1}

    def test_in_batches_and_with_a_line_of_counts(self, caplog: pytest.LogCaptureFixture) -> None:
        deliver(make_channel(), "processed", 40, removing.BATCH + 5)
        batches: list[int] = []
        with caplog.at_level(logging.INFO, logger="crm.retention"):
            removing.run_rules(count=batches.append)
        assert batches[:2] == [removing.BATCH, 5]
        assert [record.message for record in caplog.records] == [
            "Retention: deliveries 1005, failed deliveries 0, closed conversations 0, notices 0, unread notices 0, import files 0, "
            "sessions 0, logins 0, failed logins 0, log of failed logins 0, notices of incidents 0, incidents 0"
        ]

    def test_the_figures_do_not_need_them(self) -> None:
        message = make_message(at=ago(40), received_at=ago(40))
        deliver(message.channel, "processed", 40)
        nightly()
        day = timezone.localdate(message.at)
        list(roll_up(day, day))
        assert left() == {}
        assert DailyMetric.objects.filter(day=day, channel=message.channel).exists()


class TestConversations:
    def test_one_that_is_idle_is_closed_with_history(self) -> None:
        talk = make_conversation(last_activity_at=ago(31))
        nightly()
        talk.refresh_from_db()
        assert (talk.status, talk.closed_at is not None) == ("closed", True)
        history = Conversation.pgh_event_models["before"].objects.filter(pgh_obj=talk)  # type: ignore[attr-defined]
        assert [row.status for row in history] == ["open"]

    def test_none_in_which_anything_is_awaited(self) -> None:
        old = ago(400)
        make_conversation(last_activity_at=ago(29))
        make_conversation(last_activity_at=old, waiting_since=old, last_inbound_at=old)
        make_conversation(last_activity_at=old, snoozed_until=ago(-1), snoozed_at=ago(1))
        asked = make_conversation(last_activity_at=old)
        Handoff.objects.create(conversation=asked, reason="Wants a person", by=Handoff.By.RULE)
        assert retention.close_idle(ago(30), 0, 100) == []
        assert Conversation.objects.open().count() == 4

    def test_none_with_a_reply_on_its_way(self) -> None:
        talk = make_conversation(last_inbound_at=timezone.now(), last_activity_at=ago(1))
        queue_message(conversation_id=talk.pk, draft=Draft(text="Yes"), author=make_user())
        Conversation.objects.update(last_activity_at=ago(40))
        assert retention.close_idle(ago(30), 0, 100) == []


def test_notices_and_files_go_too() -> None:
    user = make_user()
    for key, days, read in (("a", 91, True), ("b", 89, True), ("c", 91, False), ("d", 181, False)):
        notice = Notification.objects.create(user=user, kind="backup", key=key, read_at=ago(days) if read else None)
        Notification.objects.filter(pk=notice.pk).update(created_at=ago(days))
    for name, days in (("old", 2), ("new", 0)):
        file = ImportFile.objects.create(by=user, kind="customers", name=name, content=b"x")
        ImportFile.objects.filter(pk=file.pk).update(created_at=ago(days))
    output = io.StringIO()
    call_command("remove_old", "--json", stdout=output)
    counts = orjson.loads(output.getvalue())
    assert (counts["notices"], counts["unread notices"], counts["import files"]) == (1, 1, 1)
    assert set(Notification.objects.values_list("key", flat=True)) == {"b", "c"}
    assert ImportFile.objects.get().name == "new"


def test_what_was_kept_of_logins_and_incidents_goes_too() -> None:
    for key, days in (("ended long ago", 2), ("ended", 0.5), ("goes on", -3)):
        Session.objects.create(session_key=key, session_data="", expire_date=ago(days))
    for days in (91, 89):
        for model in (AccessLog, AccessAttempt):
            fields = {"failures_since_start": 1} if model is AccessAttempt else {}
            row = model.objects.create(username=f"{days}", ip_address="192.0.2.1", user_agent="", **fields)
            model.objects.filter(pk=row.pk).update(attempt_time=ago(days))
    for key, closed in (("old", ago(366)), ("new", ago(364)), ("untold", ago(364)), ("lasts", None)):
        incident = Incident.objects.create(
            key=key, severity=1, title=key, first_seen_at=ago(500), last_seen_at=ago(400), closed_at=closed
        )
        if key != "untold":
            IncidentNotice.objects.create(incident=incident, event="opened", way="mail", next_attempt_at=ago(400))
    nightly()
    assert set(Session.objects.values_list("session_key", flat=True)) == {"ended", "goes on"}
    assert [model.objects.get().username for model in (AccessLog, AccessAttempt)] == ["89", "89"]
    assert set(IncidentNotice.objects.values_list("incident__key", flat=True)) == {"new", "lasts"}
    assert set(Incident.objects.values_list("key", flat=True)) == {"new", "untold", "lasts"}


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_works_on_is_left_for_the_next_night() -> None:
    deliver(make_channel(), "processed", 40, 2)
    with psycopg.connect(**plain_parameters("default")) as colleague:
        colleague.execute("SELECT FROM messaging_webhookdelivery ORDER BY id LIMIT 1 FOR UPDATE")
        nightly()
        assert left() == {"processed": 1}
    nightly()
    assert left() == {}


def test_the_night_does_it() -> None:
    crontab = PeriodicTask.objects.get(task=NIGHTLY).crontab
    assert (crontab.hour, crontab.minute, crontab.day_of_week) == ("3", "45", "*")
