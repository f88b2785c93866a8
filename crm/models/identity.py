"""A customer as one channel knows them, and the ids the platform gives them."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.encrypted_fields import EncryptedField
from crm.models.channel import Channel
from crm.models.customer import Customer
from crm.models.rows import SealedModel, TimestampedModel


class Identity(TimestampedModel):
    """One person on one channel.

    `last_inbound_at` opens the platform's reply window; public comments do not move it. Watermarks: everything of ours up to then
    has been delivered to them, or read. They stand here since a receipt may come before the first message.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, verbose_name=_("customer"), related_name="identities")
    channel = models.ForeignKey(Channel, models.PROTECT, verbose_name=_("channel"), related_name="identities")
    username = models.CharField(_("user name"), max_length=200, blank=True)
    name = models.CharField(_("profile name"), max_length=200, blank=True)
    profile = models.JSONField(_("profile"), default=dict, blank=True)
    profile_at = models.DateTimeField(null=True, editable=False)
    first_inbound_at = models.DateTimeField(_("first wrote"), null=True, editable=False)
    last_inbound_at = models.DateTimeField(_("last wrote"), null=True, editable=False)
    opted_out = models.BooleanField(_("opted out"), default=False)
    consent_at = models.DateTimeField(_("opted out or in"), null=True, editable=False)
    delivered_watermark = models.DateTimeField(null=True, editable=False)
    read_watermark = models.DateTimeField(null=True, editable=False)
    is_placeholder = models.BooleanField(
        _("placeholder"), default=False, help_text=_("A lead form whose fields are still to be fetched.")
    )
    erased_at = models.DateTimeField(_("erased"), null=True, editable=False)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")

    def __str__(self) -> str:
        return self.name or self.username or _("Identity %(number)s") % {"number": self.pk}


class IdentityKeyQuerySet(models.QuerySet["IdentityKey"]):
    def of_kind(self, kind: str) -> Self:
        return self.filter(kind=kind)


class IdentityKey(SealedModel):
    """One id by which a channel knows a person. `key` is its blind index, `value` itself encrypted."""

    identity = models.ForeignKey(Identity, models.CASCADE, related_name="keys")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(_("kind"), max_length=20)
    value = EncryptedField("identity_key.value", verbose_name=_("value"))
    key = models.BinaryField(editable=False)

    objects = IdentityKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("id on the platform")
        verbose_name_plural = _("ids on the platform")
        constraints = (models.UniqueConstraint(fields=["channel", "kind", "key"], name="identity_key_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"
