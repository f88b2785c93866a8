"""Files on their way in."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.encrypted_fields import EncryptedField
from crm.models.rows import SealedModel


class FileContentField(EncryptedField):
    """The raw bytes of a file."""

    def dumps(self, value: Any) -> bytes:
        return bytes(value)

    def loads(self, plaintext: bytes) -> bytes:
        return plaintext

    def get_default(self) -> bytes:
        return b""


class ImportFile(SealedModel):
    """A file between upload and import, seen by whoever uploaded it; afterwards what came of it, without the file.

    `columns` says which of our fields each column of the file is, `""`: none. `outcome` holds counts and reasons, no cells.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    name = models.CharField(_("file"), max_length=200)
    content = FileContentField("import_file.content", editable=False)
    columns = models.JSONField(default=list)
    outcome = models.JSONField(null=True)
    done_at = models.DateTimeField(_("imported"), null=True)

    class Meta:
        verbose_name = _("imported file")
        verbose_name_plural = _("imported files")

    def __str__(self) -> str:
        return self.name
