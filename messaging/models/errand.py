"""What is asked of a platform about a channel as a whole, time and again."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Channel
from messaging.models.lookup import Lookup


class ChannelErrand(Lookup):
    """One thing that is looked after for a channel.

    `token_key` is the blind index of the token that it was last asked with, which we have had since `token_since`: another one
    is a reason to ask at once.
    """

    class Kind(models.TextChoices):
        TOKEN = "token", _("Access token")
        TEMPLATES = "templates", _("Templates")

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="errands", db_index=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    token_key = models.BinaryField(null=True, editable=False)
    token_since = models.DateTimeField(_("token since"), null=True)
    done_at = models.DateTimeField(_("done"), null=True)

    class Meta(Lookup.Meta):
        verbose_name = _("errand of a channel")
        verbose_name_plural = _("errands of channels")
        constraints = (models.UniqueConstraint(fields=["channel", "kind"], name="errand_once"),)

    def __str__(self) -> str:
        return f"{self.channel_id} {self.kind}"
