"""Incidents: opened when something is wrong for a while, closed when it is well for a while, each told of once.

Any number of processes may do this: one at a time evaluates, and rows that last are unique by key.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from crm import runtime_settings
from crm.models import Incident, IncidentNotice, Severity
from crm.monitoring.findings import Finding, Health
from crm.monitoring.ways import ways_set_up

LOCK = 0x494E4349
Event = IncidentNotice.Event


@transaction.atomic
def evaluate(health: Health) -> int:
    """Bring incidents in line with what was found; return how many opened, got worse or closed.

    Of what could not be asked nothing is known, so its incidents stay as they are. Does nothing while another process is at it.
    """
    if not _is_our_turn():
        return 0
    now = timezone.now()
    wrong = {finding.key: finding for finding in health.findings if finding.severity}
    lasting = {row.key: row for row in Incident.objects.unclosed().select_for_update().order_by("pk")}
    changes = 0
    for key, finding in wrong.items():
        changes += _is_wrong(lasting.get(key), finding, now)
    for key, incident in lasting.items():
        if key not in wrong and key.partition(":")[0] not in health.unknown:
            changes += _is_well(incident, now)
    return changes


def _is_our_turn() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _is_wrong(incident: Incident | None, finding: Finding, now: datetime) -> int:
    incident = incident or Incident(key=finding.key[:100], severity=finding.severity, first_seen_at=now)
    worse = finding.severity > incident.severity
    incident.severity = max(incident.severity, finding.severity)
    incident.title, incident.page = finding.title[:200], finding.page
    incident.summary, incident.advice = finding.summary[:1000], finding.advice[:1000]
    incident.last_seen_at, incident.well_since = now, None
    opens = incident.opened_at is None and now - incident.first_seen_at >= _seconds("open_after_seconds")
    if opens:
        incident.opened_at = now
    incident.save()
    if opens:
        return _tell(incident, Event.OPENED, now)
    if worse and incident.opened_at:
        return _tell(incident, Event.WORSE, now)
    return 0


def _is_well(incident: Incident, now: datetime) -> int:
    if incident.opened_at is None:
        incident.delete()
        return 0
    incident.well_since = incident.well_since or now
    closes = now - incident.well_since >= _seconds("close_after_seconds")
    if closes:
        incident.closed_at = now
    incident.save()
    return _tell(incident, Event.CLOSED, now) if closes else 0


def _seconds(key: str) -> timedelta:
    return timedelta(seconds=runtime_settings.value_of(f"alerts.{key}"))


def _tell(incident: Incident, event: IncidentNotice.Event, now: datetime) -> int:
    """Put what is to be told in its table; it is sent from there. What is over is told only where its beginning was."""
    for way in ways_set_up():
        if event != Event.CLOSED or incident.notices.filter(way=way).exists():
            values = {"next_attempt_at": now}
            IncidentNotice.objects.get_or_create(incident=incident, event=event, way=way, defaults=values)
    return 1


def of_our_own(key: str, *, title: str, summary: str, began: datetime) -> None:
    """Keep in the history what could not be written while it lasted, as when the database was away; once, whoever saw it."""
    now = timezone.now()
    if Incident.objects.filter(key=key, closed_at__gte=began).exists():
        return
    Incident.objects.create(
        key=key,
        severity=Severity.CRITICAL,
        title=title,
        summary=summary,
        first_seen_at=began,
        last_seen_at=now,
        opened_at=began,
        closed_at=now,
        notified_at=began,
    )
