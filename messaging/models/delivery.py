"""The inbox table: every accepted webhook, exactly as it came."""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.encrypted_fields import EncryptedField
from crm.encryption import decrypt
from crm.models import Channel

BODY_LABEL = "delivery.body"


class DeliveryBodyField(EncryptedField):
    """The raw bytes of a body."""

    def dumps(self, value: bytes) -> bytes:
        return value

    def loads(self, plaintext: bytes) -> bytes:
        return plaintext


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def pending(self) -> Self:
        return self.filter(status=WebhookDelivery.Status.PENDING)

    def failed(self) -> Self:
        return self.filter(status=WebhookDelivery.Status.FAILED)

    def replay(self) -> int:
        """Put deliveries back in the line, whatever became of them; effects that exist are not made twice."""
        return self.update(
            status=WebhookDelivery.Status.PENDING,
            attempts=0,
            next_attempt_at=timezone.now(),
            processed_at=None,
            error="",
        )


class WebhookDelivery(models.Model):
    """One accepted POST. Committed before it is answered, read later by the `deliveries` drain.

    `digest` (blind index of body and query) makes a repeated POST the same row.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        PROCESSED = "processed", _("Processed")
        IGNORED = "ignored", _("Ignored")
        FAILED = "failed", _("Failed")

    uid = models.UUIDField(default=uuid.uuid4, editable=False)
    channel = models.ForeignKey(
        Channel, models.PROTECT, verbose_name=_("channel"), related_name="deliveries", db_index=False
    )
    body = DeliveryBodyField(BODY_LABEL, verbose_name=_("body"))
    query = models.TextField(_("query string"), blank=True)
    headers = models.JSONField(_("headers"), default=dict, blank=True)
    digest = models.BinaryField(editable=False)
    received_at = models.DateTimeField(_("received"))
    status = models.CharField(_("state"), max_length=10, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)
    error = models.TextField(_("reason"), blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = (
            models.UniqueConstraint(fields=["channel", "digest"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "processed", "ignored", "failed"]), name="delivery_status_known"
            ),
        )
        indexes = (
            models.Index(fields=["id"], name="delivery_pending", condition=Q(status="pending")),
            models.Index(F("id").desc(), name="delivery_failed", condition=Q(status="failed")),
            models.Index(F("id").desc(), name="delivery_ignored", condition=Q(status="ignored")),
            models.Index("channel", F("received_at").desc(), name="delivery_of_channel"),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"

    @staticmethod
    def open_body(uid: uuid.UUID, ciphertext: bytes) -> bytes:
        """Decrypt a body as read from the table by SQL. Raises `crm.encryption.Undecryptable`."""
        return decrypt(BODY_LABEL, uid, ciphertext)
