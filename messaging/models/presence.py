"""Who is looking at a conversation right now."""

from django.conf import settings
from django.db import models

from messaging.models.conversation import Conversation


class ConversationViewer(models.Model):
    """A colleague has a conversation on the screen (`seen_at`), and last typed into its answer then (`writing_at`).

    A row says something for seconds only; old ones are removed as somebody opens a conversation.
    """

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="viewers", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    writing_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["conversation", "user"], name="conversation_viewer_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} · {self.conversation_id}"
