"""The drain that fetches the files of messages, and removes those of messages that are gone."""

import logging
import time
from dataclasses import dataclass, field

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import F

from crm import runtime_settings
from crm.log_format import describe
from messaging.channels.outbound import Reason, SendError
from messaging.fetching import Fetched
from messaging.lookups.credentials import credentials_of
from messaging.lookups.drain import LookupDrain
from messaging.media.asking import Wanted, ask_for_file, can_be_asked_for
from messaging.media.places import give_up, keep, reserve_place
from messaging.media.removal import remove_files
from messaging.media.thumbnails import Thumbnail, make_thumbnail
from messaging.models import Attachment, MediaFetch
from messaging.models.lookup import LookupQuerySet
from messaging.sniffing import sniff

logger = logging.getLogger(__name__)

AT_MOST = 500
ATTEMPTS = 13  # some eleven hours
LOOK_FOR_ORPHANS_SECONDS = 300.0
REMOVE_ORPHANS = """
    DELETE FROM messaging_mediafetch AS waiting WHERE NOT EXISTS
        (SELECT 1 FROM messaging_attachment AS attachment WHERE attachment.id = waiting.attachment_id)
"""


@dataclass(frozen=True, slots=True)
class Copy:
    """A file in our storage, and its thumbnail, by their names there (empty: none)."""

    name: str
    size: int
    found_type: str
    thumbnail_name: str = ""
    thumbnail: Thumbnail | None = field(default=None, repr=False)


class MediaDrain(LookupDrain[MediaFetch, Copy]):
    """Copies what people send, of channels that keep files."""

    noun = "File"
    most_attempts = ATTEMPTS

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[int, tuple[str, str]] = {}
        self.most_bytes = 0
        self.looked_for_orphans_at = float("-inf")

    def rows(self) -> LookupQuerySet:
        return MediaFetch.objects.select_related("channel", "attachment")

    def prepare(self) -> None:
        self.places.clear()
        self.most_bytes = int(runtime_settings.value_of("media.largest_megabytes")) * 1024 * 1024
        await_files()
        remove_files()
        now = time.monotonic()
        if now - self.looked_for_orphans_at >= LOOK_FOR_ORPHANS_SECONDS:
            self.looked_for_orphans_at = now
            with connection.cursor() as cursor:
                cursor.execute(REMOVE_ORPHANS)

    def ready(self, row: MediaFetch) -> None:
        self.places[row.pk] = reserve_place(), reserve_place()

    def ask(self, row: MediaFetch) -> Copy:
        """Fetch a file and write it where its claim has noted; of one of ours only find out what it is."""
        item, (name, thumbnail_name) = row.attachment, self.places[row.pk]
        if item.file:
            fetched, name = _of_ours(item), item.file.name or ""
        else:
            fetched = ask_for_file(row.channel.platform, wanted(item), credentials_of(row.channel), self.most_bytes)
            _store(name, fetched.content)
        thumbnail = make_thumbnail(fetched.content, fetched.mime_type)
        if thumbnail:
            _store(thumbnail_name, thumbnail.content)
        size = len(fetched.content)
        return Copy(name, size, fetched.mime_type, thumbnail_name if thumbnail else "", thumbnail)

    def write(self, row: MediaFetch, found: Copy) -> SendError | None:
        """Give the files to their attachment, unless it was removed or somebody else was faster."""
        reserved = list(self.places[row.pk])
        used = [name for name in (found.name, found.thumbnail_name) if name in reserved]
        item = Attachment.objects.select_for_update(no_key=True).filter(pk=row.pk).first()
        if item is None:
            give_up(reserved)
            return None
        if not keep(used):
            return SendError(Reason.TRY_AGAIN, "late")
        give_up([name for name in reserved if name not in used])
        item.file, item.size, item.found_type = found.name, found.size, found.found_type
        item.thumbnail = found.thumbnail_name
        if found.thumbnail:
            item.width, item.height = found.thumbnail.width, found.thumbnail.height
        item.state, item.problem = Attachment.State.KEPT, ""
        item.save(update_fields=["file", "size", "found_type", "thumbnail", "width", "height", "state", "problem"])
        return None

    def done(self, claims: LookupQuerySet) -> None:
        claims.delete()

    def _record_failure(self, row: MediaFetch, claims: LookupQuerySet, error: SendError) -> None:
        """Say why on the attachment, too, where staff see it."""
        give_up(list(self.places[row.pk]))
        super()._record_failure(row, claims, error)
        is_over = MediaFetch.objects.filter(pk=row.pk, finished_at__isnull=False).exists()
        state = Attachment.State.FAILED if is_over else Attachment.State.WAITING
        problem = error.code if error.reason == Reason.REFUSED else f"{error.reason} {error.code}".strip()
        # A file of ours stays one, whatever cannot be found out about it.
        Attachment.objects.filter(pk=row.pk, file="").update(state=state, problem=problem[:100])


def wanted(item: Attachment) -> Wanted:
    """Return what a platform told of an attachment's file."""
    size = item.extra.get("file_size") if isinstance(item.extra, dict) else None
    return Wanted(item.url, item.external_id, size if isinstance(size, int) else 0)


@transaction.atomic
def await_files() -> int:
    """Note which files of new attachments are to be fetched; return how many attachments were new."""
    fresh = (
        Attachment.objects.filter(state=Attachment.State.NEW)
        .select_for_update(skip_locked=True, of=("self",), no_key=True)
        .annotate(
            platform=F("message__channel__platform"),
            channel_id=F("message__channel_id"),
            keeps_media=F("message__channel__keeps_media"),
        )
        .order_by("pk")
    )
    new = list(fresh[:AT_MOST])
    known = [item for item in new if item.file or (item.keeps_media and can_be_asked_for(item.platform, wanted(item)))]
    fetches = [MediaFetch(attachment=item, channel_id=item.channel_id) for item in known]
    MediaFetch.objects.bulk_create(fetches, ignore_conflicts=True)
    waiting = [item.pk for item in known]
    Attachment.objects.filter(pk__in=waiting).update(state=Attachment.State.WAITING)
    linked = [item.pk for item in new if item not in known]
    Attachment.objects.filter(pk__in=linked).update(state=Attachment.State.LINKED)
    return len(new)


def _of_ours(item: Attachment) -> Fetched:
    try:
        with item.file.open("rb") as file:
            content = file.read()
    except Exception as error:
        raise _away(error) from None
    return Fetched(content, sniff(content))


def _store(name: str, content: bytes) -> None:
    try:
        default_storage.save(name, ContentFile(content))
    except Exception as error:
        raise _away(error) from None


def _away(error: Exception) -> SendError:
    """Say that the storage failed, each kind of which does it in its own way; it may be full, or away."""
    logger.error("Storage of files: %s", describe(error), exc_info=error)
    return SendError(Reason.TRY_AGAIN, "storage")
