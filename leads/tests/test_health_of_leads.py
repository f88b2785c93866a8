"""What `manage.py health` says of messages that are to be sorted to leads."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import Severity
from leads import health
from leads.models import TriageFailure
from messaging.models import Message
from messaging.tests.factories import make_message

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("seconds", "severity"), [(5, Severity.OK), (300, Severity.WARNING), (3600, Severity.CRITICAL)]
)
def test_messages_that_wait(seconds: int, severity: Severity) -> None:
    now = timezone.now()
    make_message(received_at=now - timedelta(seconds=seconds))
    make_message(received_at=now - timedelta(days=1), triaged_at=now)
    make_message(received_at=now - timedelta(days=1), direction="out")
    [found] = health.untriaged()
    assert found.severity == severity
    assert f"1 wait, the oldest for {seconds}" in found.summary


def test_those_set_aside_have_a_list_of_their_own() -> None:
    message = make_message(received_at=timezone.now() - timedelta(days=1))
    TriageFailure.objects.create(message=message, next_attempt_at=timezone.now())
    assert Message.objects.untriaged().count() == 1
    assert [found.severity for found in health.untriaged()] == [Severity.OK]
