"""Bots and people taking turns at a conversation."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Team
from crm.models.rows import TimestampedModel
from messaging.models.conversation import Conversation


class HandoffQuerySet(models.QuerySet["Handoff"]):
    def open(self) -> Self:
        return self.filter(status__in=Handoff.OPEN)

    def waiting(self) -> Self:
        """Return those that nobody has taken yet."""
        return self.filter(status=Handoff.Status.PENDING)


class Handoff(TimestampedModel):
    """A person was asked to go on in a conversation, or took it over unasked; a conversation has one open at most.

    `team` or `assignee` is who is asked and, once it was taken, who has it. `context` is what a program says for whoever takes over:
    a summary, what was asked, what is known. `rating` is the customer's, from 1 (poor) to 5.
    """

    class By(models.TextChoices):
        BOT = "bot", _("A bot")
        RULE = "rule", _("A rule")
        PERSON = "person", _("A colleague")
        API = "api", _("The API")

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting for a colleague")
        ASSIGNED = "assigned", _("Taken over")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")

    OPEN = (Status.PENDING, Status.ASSIGNED)

    conversation = models.ForeignKey(
        Conversation, models.PROTECT, verbose_name=_("conversation"), related_name="handoffs"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    context = models.JSONField(_("context"), default=dict, blank=True)
    by = models.CharField(_("asked by"), max_length=6, choices=By)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("colleague who asked"), null=True, related_name="+",
        db_index=False,
    )  # fmt: skip
    team = models.ForeignKey(
        Team, models.PROTECT, verbose_name=_("team"), null=True, blank=True, related_name="handoffs"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("colleague"), null=True, blank=True,
        related_name="handoffs",
    )  # fmt: skip
    requested_at = models.DateTimeField(_("asked"), default=timezone.now)
    assigned_at = models.DateTimeField(_("taken over"), null=True)
    completed_at = models.DateTimeField(_("ended"), null=True)
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    feedback = models.TextField(_("feedback"), blank=True)

    objects = HandoffQuerySet.as_manager()

    class Meta:
        verbose_name = _("handoff")
        verbose_name_plural = _("handoffs")
        constraints = (
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(status__in=["pending", "assigned"]), name="handoff_one_open"
            ),
            models.CheckConstraint(condition=Q(by__in=["bot", "rule", "person", "api"]), name="handoff_by_known"),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__range=(1, 5)), name="handoff_rating_in_range"
            ),
            models.CheckConstraint(
                condition=~Q(status="assigned") | Q(assigned_at__isnull=False, assignee__isnull=False),
                name="handoff_taken_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "assigned"], completed_at__isnull=True)
                | Q(status__in=["completed", "cancelled"], completed_at__isnull=False),
                name="handoff_ended_at",
            ),
        )
        indexes = (
            models.Index(F("requested_at").desc(), F("id").desc(), name="handoff_recent"),
            models.Index(fields=["requested_at"], name="handoff_waiting", condition=Q(status="pending")),
        )

    def __str__(self) -> str:
        return str(self.conversation)

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN


class HandoffKeywords(TimestampedModel):
    """Words by which customers ask for a person, in one language: `phrases` one a line, compared whole and folded."""

    class Language(models.TextChoices):
        ARABIC = "ar", _("Arabic")
        ENGLISH = "en", _("English")
        PORTUGUESE = "pt", _("Portuguese")
        OTHER = "", _("Any other")

    language = models.CharField(_("language"), max_length=2, choices=Language, blank=True, unique=True)
    phrases = models.TextField(
        _("words and phrases"), help_text=_("One a line, found as whole words. Case and letter forms do not matter.")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("handoff keywords")
        verbose_name_plural = _("handoff keywords")
        ordering = ("language",)

    def __str__(self) -> str:
        return str(self.get_language_display())


class BotWatch(models.Model):
    """How far a conversation that a bot has was read for keywords.

    `message_id` is the newest message looked at, `state` the `updated_at` that the conversation had then: whatever came since has
    changed it.
    """

    conversation = models.OneToOneField(Conversation, models.CASCADE, primary_key=True, related_name="bot_watch")
    message_id = models.BigIntegerField(default=0)
    state = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.conversation_id)
