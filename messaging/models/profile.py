"""Whether a person's platform was asked for their name and picture."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Identity
from messaging.models.lookup import Lookup


class ProfileLookup(Lookup):
    """One person whose name and picture are asked for, since webhooks leave them out."""

    identity = models.OneToOneField(Identity, models.CASCADE, primary_key=True, related_name="profile_lookup")

    class Meta(Lookup.Meta):
        verbose_name = _("profile to be fetched")
        verbose_name_plural = _("profiles to be fetched")

    def __str__(self) -> str:
        return str(self.pk)
