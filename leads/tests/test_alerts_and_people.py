"""Whatever goes wrong, what administrators are told of it by e-mail and webhook holds nothing that people wrote or are called."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm import runtime_settings
from crm.models import Backup, Channel, Incident
from crm.monitoring.drain import AlertsDrain
from crm.tests.factories import make_user
from crm.tests.hooks_server import pager
from crm.tests.mail_server import mail_server
from leads.tests.whole_world import make_whole_world
from messaging.models import Message, Outgoing
from messaging.tests.admin_world import HOSTILE, make_delivery

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(days=2)
OF_PEOPLE = (*HOSTILE, "201012345678", "a@b.example", "marker-of-a-body")


def test_incidents_of_all_kinds_tell_nothing_of_anybody(settings: Any) -> None:
    go_wrong(make_whole_world())
    with mail_server() as mails, pager() as hook:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mails.port
        settings.ALERT_WEBHOOK_HOSTS = [hook.host]
        boss = make_user()
        for key, value in (
            ("open_after_seconds", 0),
            ("mail_to", "boss@shop.example"),
            ("webhook_url", f"http://{hook.host}/"),
        ):
            runtime_settings.change(key=f"alerts.{key}", value=value, by=boss)
        AlertsDrain().run_batch()
        told = [json.loads(body) for _headers, body in hook.taken]
    assert {one["key"].partition(":")[0] for one in told} >= {
        "backups",
        "deliveries",
        "failed",
        "queued",
        "tokens",
        "untriaged",
    }
    assert len(mails.mails) == len(told)
    texts = [str(value) for one in told for value in one.values()]
    texts += [part for mail in mails.mails for part in (str(mail["Subject"]), str(mail.get_content()))]
    assert [(word, text) for word in OF_PEOPLE for text in texts if word in text] == []


def go_wrong(world: dict[str, Any]) -> None:
    """Let every check of what people write find something wrong in a world of hostile texts."""
    now = timezone.now()
    Incident.objects.all().delete()
    Backup.objects.update(reason="The disk is full.")
    Channel.objects.update(token_refused_at=now)
    Message.objects.filter(direction="in").update(triaged_at=None, received_at=now - LONG_AGO)
    message = Message.objects.earliest("pk")
    for status in ("pending", "failed"):
        make_delivery(
            message.channel, status=status, body=b"marker-of-a-body", error=HOSTILE[0], received_at=now - LONG_AGO
        )
    Outgoing.objects.create(
        message=message, channel=message.channel, conversation=message.conversation, content="text",
        next_attempt_at=now - LONG_AGO,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _settings_of_its_own() -> Any:
    runtime_settings.forget()
    yield
    runtime_settings.forget()
