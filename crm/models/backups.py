"""Backups: each run, what became of it, and what was put in place of the live database."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.models.rows import TimestampedModel


class BackupQuerySet(models.QuerySet["Backup"]):
    def made(self) -> Self:
        """Return those that came to their end and whose file is kept."""
        return self.filter(state__in=[Backup.State.COMPLETE, Backup.State.VERIFIED], removed_at=None)

    def under_way(self) -> Self:
        return self.filter(state=Backup.State.RUNNING)

    def requested(self) -> Self:
        return self.filter(state=Backup.State.REQUESTED)


class Backup(TimestampedModel):
    """One run of the backup. `complete`: the file is whole in its place; `verified`: it was restored and compared, too.

    `size` is bytes of the file, `rows` of the database in it. `reason` says why it failed, or why a later proof did.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        RUNNING = "running", _("Running")
        COMPLETE = "complete", _("Complete")
        VERIFIED = "verified", _("Verified")
        FAILED = "failed", _("Failed")

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", _("On schedule")
        BUTTON = "button", _("By the button")
        COMMAND = "command", _("By command")

    name = models.CharField(_("file"), max_length=100, blank=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REQUESTED)
    trigger = models.CharField(_("begun"), max_length=10, choices=Trigger)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("requested by"),
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    snapshot_at = models.DateTimeField(_("state of"), null=True)
    verified_at = models.DateTimeField(_("verified"), null=True)
    drilled_at = models.DateTimeField(_("drilled"), null=True)
    removed_at = models.DateTimeField(_("removed"), null=True)
    size = models.BigIntegerField(_("size"), null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    rows = models.BigIntegerField(_("rows"), null=True)
    reason = models.TextField(_("reason"), blank=True)

    objects = BackupQuerySet.as_manager()

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["name"], name="backup_name_once", condition=~Q(name="")),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "running", "complete", "verified", "failed"]),
                name="backup_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["complete", "verified"]) | Q(name__gt="", sha256__gt=""),
                name="backup_made_has_file",
            ),
        )
        indexes = (models.Index(F("finished_at").desc(), name="backup_by_end"),)

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"


class Restoration(TimestampedModel):
    """A backup that took the live database's place. The one before is kept under `old_database` until somebody lets it go.

    `carried_at`: when what was acknowledged after the backup had been taken over from there; null: that is still to be done.
    """

    backup_name = models.CharField(_("backup"), max_length=100)
    snapshot_at = models.DateTimeField(_("state of"))
    old_database = models.CharField(max_length=63, unique=True)
    carried_at = models.DateTimeField(null=True)
    carried = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.backup_name
