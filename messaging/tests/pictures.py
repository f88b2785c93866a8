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
    """Return a PNG of some kilobytes that is in order and unfolds to hundreds of millions of pixels."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = bytes((side + 7) // 8 + 1) * side
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
