"""What `/metrics` tells of messages that are to be sorted to leads."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from crm.monitoring.prometheus import gauge
from leads.health import UNTRIAGED
from messaging.health import MOST, one


def own_metrics() -> Iterator[Metric]:
    """Yield how many wait and for how long."""
    waiting, age = one(UNTRIAGED)
    yield gauge("messages_untriaged", f"Messages that wait to be sorted to leads, up to {MOST}.", waiting)
    yield gauge("messages_untriaged_oldest_seconds", "For how long the oldest of them waits.", age or 0)
