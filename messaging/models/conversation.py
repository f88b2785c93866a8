"""Conversations."""

from datetime import datetime
from typing import Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.models import Channel, Identity, Team
from crm.models.rows import TimestampedModel


def is_put_off(now: datetime) -> Q:
    """Return the condition that a conversation is snoozed: nothing has to be written for it to be over.

    A comment that nobody had to be answered before, too, ends it.
    """
    wrote = Q(last_inbound_at__gt=F("snoozed_at"), last_inbound_at__isnull=False)
    waits = Q(waiting_since__gt=F("snoozed_at"), waiting_since__isnull=False)
    return Q(snoozed_until__isnull=False, snoozed_until__gt=now) & ~wrote & ~waits


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def open(self) -> Self:
        return self.filter(status=Conversation.Status.OPEN)

    def unread(self) -> Self:
        return self.filter(unread_count__gt=0)

    def snoozed(self, now: datetime) -> Self:
        """Return the open ones that are put off and whose customer has not written since."""
        return self.open().filter(is_put_off(now))

    def awake(self, now: datetime) -> Self:
        """Return the open ones that are not put off now."""
        return self.open().exclude(is_put_off(now))

    def waiting_longest(self) -> Self:
        return self.open().filter(waiting_since__isnull=False).order_by("waiting_since")


@pghistory.track(
    pghistory.UpdateEvent("before", row="OLD"), fields=["status", "assignee", "team"], model_name="ConversationHistory"
)
class Conversation(TimestampedModel):
    """What one person and the shop write each other on one channel until it is closed.

    `answered_at` is our newest message in it, `seen_at` how far a colleague has read. `waiting_since` is the first inbound message
    after `answered_at`; `unread_count` the number of those after both. `last_inbound_at` opens the reply window, so comments leave
    it alone. Where `bot_owned`, people write nothing but notes until one of them takes it over (`messaging.bots`); `failed_answers`
    counts what the bot did not know, in a row. What was snoozed at `snoozed_at` is back at `snoozed_until`, or once they write.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    identity = models.ForeignKey(Identity, models.PROTECT, verbose_name=_("person"), related_name="conversations")
    channel = models.ForeignKey(Channel, models.PROTECT, verbose_name=_("channel"), related_name="conversations")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("assignee"),
        null=True,
        blank=True,
        related_name="conversations",
        db_index=False,
    )
    team = models.ForeignKey(
        Team, models.PROTECT, verbose_name=_("team"), null=True, blank=True, related_name="conversations"
    )
    started_at = models.DateTimeField(_("started"))
    last_activity_at = models.DateTimeField(_("last activity"))
    last_inbound_at = models.DateTimeField(_("last message of theirs"), null=True)
    answered_at = models.DateTimeField(_("last message of ours"), null=True)
    seen_at = models.DateTimeField(_("read by us up to"), null=True, editable=False)
    waiting_since = models.DateTimeField(_("waiting since"), null=True)
    message_count = models.PositiveIntegerField(_("messages"), default=0)
    unread_count = models.PositiveIntegerField(_("unread"), default=0)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, blank=True)
    snoozed_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)

    bot_owned = models.BooleanField(_("a bot has it"), default=False, db_default=False, editable=False)
    failed_answers = models.PositiveSmallIntegerField(
        _("answers that the bot did not know"), default=0, db_default=0, editable=False
    )
    session_state = models.CharField(_("session state"), max_length=50, blank=True)
    session_turn = models.PositiveIntegerField(_("session turn"), default=0)
    session_profile = models.JSONField(_("session profile"), default=dict, blank=True)
    key_entities = models.JSONField(_("key entities"), default=dict, blank=True)
    current_recommendations = models.JSONField(_("current recommendations"), default=list, blank=True)
    session_expires_at = models.DateTimeField(_("session expires"), null=True, blank=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = (
            models.UniqueConstraint(fields=["identity"], condition=Q(status="open"), name="conversation_one_open"),
            models.CheckConstraint(condition=Q(status__in=["open", "closed"]), name="conversation_status_known"),
        )
        indexes = (
            models.Index(F("last_activity_at").desc(), F("id").desc(), name="conversation_recent"),
            models.Index(
                fields=["waiting_since"],
                name="conversation_waiting",
                condition=Q(status="open", waiting_since__isnull=False),
            ),
            models.Index("assignee", F("last_activity_at").desc(), name="conversation_of_assignee"),
            models.Index(fields=["updated_at"], name="conversation_of_bot", condition=Q(bot_owned=True, status="open")),
            models.Index(fields=["updated_at"], name="conversation_changed"),
        )

    def is_put_off(self, now: datetime) -> bool:
        """Tell of this row what `is_put_off` tells of all."""
        if self.snoozed_until is None or self.snoozed_until <= now:
            return False
        since = [at for at in (self.last_inbound_at, self.waiting_since) if at]
        return self.snoozed_at is None or not any(at > self.snoozed_at for at in since)

    def __str__(self) -> str:
        return f"{self.identity.customer} · {self.channel}"
