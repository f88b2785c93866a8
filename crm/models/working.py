"""What helps colleagues at their work."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.models.rows import TimestampedModel


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> Self:
        return self.filter(read_at=None)


class Notification(TimestampedModel):
    """Something a colleague is told in the page, and by e-mail where `email_due` says so.

    `text` never holds what a customer wrote. `key` makes telling the same thing twice a no-op.
    """

    class Kind(models.TextChoices):
        NEW_LEAD = "new_lead", _("New lead")
        WAITING = "waiting", _("Somebody waits")
        FOLLOW_UP = "follow_up", _("Follow-up")
        MENTION = "mention", _("Mention")
        HANDOFF = "handoff", _("Handoff")
        CHANNEL = "channel", _("Channel")
        BACKUP = "backup", _("Backup")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    key = models.CharField(max_length=100)
    text = models.CharField(_("text"), max_length=300)
    url = models.CharField(_("link"), max_length=500, blank=True)
    read_at = models.DateTimeField(_("read"), null=True)
    email_due = models.BooleanField(default=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = (models.UniqueConstraint(fields=["user", "key"], name="notification_once"),)
        indexes = (
            models.Index("user", F("id").desc(), name="notification_of_user"),
            models.Index(fields=["user"], name="notification_unread", condition=Q(read_at=None)),
            models.Index(fields=["id"], name="notification_email_due", condition=Q(email_due=True)),
        )

    def __str__(self) -> str:
        return self.text


class SavedView(TimestampedModel):
    """A list as somebody likes to see it: which rows (`query`, as in the address), columns and order.

    `screen` is the list's model, as `leads.lead`; no columns: those of the list itself.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", db_index=False)
    screen = models.CharField(max_length=100)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    columns = models.JSONField(default=list, blank=True)
    is_shared = models.BooleanField(_("for everybody"), default=False)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(fields=["owner", "screen", "name"], name="saved_view_once"),)
        indexes = (models.Index(fields=["screen"], name="saved_view_of_screen"),)

    def __str__(self) -> str:
        return self.name
