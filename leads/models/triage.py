"""Messages that triage could not read."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models import Message


class TriageFailureQuerySet(models.QuerySet["TriageFailure"]):
    def waiting(self) -> models.QuerySet["TriageFailure", int]:
        """Return the ids of messages that are not to be tried now."""
        later = Q(next_attempt_at=None) | Q(next_attempt_at__gt=timezone.now())
        return self.filter(later).values_list("message_id", flat=True)


class TriageFailure(models.Model):
    """A message set aside with the reason, so that those behind it go on.

    It is tried again at `next_attempt_at`; none: only when somebody asks for it, which deletes this row.
    """

    message = models.OneToOneField(Message, models.CASCADE, verbose_name=_("message"), related_name="triage_failure")
    reason = models.CharField(_("reason"), max_length=500)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=1)
    failed_at = models.DateTimeField(_("last tried"), auto_now=True)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)

    objects = TriageFailureQuerySet.as_manager()

    class Meta:
        verbose_name = _("message set aside")
        verbose_name_plural = _("messages set aside")

    def __str__(self) -> str:
        return self.reason
