"""Files of attachments: those to be fetched, and those to be removed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models.lookup import Lookup
from messaging.models.message import Attachment


class MediaFetch(Lookup):
    """One attachment whose file is fetched from its platform; gone once there is a copy.

    No constraint ties it to the attachment: ingest removes those of unsent messages, and must not wait for a fetch.
    """

    attachment = models.OneToOneField(
        Attachment, models.DO_NOTHING, primary_key=True, related_name="fetch", db_constraint=False
    )

    class Meta(Lookup.Meta):
        verbose_name = _("file to be fetched")
        verbose_name_plural = _("files to be fetched")

    def __str__(self) -> str:
        return str(self.pk)


class FileToRemove(models.Model):
    """A file in our storage that no row speaks of, or that may come to be one.

    A name is noted before a file is written under it, and struck off in the transaction that gives the file to its row. So
    whoever dies in between leaves a file that is removed once its time has come, as is that of a row that was removed.
    """

    name = models.CharField(max_length=200, primary_key=True)
    remove_at = models.DateTimeField()

    class Meta:
        verbose_name = _("file to be removed")
        verbose_name_plural = _("files to be removed")
        indexes = (models.Index(fields=["remove_at"], name="file_to_remove_due"),)

    def __str__(self) -> str:
        return self.name
