"""Programs that work for a colleague: their tokens, and what they were answered."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.rows import TimestampedModel


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self) -> Self:
        """Return those that open the API now."""
        current = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(current, is_active=True, user__is_active=True)


class ApiToken(TimestampedModel):
    """What a program shows to act for a colleague: it sees what they see and may do what they may.

    Only the SHA-256 of the token is kept: it is random and long, so that nothing is gained by guessing. `hint` is its beginning,
    to tell tokens apart. `is_bot` says that what it writes is a machine's. `minute` and `minute_count` count its requests in
    that minute.
    """

    name = models.CharField(_("name"), max_length=100, unique=True, help_text=_("The program that has it."))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("acts for"),
        related_name="api_tokens",
        help_text=_("It sees what this colleague sees, and may do what they may."),
    )
    digest = models.BinaryField(unique=True, editable=False)
    hint = models.CharField(_("begins with"), max_length=12, editable=False)
    is_bot = models.BooleanField(
        _("a bot"),
        default=True,
        help_text=_("What it writes to customers is a machine's. Take the tick off where people write by it."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True, help_text=_("Empty: never."))
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    minute = models.DateTimeField(null=True, editable=False)
    minute_count = models.PositiveIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("made by"),
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def is_usable(self) -> bool:
        is_current = self.expires_at is None or self.expires_at > timezone.now()
        return self.is_active and is_current and self.user.is_active


class IdempotencyKey(models.Model):
    """A write of a program that it named by a key, and what it was answered, for a day.

    `fingerprint` is the digest of verb, address and body. The row is committed along with what the write did, or not at all.
    """

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=200)
    fingerprint = models.BinaryField()
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.BinaryField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["token", "key"], name="idempotency_key_once"),)
        indexes = (models.Index(fields=["at"], name="idempotency_key_age"),)

    def __str__(self) -> str:
        return self.key
