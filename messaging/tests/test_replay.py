"""`manage.py replay_deliveries`."""

import io
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm.models import Channel
from crm.tests.factories import make_channel
from messaging.models import Message, WebhookDelivery
from messaging.tests.webhooks import drain, messenger, post, text_message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page() -> Channel:
    return make_channel("messenger", slug="page", external_id="100")


def replay(*words: Any) -> dict[str, Any]:
    output = io.StringIO()
    call_command("replay_deliveries", *map(str, words), "--json", stdout=output)
    found: dict[str, Any] = orjson.loads(output.getvalue())
    return found


def states() -> list[str]:
    return list(WebhookDelivery.objects.order_by("pk").values_list("status", flat=True))


def receive(channel: Channel) -> None:
    """Leave one processed, one ignored and one failed delivery."""
    post(channel, messenger(channel, text_message("m1", "Hello")))
    post(channel, {"object": "page", "entry": []})
    post(channel, messenger(Channel(external_id="200"), text_message("m2", "To a page we do not have")))
    drain()
    assert states() == ["processed", "ignored", "failed"]


def test_failed_deliveries_get_through_once_the_reason_is_gone(page: Channel) -> None:
    receive(page)
    make_channel("messenger", external_id="200")

    assert replay("--failed") == {"deliveries": 1, "by_state": {"failed": 1}, "done": True}
    drain()

    assert states() == ["processed", "ignored", "processed"]
    assert Message.objects.get(external_id="m2").channel.external_id == "200"


def test_a_dry_run_only_counts(page: Channel) -> None:
    receive(page)
    assert replay("--failed", "--ignored", "--dry-run") == {
        "deliveries": 2, "by_state": {"failed": 1, "ignored": 1}, "done": False,
    }  # fmt: skip
    assert states() == ["processed", "ignored", "failed"]


def test_reading_again_makes_nothing_twice(page: Channel) -> None:
    receive(page)
    assert replay("--since", "1h")["deliveries"] == 3
    assert states() == ["pending"] * 3
    drain()
    assert states() == ["processed", "ignored", "failed"]
    assert Message.objects.count() == 1


def test_ids_channel_and_time_narrow_the_choice(page: Channel) -> None:
    receive(page)
    other = make_channel("messenger", slug="other")
    post(other, b"not json")
    drain()
    first, *_, last = WebhookDelivery.objects.order_by("pk").values_list("pk", flat=True)
    WebhookDelivery.objects.filter(pk=first).update(received_at=timezone.now() - timedelta(days=2))

    assert replay("--failed", "--channel", "other", "--dry-run")["deliveries"] == 1
    assert replay("--since", "1d", "--dry-run")["deliveries"] == 3
    assert replay("--since", "2000-01-01", "--dry-run")["deliveries"] == 4
    assert replay("--id", first, last)["deliveries"] == 2
    assert states() == ["pending", "ignored", "failed", "pending"]
    assert replay("--since", "1d")["deliveries"] == 2  # what waits anyway is left alone


def test_it_wants_to_be_told_which(page: Channel) -> None:
    with pytest.raises(CommandError, match="--failed"):
        replay("--channel", "page")
    with pytest.raises(CommandError, match="no channel"):
        replay("--failed", "--channel", "nowhere")
    with pytest.raises(CommandError, match="how long ago"):
        replay("--since", "yesterday")


def test_many_are_taken_in_several_steps(page: Channel, monkeypatch: Any) -> None:
    monkeypatch.setattr("messaging.replay.AT_ONCE", 2)
    for number in range(5):
        post(page, b"broken %d" % number)
    drain()
    assert replay("--failed")["deliveries"] == 5
    assert states() == ["pending"] * 5
