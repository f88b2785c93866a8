"""Replies that are sent by themselves while the shop is closed."""

from django.db import models
from django.utils import timezone

from messaging.models.conversation import Conversation
from messaging.models.message import Message


class AwayReply(models.Model):
    """A conversation was told that the shop is closed, by `message`; without one, that was refused and is not tried again.

    It is written with the message, so that nobody is told twice, and no such message counts as an answer.
    """

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="away_replies", db_index=False)
    message = models.OneToOneField(Message, models.CASCADE, null=True, related_name="away_reply")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        indexes = (models.Index(fields=["conversation", "-at"], name="away_reply_of_conversation"),)

    def __str__(self) -> str:
        return str(self.conversation_id)
