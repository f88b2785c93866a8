"""Which files go along with canned replies."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from messaging.sniffing import UNKNOWN, sniff

MOST_MEGABYTES = 16
HEAD = 32
#: What a file with a known beginning may be.
TAKEN = frozenset(
    {
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "video/mp4",
        "video/3gpp",
        "audio/mpeg",
        "audio/mp4",
        "audio/ogg",
        "application/pdf",
    }
)
_OFFICE = "application/vnd.openxmlformats-officedocument"
#: What looks like an archive is told by its name, and what has no beginning that tells anything.
BY_NAME = {
    "application/zip": {
        "docx": f"{_OFFICE}.wordprocessingml.document",
        "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
        "zip": "application/zip",
    },
    UNKNOWN: {"txt": "text/plain", "csv": "text/csv"},
}


def mime_type_of(file: "UploadedFile[Any]") -> str:
    """Return what a file that was handed in is, by its content.

    Raises:
        ValueError: it is not taken, with the reason.
    """
    if not file.size:
        raise ValueError(_("The file is empty."))
    if file.size > MOST_MEGABYTES * 1024 * 1024:
        raise ValueError(_("The file is too big: it can have up to %(count)d MB.") % {"count": MOST_MEGABYTES})
    head = file.read(HEAD)
    file.seek(0)
    mime_type = sniff(head)
    if mime_type in TAKEN:
        return mime_type
    ending = (file.name or "").rpartition(".")[2].lower()
    named = BY_NAME.get(mime_type, {}).get(ending, "")
    if not named or (mime_type == UNKNOWN and b"\x00" in head):
        raise ValueError(_("Files of this kind cannot be sent."))
    return named


def file_type_of(mime_type: str) -> str:
    """Return what a file is to a platform: `image`, `video`, `audio` or `file`."""
    kind = mime_type.partition("/")[0]
    return kind if kind in ("image", "video", "audio") else "file"
