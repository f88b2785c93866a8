"""`/metrics` in the text format of Prometheus, for who has the token. All is taken from the tables, and none is read through."""

import hmac
from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from crm.backups.state import state_of_backups
from crm.deadline import deadlines
from crm.models import Channel, Incident, Severity, Tally
from crm.monitoring.findings import DATABASE_SECONDS, why_no_database
from crm.monitoring.heartbeats import seen
from crm.monitoring.thresholds import number

#: What was written a moment ago may have a neighbour with a smaller id that is not committed yet; most rows in one scrape.
SETTLED_SECONDS, MOST = 10, 100_000


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all metrics; 404 without METRICS_TOKEN, 403 for who does not show it."""
    if not settings.METRICS_TOKEN:
        raise Http404
    shown = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(shown, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponseForbidden("A bearer token is needed.\n", content_type="text/plain")
    registry = CollectorRegistry()
    registry.register(_Tables())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Tables(Collector):
    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        found: list[Metric] = []
        is_up = not why_no_database()
        if is_up:
            try:
                found = _asked()
            except DatabaseError:
                is_up = False
        yield gauge("database_up", "Whether the database answers.", int(is_up))
        yield from found


def _asked() -> list[Metric]:
    connection.ensure_connection()
    with deadlines.limit(connection.connection, DATABASE_SECONDS), transaction.atomic():
        return [metric for name in settings.PROMETHEUS_METRICS for metric in import_string(name)()]


def gauge(name: str, text: str, value: float | None) -> GaugeMetricFamily:
    """Return a gauge without labels; none: there is nothing to measure, so it has no sample."""
    family = GaugeMetricFamily(f"migochat_{name}", text)
    if value is not None:
        family.add_metric([], value)
    return family


def own_metrics() -> Iterator[Metric]:
    """Yield what this app knows."""
    now = timezone.now()
    drains = GaugeMetricFamily("migochat_seen_seconds", "Since a drain, worker or beat was last seen.", labels=["name"])
    processes = GaugeMetricFamily("migochat_processes", "Processes seen lately.", labels=["name"])
    for name, one in sorted(seen(timedelta(seconds=number("silent_seconds"))).items()):
        drains.add_metric([name], (now - one.at).total_seconds())
        processes.add_metric([name], one.processes)
    yield from (drains, processes)
    state = state_of_backups()
    for name, text, at in (
        ("backup_age_seconds", "Age of the newest backup.", state.made),
        ("backup_verified_age_seconds", "Since a backup was last proven.", state.verified),
    ):
        yield gauge(name, text, (now - at).total_seconds() if at else None)
    incidents = GaugeMetricFamily("migochat_incidents_open", "Incidents that last.", labels=["severity"])
    lasting = list(Incident.objects.open().values_list("severity", flat=True))
    for severity in (Severity.WARNING, Severity.CRITICAL):
        incidents.add_metric([severity.name.lower()], lasting.count(severity))
    yield incidents
    refused = CounterMetricFamily(
        "migochat_webhooks_refused", "Webhooks whose signature was wrong.", labels=["channel", "platform"]
    )
    for slug, platform, count in Channel.objects.order_by("pk").values_list("slug", "platform", "rejected_signatures"):
        refused.add_metric([slug, platform], count)
    yield refused


def counted_on(table: str, labels: str, written_at: str) -> dict[tuple[str, ...], int]:
    """Count a table's rows on from where the last scrape stopped, and return the sums by labels, the first being a channel's id.

    `labels` and `written_at` are columns. Counting begins with the first scrape: what was there before is not read.
    """
    name = connection.ops.quote_name(table)
    with connection.cursor() as cursor:
        tally = Tally.objects.select_for_update().filter(name=table).first()
        if tally is None:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {name}")  # noqa: S608
            Tally.objects.bulk_create([Tally(name=table, last_id=cursor.fetchone()[0])], ignore_conflicts=True)
            tally = Tally.objects.select_for_update().get(name=table)
        cursor.execute(
            f"WITH fresh AS (SELECT id, {labels}, {written_at} AS written_at FROM {name} WHERE id > %(after)s "  # noqa: S608 - our names
            f"ORDER BY id LIMIT %(most)s) SELECT max(id), {labels}, count(*) FROM fresh "
            "WHERE id < coalesce((SELECT min(id) FROM fresh WHERE written_at >= now() - interval '1 second' * %(settled)s), "
            f"{2**63 - 1}) GROUP BY {labels}",
            {"after": tally.last_id, "most": MOST, "settled": SETTLED_SECONDS},
        )
        rows = cursor.fetchall()
    for largest, *values, count in rows:
        key = "|".join(map(str, values))
        tally.last_id = max(tally.last_id, largest)
        tally.counts[key] = tally.counts.get(key, 0) + count
    if rows:
        tally.save()
    return {tuple(key.split("|")): count for key, count in tally.counts.items()}
