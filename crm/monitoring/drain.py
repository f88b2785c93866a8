"""The drain that watches: it evaluates the checks of `manage.py health` every minute and tells administrators."""

import logging
import smtplib
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from crm import runtime_settings
from crm.log_format import describe
from crm.models import Incident, IncidentNotice
from crm.monitoring.findings import Finding, look
from crm.monitoring.incidents import evaluate, of_our_own
from crm.monitoring.posting import PostError
from crm.monitoring.ways import Event, Told, tell, ways_set_up

logger = logging.getLogger(__name__)

EVERY_SECONDS = 60.0
BATCH = 20
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=30), timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=1)
FAILURES = (OSError, smtplib.SMTPException, PostError, ValueError)


class AlertsDrain:
    """Opens and closes incidents, and sends what is due; what could not be sent is tried again, later each time."""

    def __init__(self) -> None:
        self.look_at = float("-inf")
        self.outage = Outage()

    def run_batch(self) -> int:
        now, done = time.monotonic(), 0
        if now >= self.look_at:
            self.look_at = now + EVERY_SECONDS
            health = look()
            away = next((one for one in health.findings if one.key == "database" and one.severity), None)
            if away:
                self.outage.lasts(away)
            else:
                self.outage.is_over()
                ways_set_up()  # so that this process knows them when the database goes away
                done += evaluate(health)
        return 0 if self.outage.since else done + self._send()

    def _send(self) -> int:
        """Send up to a batch, each in a transaction of its own; return how many are due no more."""
        return sum(1 for _place in range(BATCH) if self._send_one())

    @transaction.atomic
    def _send_one(self) -> bool:
        due = IncidentNotice.objects.filter(sent_at=None, given_up_at=None, next_attempt_at__lte=timezone.now())
        notice = (
            due.select_for_update(of=("self",), skip_locked=True)
            .select_related("incident")
            .order_by("next_attempt_at", "pk")
            .first()
        )
        if notice is None:
            return False
        now = timezone.now()
        notice.attempts += 1
        try:
            tell(notice.way, Told.of(notice.incident, notice.event))
        except FAILURES as error:
            self._later(notice, error, now)
        else:
            notice.sent_at, notice.error = now, ""
            Incident.objects.filter(pk=notice.incident_id).update(notified_at=now)
        notice.save()
        return notice.sent_at is not None

    def _later(self, notice: IncidentNotice, error: Exception, now: datetime) -> None:
        what = str(error) if isinstance(error, PostError) else describe(error)
        logger.warning("Incident %d could not be told by %s: %s", notice.incident_id, notice.way, what)
        notice.error = what[:200]
        notice.next_attempt_at = now + min(FIRST_RETRY * 2 ** min(notice.attempts - 1, 12), LONGEST_RETRY)
        if now - notice.created_at > GIVEN_UP_AFTER:
            notice.given_up_at = now


class Outage:
    """The database is away, and with it the table of incidents: this process tells of it by itself, by what it last knew."""

    def __init__(self) -> None:
        self.since: datetime | None = None
        self.finding: Finding | None = None
        self.told: set[str] = set()

    def lasts(self, finding: Finding) -> None:
        """Tell of it once it has lasted for a while; a way that fails is tried again at the next look."""
        now = timezone.now()
        self.since, self.finding = self.since or now, finding
        if now - self.since < timedelta(seconds=runtime_settings.last_known("alerts.open_after_seconds")):
            return
        for way in ways_set_up(runtime_settings.last_known):
            if way not in self.told and self._tell(way, Event.OPENED, finding, self.since):
                self.told.add(way)

    def is_over(self) -> None:
        """Tell those who were told that it is over, and keep it in the history."""
        since, finding, told = self.since, self.finding, sorted(self.told)
        self.since, self.finding, self.told = None, None, set()
        if since is None or finding is None or not told:
            return
        for way in told:
            self._tell(way, Event.CLOSED, finding, since)
        of_our_own("database", title=finding.title, summary=finding.summary, began=since)

    def _tell(self, way: str, event: Event, one: Finding, since: datetime) -> bool:
        over = timezone.now() if event == Event.CLOSED else None
        told = Told("", event, one.key, one.severity.name.lower(), one.title, one.summary, one.advice, since, over)
        try:
            tell(way, told, runtime_settings.last_known)
        except FAILURES as error:
            logger.warning("That the database is away could not be told by %s: %s", way, describe(error))
            return False
        return True
