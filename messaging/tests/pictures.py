"""Pictures for tests."""

import io
import struct
import zlib
from typing import Any

from PIL import Image


def picture(form: str = "JPEG", size: tuple[int, int] = (800, 400), **options: Any) -> bytes:
    """Return a picture that is red on its left and blue on its right."""
    painted = Image.new("RGB", size, "red")
    painted.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    written = io.BytesIO()
    painted.save(written, form, **options)
    return written.getvalue()


def bomb(side: int = 30_000) -> bytes:
    """Return a PNG of a few bytes that says it unfolds to gigabytes."""
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
