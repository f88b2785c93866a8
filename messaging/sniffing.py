"""Telling what a file is by how it begins; what a host or a name says of it is nobody's proof."""

UNKNOWN = "application/octet-stream"

#: (place, bytes there, type), the more telling first.
_BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp3g", "video/3gpp"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftyp", "video/mp4"),
    (0, b"PK\x03\x04", "application/zip"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
#: Pictures that every browser shows and none of which can hold a script.
SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})

#: Recordings and films that browsers play, none of which can hold a script.
PLAYED = frozenset(
    {"audio/mpeg", "audio/ogg", "audio/mp4", "audio/wav", "video/mp4", "video/webm", "video/quicktime", "video/3gpp"}
)


def sniff(content: bytes) -> str:
    """Return the MIME type of a file by its first bytes; `UNKNOWN` where they tell nothing."""
    for place, beginning, mime_type in _BEGINNINGS:
        if content.startswith(beginning, place):
            return mime_type
    if content.startswith(b"RIFF"):
        return _RIFF.get(content[8:12], UNKNOWN)
    if len(content) > 2 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2:
        return "audio/mpeg"  # a frame of layer III, without a title before it
    return UNKNOWN
