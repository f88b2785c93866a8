"""`/metrics`: who may read it, that Prometheus can, that figures are right and cheap on big tables."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from crm.models import Channel, Heartbeat, Incident, Tally
from crm.monitoring.prometheus import SETTLED_SECONDS
from crm.tests.factories import make_channel
from crm.tests.running import free_port
from messaging.models import Message, WebhookDelivery
from messaging.tests.admin_world import make_delivery
from messaging.tests.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-the-scraper"


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


def scrape(client: Client) -> dict[str, dict[tuple[str, ...], float]]:
    """Return the samples by name and label values."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        assert family.documentation and family.type != "unknown"
        sample: Sample
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


@pytest.mark.parametrize("shown", ["", "Bearer", f"Bearer {TOKEN}x", TOKEN, f"Basic {TOKEN}", "Bearer ü"])
def test_without_the_token_nothing_is_told(client: Client, shown: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": shown})
    assert answer.status_code == 403
    assert b"migochat" not in answer.content


def test_where_no_token_is_set_there_is_no_such_page(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_what_waits(client: Client) -> None:
    now = timezone.now()
    channel = make_channel(slug="shop", rejected_signatures=3)
    make_delivery(channel, received_at=now - timedelta(seconds=90))
    make_delivery(channel, status="failed")
    make_message(received_at=now - timedelta(seconds=50))
    Heartbeat.objects.create(name="outgoing", host="a", pid=1, started_at=now, seen_at=now - timedelta(seconds=20))
    killed = {"name": "outgoing", "host": "a", "pid": 2, "started_at": now, "seen_at": now - timedelta(hours=2)}
    Heartbeat.objects.create(**killed)
    Incident.objects.create(
        key="disk", severity=2, title="", summary="", first_seen_at=now, last_seen_at=now, opened_at=now
    )
    told = scrape(client)
    assert told["migochat_database_up"] == {(): 1}
    assert told["migochat_deliveries_pending"] == {(): 1}
    assert 90 <= told["migochat_deliveries_oldest_seconds"][()] < 120
    assert told["migochat_deliveries_failed"] == {(): 1}
    assert told["migochat_messages_untriaged"] == {(): 1}
    assert told["migochat_messages_queued"] == {(): 0}
    assert told["migochat_spool_files"] == {(): 0}
    assert 20 <= told["migochat_seen_seconds"]["outgoing",] < 60
    assert told["migochat_processes"] == {("outgoing",): 1}
    assert told["migochat_incidents_open"] == {("warning",): 0, ("critical",): 1}
    assert told["migochat_webhooks_refused_total"]["shop", "messenger"] == 3
    assert "migochat_backup_age_seconds" not in told, "there is none yet"


def test_counters_count_each_row_once(client: Client) -> None:
    talk = make_conversation()
    channel = Channel.objects.get(pk=talk.channel_id)
    labels = (channel.slug, channel.platform)
    make_message(talk)
    assert scrape(client).get("migochat_messages_total", {}) == {}, "counting begins now"
    settled = timezone.now() - timedelta(seconds=SETTLED_SECONDS + 5)
    for direction in ("in", "in", "out"):
        make_message(talk, direction=direction, received_at=settled)
    make_message(talk, received_at=timezone.now())
    make_delivery(channel, received_at=settled)
    for _time in range(2):
        told = scrape(client)
        assert told["migochat_messages_total"] == {
            (channel.slug, "in", channel.platform): 2,
            (channel.slug, "out", channel.platform): 1,
        }
        assert told["migochat_webhooks_accepted_total"] == {labels: 1}
    Message.objects.update(received_at=settled)
    assert scrape(client)["migochat_messages_total"] == {
        (channel.slug, "in", channel.platform): 3,
        (channel.slug, "out", channel.platform): 1,
    }
    assert Tally.objects.count() == 2


def test_a_database_that_is_away_is_told(client: Client) -> None:
    there = dict(connection.settings_dict)
    connection.settings_dict.update(HOST="127.0.0.1", PORT=str(free_port()))
    try:
        told = scrape(client)
    finally:
        connection.settings_dict.update(HOST=there["HOST"], PORT=there["PORT"])
    assert told == {"migochat_database_up": {(): 0}}


def test_no_big_table_is_read_through(client: Client) -> None:
    """On rows enough for the planner to prefer an index, each statement goes by one."""
    talk = make_conversation()
    at = timezone.now() - timedelta(hours=1)
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            channel_id=talk.channel_id,
            body=b"{}",
            digest=b"%d" % number,
            received_at=at,
            next_attempt_at=at,
            status="processed",
        )
        for number in range(3000)
    )
    Message.objects.bulk_create(
        Message(channel_id=talk.channel_id, conversation=talk, direction="in", type="text", at=at, received_at=at, triaged_at=at,
                external_id=str(number), external_key=b"%d" % number)
        for number in range(3000)
    )  # fmt: skip
    scrape(client)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as asked:
        scrape(client)
    assert len(asked) <= 30
    plans = []
    for query in (query["sql"] for query in asked.captured_queries):
        if "messaging_message" in query or "messaging_webhookdelivery" in query:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {query}")
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
    assert len(plans) >= 5
    assert [plan for plan in plans if "Seq Scan on messaging_" in plan] == []
