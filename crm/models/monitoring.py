"""Signs of life of processes, and what went wrong with the installation."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.models.rows import TimestampedModel


class Heartbeat(models.Model):
    """When a process last went through its loop: a drain, a worker, or beat.

    One row for each process, updated a few times a minute; no index holds `seen_at`, so that an update stays on its page.
    """

    name = models.CharField(_("what"), max_length=50)
    host = models.CharField(_("machine"), max_length=255)
    pid = models.BigIntegerField(_("process"))
    started_at = models.DateTimeField(_("started"))
    seen_at = models.DateTimeField(_("seen"))

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["name", "host", "pid"], name="heartbeat_once"),)

    def __str__(self) -> str:
        return f"{self.name} {self.host} {self.pid}"


class Severity(models.IntegerChoices):
    OK = 0, _("Well")
    WARNING = 1, _("Warning")
    CRITICAL = 2, _("Critical")


class IncidentQuerySet(models.QuerySet["Incident"]):
    def unclosed(self) -> Self:
        """Return those that last, also those that are only suspected."""
        return self.filter(closed_at=None)

    def open(self) -> Self:
        """Return those that last and were told of."""
        return self.unclosed().filter(opened_at__isnull=False)


class Incident(TimestampedModel):
    """Something that is wrong for a while; `key` is that of the finding of `manage.py health`.

    It is only suspected from `first_seen_at` to `opened_at`, and one that is well again by then is removed. `well_since`: nothing
    is found any more, but not yet for long enough to close it. No text names a customer.
    """

    key = models.CharField(_("check"), max_length=100)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity)
    title = models.CharField(_("what"), max_length=200)
    summary = models.CharField(_("found"), max_length=1000)
    advice = models.CharField(_("what to do"), max_length=1000, blank=True)
    page = models.CharField(max_length=100, blank=True)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    opened_at = models.DateTimeField(_("opened"), null=True)
    well_since = models.DateTimeField(_("well since"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    notified_at = models.DateTimeField(_("somebody was told"), null=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ("-id",)
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(fields=["key"], name="incident_open_once", condition=Q(closed_at=None)),
            models.CheckConstraint(condition=Q(severity__in=[1, 2]), name="incident_severity_known"),
        )
        indexes = (models.Index(F("closed_at").desc(nulls_first=True), F("id").desc(), name="incident_newest"),)

    def __str__(self) -> str:
        return self.title


class IncidentNotice(TimestampedModel):
    """One thing that is told of an incident in one way, at most once: that it opened, got worse, or is over."""

    class Event(models.TextChoices):
        OPENED = "opened", _("Opened")
        WORSE = "worse", _("Got worse")
        CLOSED = "closed", _("Over")

    class Way(models.TextChoices):
        MAIL = "mail", _("E-mail")
        WEBHOOK = "webhook", _("Webhook")

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="notices", db_index=False)
    event = models.CharField(_("event"), max_length=10, choices=Event)
    way = models.CharField(_("way"), max_length=10, choices=Way)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    given_up_at = models.DateTimeField(_("given up"), null=True)
    error = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["incident", "event", "way"], name="incident_notice_once"),)
        indexes = (
            models.Index(
                fields=["next_attempt_at"], name="incident_notice_due", condition=Q(sent_at=None, given_up_at=None)
            ),
        )

    def __str__(self) -> str:
        return f"{self.incident_id} {self.event} {self.way}"


class Tally(models.Model):
    """How many rows of a table were counted so far, for `/metrics`: each scrape counts on from `last_id`, and no row twice.

    `counts` has a number for each set of labels, joined by `|`.
    """

    name = models.CharField(max_length=50, unique=True)
    last_id = models.BigIntegerField()
    counts = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
