"""Trouble that nobody thought of stays with the one delivery that brings it about."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from crm.tests.factories import make_channel
from messaging.models import Message, WebhookDelivery
from messaging.tests.webhooks import drain, messenger, post, text_message

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_error_of_any_kind_sets_one_delivery_aside_and_its_neighbours_go_through() -> None:
    """A time of receipt at the end of the calendar stands in for it: no day comes after that one."""
    page = make_channel("messenger", external_id="100")
    for number in range(4):
        assert post(page, messenger(page, text_message(f"m_{number}", "x", psid=str(number)))).status_code == 200
    poisonous = WebhookDelivery.objects.order_by("id")[1]
    end_of_time = datetime.max.replace(tzinfo=UTC)
    WebhookDelivery.objects.filter(pk=poisonous.pk).update(received_at=end_of_time)
    for _ in range(5):
        drain()
        WebhookDelivery.objects.pending().update(next_attempt_at=timezone.now())
    assert set(Message.objects.values_list("external_id", flat=True)) == {"m_0", "m_2", "m_3"}
    poisonous.refresh_from_db()
    assert (poisonous.status, poisonous.attempts) == ("failed", 5)
    assert poisonous.error.startswith("OverflowError")
