"""What belongs to the installation as a whole."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.encrypted_fields import EncryptedField
from crm.models.rows import SealedModel


class Setting(SealedModel):
    """A value that overrides the default of a setting declared in code (`crm.runtime_settings`)."""

    key = models.CharField(_("setting"), max_length=100, unique=True)
    value = models.JSONField(_("value"), null=True, blank=True)
    sensitive_value = EncryptedField("setting.value", json=True, null=True, blank=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = _("setting")
        verbose_name_plural = _("settings")
        ordering = ("key",)

    def __str__(self) -> str:
        return self.key


class KeyCanary(SealedModel):
    """One known value, sealed and indexed on first run: it tells at every start whether our keys are the right ones."""

    value = EncryptedField("key_canary.value")
    key = models.BinaryField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "canary"
