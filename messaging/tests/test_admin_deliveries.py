"""Webhook deliveries in the admin: read, explained, replayed."""

import pytest
from django.db import connection
from django.urls import reverse

from messaging.admin.deliveries import SHOWN_CHARACTERS, readable_body
from messaging.models import WebhookDelivery
from messaging.tests.admin_world import client_of, colleague, make_delivery

LIST = "admin:messaging_webhookdelivery_changelist"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"a":{"b":"\xd8\xb3"}}', '{\n  "a": {\n    "b": "س"\n  }\n}'),
        (b"From=whatsapp%3A%2B2010&Body=Hi+there&Empty=", "From = whatsapp:+2010\nBody = Hi there\nEmpty = "),
        (b'{"cut off', '{"cut off'),
        (b"", ""),
        (b"\xff\xfe\x00", "\ufffd\ufffd\x00"),
        (b"[" * 600 + b"]" * 600, "[" * 600 + "]" * 600),
    ],
)
def test_a_body_is_laid_out_as_far_as_it_can_be(body: bytes, shown: str) -> None:
    assert readable_body(body) == shown


def test_a_long_body_is_cut() -> None:
    assert len(readable_body(b"x" * (SHOWN_CHARACTERS * 2))) == SHOWN_CHARACTERS + 2


@pytest.mark.django_db
def test_the_page_shows_body_headers_and_reason() -> None:
    delivery = make_delivery(
        body=b'{"object":"page"}', headers={"user-agent": "facebook"}, status="failed", error="No entry."
    )
    page = client_of(colleague("administrator")).get(
        reverse("admin:messaging_webhookdelivery_change", args=[delivery.pk])
    )
    text = page.content.decode()
    assert "&quot;object&quot;: &quot;page&quot;" in text
    assert "user-agent: facebook" in text
    assert "No entry." in text


@pytest.mark.django_db
def test_an_unreadable_body_is_marked_and_breaks_nothing() -> None:
    delivery = make_delivery()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_webhookdelivery SET body = 'x'")
    client = client_of(colleague("administrator"))
    assert client.get(reverse(LIST)).status_code == 200
    page = client.get(reverse("admin:messaging_webhookdelivery_change", args=[delivery.pk]))
    assert "Cannot be decrypted" in page.content.decode()


@pytest.mark.django_db
def test_an_administrator_replays_one_and_several() -> None:
    client = client_of(colleague("administrator"))
    failed, processed, other = (
        make_delivery(status=status, attempts=9, error="x") for status in ("failed", "processed", "failed")
    )
    client.post(reverse("admin:messaging_webhookdelivery_replay", args=[failed.pk]))
    failed.refresh_from_db()
    assert (failed.status, failed.attempts, failed.error) == ("pending", 0, "")
    body = {"action": "replay_selected", "_selected_action": [processed.pk], "index": 0}
    assert "1 delivery waits" in client.post(reverse(LIST), body, follow=True).content.decode()
    assert WebhookDelivery.objects.pending().count() == 2
    other.refresh_from_db()
    assert other.status == "failed"


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["manager", "seller", "viewer"])
def test_others_do_not_replay(role: str) -> None:
    client, delivery = client_of(colleague(role)), make_delivery(status="failed")
    assert client.post(reverse("admin:messaging_webhookdelivery_replay", args=[delivery.pk])).status_code == 403
    client.post(reverse(LIST), {"action": "replay_selected", "_selected_action": [delivery.pk], "index": 0})
    delivery.refresh_from_db()
    assert delivery.status == "failed"


@pytest.mark.django_db
def test_a_list_does_not_read_bodies() -> None:
    make_delivery()
    client = client_of(colleague("administrator"))
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        client.get(reverse(LIST))
    assert not [query for query in queries if '"messaging_webhookdelivery"."body"' in query["sql"]]
