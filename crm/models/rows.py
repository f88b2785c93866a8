"""What rows of several tables share."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class TimestampedModel(models.Model):
    """A row that knows when it was made and last changed."""

    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        abstract = True


class SealedModel(TimestampedModel):
    """A row with encrypted fields, which are bound to its `uid`."""

    uid = models.UUIDField(default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True
