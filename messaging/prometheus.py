"""What `/metrics` tells of deliveries and messages."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, Metric

from crm.models import Channel
from crm.monitoring.prometheus import counted_on, gauge
from messaging import health


def own_metrics() -> Iterator[Metric]:
    """Yield what waits, counted no further than to a bound, and what came and went since the first scrape."""
    pending, age = health.one(health.PENDING)
    yield gauge("deliveries_pending", f"Deliveries that wait, up to {health.MOST}.", pending)
    yield gauge("deliveries_oldest_seconds", "For how long the oldest of them waits.", age or 0)
    yield gauge(
        "deliveries_failed", f"Deliveries that were set aside, up to {health.MOST}.", *health.one(health.FAILED)
    )
    queued, overdue = health.one(health.QUEUED)
    yield gauge("messages_queued", f"Messages of ours that wait to be sent, up to {health.MOST}.", queued)
    yield gauge("messages_queued_overdue_seconds", "How far the oldest of them is past its time.", max(0, overdue or 0))
    files, oldest = health.spool_state()
    yield gauge("spool_files", "Deliveries on the disk of the machine that answers.", files)
    yield gauge("spool_oldest_seconds", "For how long the oldest of them waits.", oldest)
    yield from _counters()


def _counters() -> Iterator[Metric]:
    channels = {
        str(pk): [slug, platform] for pk, slug, platform in Channel.objects.values_list("pk", "slug", "platform")
    }
    accepted = CounterMetricFamily(
        "migochat_webhooks_accepted",
        "Webhooks that were stored, counted from the first scrape on.",
        labels=["channel", "platform"],
    )
    for (channel,), count in sorted(counted_on("messaging_webhookdelivery", "channel_id", "received_at").items()):
        accepted.add_metric(channels.get(channel, ["", ""]), count)
    yield accepted
    messages = CounterMetricFamily(
        "migochat_messages", "Messages, counted from the first scrape on.", labels=["channel", "platform", "direction"]
    )
    for (channel, way), count in sorted(
        counted_on("messaging_message", "channel_id, direction", "received_at").items()
    ):
        messages.add_metric([*channels.get(channel, ["", ""]), way], count)
    yield messages
