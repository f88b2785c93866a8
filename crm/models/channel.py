"""Our accounts on the platforms."""

from typing import Self

import pghistory
from django.conf import settings
from django.core.validators import validate_slug
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.encrypted_fields import EncryptedField
from crm.models.rows import SealedModel


class Platform(models.TextChoices):
    MESSENGER = "messenger", _("Messenger")
    INSTAGRAM = "instagram", _("Instagram")
    WHATSAPP = "whatsapp", _("WhatsApp")
    TELEGRAM = "telegram", _("Telegram")
    TWILIO = "twilio", _("Twilio")


class ChannelQuerySet(models.QuerySet["Channel"]):
    def active(self) -> Self:
        return self.filter(is_active=True)


@pghistory.track(fields=["platform", "slug", "name", "external_id", "is_active"], model_name="ChannelHistory")
class Channel(SealedModel):
    """One account of ours on a platform: a page, an Instagram account, a phone number, a bot.

    `credentials` maps a secret's name to its values, newest first, so that a secret is rotated without a gap.
    """

    platform = models.CharField(_("platform"), max_length=20, choices=Platform)
    slug = models.CharField(
        _("slug"),
        max_length=50,
        unique=True,
        validators=[validate_slug],
        help_text=_("Names it in the webhook address."),
    )
    name = models.CharField(_("name"), max_length=100)
    external_id = models.CharField(
        _("id on the platform"),
        max_length=100,
        blank=True,
        help_text=_("Page, Instagram account, phone number id, bot or number. Events are sorted to channels by it."),
    )
    credentials = EncryptedField("channel.credentials", json=True, verbose_name=_("credentials"))
    token_expires_at = models.DateTimeField(_("token expires"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    keeps_media = models.BooleanField(
        _("keeps files"),
        default=True,
        db_default=True,
        help_text=_("Pictures, recordings and documents of messages are copied here. Otherwise they are only linked."),
    )
    rate_limit_usage = models.JSONField(_("rate limit usage"), default=dict, blank=True, editable=False)
    paused_until = models.DateTimeField(_("sending paused until"), null=True, blank=True, editable=False)
    token_refused_at = models.DateTimeField(_("token refused"), null=True, editable=False)
    rejected_signatures = models.PositiveBigIntegerField(_("rejected signatures"), default=0, editable=False)
    last_rejected_at = models.DateTimeField(_("last rejected"), null=True, editable=False)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(condition=models.Q(platform__in=Platform.values), name="channel_platform_known"),
            models.UniqueConstraint(
                fields=["platform", "external_id"], condition=~models.Q(external_id=""), name="channel_external_id_once"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def platform_name(self) -> str:
        """What people call the platform; `get_platform_display` copies all choices for each row that asks."""
        return str(Platform(self.platform).label)

    @property
    def webhook_path(self) -> str:
        return reverse("webhook", kwargs={"slug": self.slug})

    @property
    def webhook_url(self) -> str:
        """The address to enter on the platform's side."""
        return f"{settings.PUBLIC_BASE_URL}{self.webhook_path}"
