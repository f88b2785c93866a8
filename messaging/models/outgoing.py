"""How messages of ours get to the platform."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Channel
from messaging.channels.outbound import Reason
from messaging.models.conversation import Conversation
from messaging.models.message import Message

#: What staff read of each reason, and what to do about it.
REASONS = {
    Reason.TRY_AGAIN: _("The platform could not be reached. It is tried again by itself."),
    Reason.THROTTLED: _("The platform asked us to slow down. It is tried again by itself."),
    Reason.UNKNOWN: _("It may have been sent or not. Look on the platform, then send it again or keep it as sent."),
    Reason.TOKEN: _("The platform refuses our access token. An administrator has to renew it on the channel's page."),
    Reason.WINDOW: _(
        "The platform's reply window has closed. Wait for them to write, or use a template where there are any."
    ),
    Reason.OPTED_OUT: _("They do not want messages from us."),
    Reason.UNREACHABLE: _(
        "The platform cannot reach them: the account is gone, or they blocked us. Try another channel."
    ),
    Reason.WITHHELD: _(
        "The platform held it back, as it does where somebody gets much of this kind. Try again after a day, or on another channel."
    ),
    Reason.CONTENT: _("The platform does not take this content. Change it and send it again."),
    Reason.SETUP: _("The channel is not set up for sending. An administrator finds what is missing on its page."),
    Reason.REFUSED: _("The platform refused it."),
}
GAVE_UP = _("The platform could not be reached for a long time. Send it again once it can be.")


class OutgoingQuerySet(models.QuerySet["Outgoing"]):
    def waiting(self) -> Self:
        """Return what is to be sent now or later, and is not under way."""
        return self.filter(finished_at=None, sender=None)

    def unknown(self) -> Self:
        return self.filter(reason=Reason.UNKNOWN.value, finished_at__isnull=False)


class Outgoing(models.Model):
    """One message of ours on its way, and how it went; its text, files and status are the message's.

    `token` is our own id, which travels along where the platform lets it. `details` holds what the message has no column for:
    buttons, template, location, the comment it answers. `content` is a
    `messaging.channels.outbound.Content`, `reason` a `Reason` of there. `sender` is the lock of the process that is sending it (see
    `messaging.sending.senders`), `finished_at` when its fate was known; of one whose fate nobody can know `reason` is `unknown`.
    """

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="outgoing")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    content = models.CharField(_("content"), max_length=20)
    details = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("queued"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    attempted_at = models.DateTimeField(_("last attempt"), null=True)
    sender = models.BigIntegerField(null=True)
    reason = models.CharField(_("reason"), max_length=20, blank=True)
    code = models.CharField(_("platform's code"), max_length=100, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing message")
        verbose_name_plural = _("outgoing messages")
        constraints = (
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(sender=None), name="outgoing_finished_has_no_sender"
            ),
        )
        indexes = (
            models.Index(fields=["channel", "message"], name="outgoing_open", condition=Q(finished_at=None)),
            models.Index(
                fields=["conversation", "message"], name="outgoing_open_of_conversation", condition=Q(finished_at=None)
            ),
            models.Index(fields=["conversation"], name="outgoing_unknown", condition=Q(reason="unknown")),
        )

    def __str__(self) -> str:
        return str(self.message_id)

    @property
    def reason_text(self) -> str:
        """Why it is not sent, and what to do about it; empty where nothing is wrong."""
        if self.finished_at and self.reason == Reason.TRY_AGAIN:
            return str(GAVE_UP)
        return str(REASONS[Reason(self.reason)]) if self.reason else ""
