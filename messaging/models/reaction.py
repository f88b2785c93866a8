"""Our own reactions to messages of theirs."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.channels.outbound import Reason
from messaging.models.lookup import Lookup
from messaging.models.message import Message
from messaging.models.outgoing import REASONS

MAY_HAVE_ARRIVED = _("Nobody knows whether the platform took it. Choose it once more.")


class OwnReaction(Lookup):
    """The emoji that we want on a message of theirs, and what the platform was told last. One row a message.

    `emoji` is wanted, `shown` is what the platform has; empty: none. `asked` is what it is being told just now, null while nothing
    is under way: only one emoji at a time is, so that an older one never outlives a newer. Telling it twice changes nothing, so
    unlike messages it is tried again where nobody knows whether it arrived.
    """

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="own_reaction")
    emoji = models.CharField(_("emoji"), max_length=50, blank=True)
    shown = models.CharField(_("on the platform"), max_length=50, blank=True)
    asked = models.CharField(max_length=50, null=True)  # noqa: DJ001 - empty is taking one off
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("author"), null=True, related_name="+", db_index=False
    )

    class Meta(Lookup.Meta):
        verbose_name = _("own reaction")
        verbose_name_plural = _("own reactions")

    def __str__(self) -> str:
        return self.emoji

    @property
    def state(self) -> str:
        """`sent`, `queued`, or `failed` for good; taken off again: empty."""
        if self.finished_at is None:
            return "queued"
        return "failed" if self.reason else "sent" if self.emoji else ""

    @property
    def reason_text(self) -> str:
        """Why the platform does not have it, and what to do about it; empty where nothing is wrong."""
        if self.finished_at and self.reason == Reason.UNKNOWN:
            return str(MAY_HAVE_ARRIVED)
        return str(REASONS[Reason(self.reason)]) if self.reason and self.reason != Reason.UNKNOWN else ""
