"""Which files we send, and how big they may be."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from crm.models.channel import Platform

MEGABYTE = 1024 * 1024
#: By MIME type: what it is to a platform, and how its content begins, where that can be told.
KINDS: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "image/jpeg": ("image", (b"\xff\xd8\xff",)),
    "image/png": ("image", (b"\x89PNG\r\n\x1a\n",)),
    "image/gif": ("image", (b"GIF87a", b"GIF89a")),
    "image/webp": ("image", (b"RIFF",)),
    "video/mp4": ("video", ()),
    "video/3gpp": ("video", ()),
    "audio/mpeg": ("audio", ()),
    "audio/mp4": ("audio", ()),
    "audio/aac": ("audio", ()),
    "audio/ogg": ("audio", (b"OggS",)),
    "application/pdf": ("file", (b"%PDF-",)),
    "text/plain": ("file", ()),
    "text/csv": ("file", ()),
    "application/zip": ("file", (b"PK",)),
    "application/msword": ("file", ()),
    "application/vnd.ms-excel": ("file", ()),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("file", (b"PK",)),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("file", (b"PK",)),
}
#: What the platforms take, in megabytes: of pictures, and of everything else.
MOST_MEGABYTES: dict[str, tuple[int, int]] = {
    Platform.MESSENGER.value: (25, 25),
    Platform.INSTAGRAM.value: (8, 25),
    Platform.WHATSAPP.value: (5, 16),
    Platform.TELEGRAM.value: (10, 50),
    Platform.TWILIO.value: (5, 5),
}
#: What may stand at the head of a template: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
AT_HEAD = {
    "image": frozenset({"image/jpeg", "image/png"}),
    "video": frozenset({"video/mp4", "video/3gpp"}),
    "document": frozenset({"application/pdf"}),
}
PICTURES_ONLY = frozenset({Platform.INSTAGRAM.value})
OF_PICTURES = ("image", "video", "audio")


class WrongFile(Exception):
    """A file that cannot be sent; `str()` says why, for people."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that may be sent, with what the platform calls it."""

    file: Any
    kind: str
    mime_type: str


def accepted(platform: str) -> str:
    """Return the MIME types that a platform takes, as a file field wants them."""
    return ",".join(name for name, (kind, _start) in KINDS.items() if _takes(platform, kind))


def most_bytes(platform: str, kind: str = "file") -> int:
    """Return how big a file may be."""
    pictures, others = MOST_MEGABYTES[platform]
    return (pictures if kind == "image" else others) * MEGABYTE


def check(file: "UploadedFile[Any]", platform: str, among: Collection[str] = KINDS) -> Upload:
    """Return an upload that the platform takes; only MIME types `among` some where they are given.

    Raises:
        WrongFile: its kind or size is not taken, or its content is not of the kind that it says.
    """
    mime_type = (file.content_type or "").partition(";")[0].strip().lower()
    kind, starts = KINDS.get(mime_type, ("", ()))
    if not kind or mime_type not in among or not _takes(platform, kind):
        raise WrongFile(_("Files of this kind cannot be sent there."))
    most = most_bytes(platform, kind)
    if not file.size:
        raise WrongFile(_("The file is empty."))
    if file.size > most:
        raise WrongFile(_("The file is too big: the platform takes up to %(count)d MB.") % {"count": most // MEGABYTE})
    head = file.read(16)
    file.seek(0)
    if starts and not head.startswith(starts):
        raise WrongFile(_("The file is not what its name says."))
    return Upload(file, kind, mime_type)


def _takes(platform: str, kind: str) -> bool:
    return platform not in PICTURES_ONLY or kind in OF_PICTURES
