"""What is still to be asked of a platform, row by row."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Channel


class LookupQuerySet(models.QuerySet[Any]):
    def due(self) -> Self:
        """Return what may be asked now: its time has come, and its channel is neither switched off nor held back."""
        rested = Q(channel__paused_until=None) | Q(channel__paused_until__lte=Now())
        return self.filter(rested, finished_at=None, next_attempt_at__lte=Now(), channel__is_active=True)

    def ask_again(self) -> int:
        """Put rows back in the line, whatever became of them; return how many those were."""
        return self.update(attempts=0, finished_at=None, reason="", code="", next_attempt_at=Now())


class Lookup(models.Model):
    """One question to a platform, asked until there is an answer or no hope of one.

    Who asks moves `next_attempt_at` beyond the time that an answer may take, so that whoever dies over it is followed by another.
    `reason` is a `messaging.channels.outbound.Reason`; with `finished_at` it is why there is no answer for good.
    """

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+", db_index=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    reason = models.CharField(_("reason"), max_length=20, blank=True)
    code = models.CharField(_("platform's code"), max_length=100, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = LookupQuerySet.as_manager()

    class Meta:
        abstract = True
        indexes = (models.Index(fields=["next_attempt_at"], name="%(class)s_due", condition=Q(finished_at=None)),)
