"""Small pictures of pictures, made with great caution: what people send may be made to break who reads it.

They are painted anew, so that nothing of the original's metadata, such as where it was taken, is left in them.
"""

import io
import logging
import warnings
from dataclasses import dataclass, field

from PIL import Image, ImageOps

from messaging.sniffing import SHOWN

logger = logging.getLogger(__name__)

SIDE = 320
QUALITY = 80
#: What unfolds to more is not unfolded; no phone takes larger pictures than half of it.
MOST_PIXELS = 60_000_000
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
MIME_TYPE = "image/webp"

# Pillow only warns of pictures that are larger than its own bound.
warnings.simplefilter("error", Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture in WebP, and its sides in pixels."""

    content: bytes = field(repr=False)
    width: int
    height: int


def make_thumbnail(content: bytes, mime_type: str) -> Thumbnail | None:
    """Return a picture of at most 320 pixels a side, turned as its camera was held; None where it cannot be read to its end."""
    if mime_type not in SHOWN:
        return None
    try:
        return _made(content)
    except Exception as error:
        # Readers of pictures fail in many ways on what is none. The file is still one, to be downloaded.
        logger.info("No thumbnail: %s", type(error).__name__)
        return None


def _made(content: bytes) -> Thumbnail:
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise Image.DecompressionBombError
        opened.draft("RGB", (SIDE * 2, SIDE * 2))  # JPEG unfolds to a fraction of its size, where it may
        turned = ImageOps.exif_transpose(opened)
        has_holes = turned.has_transparency_data
        small = turned.convert("RGBA" if has_holes else "RGB")
    small.thumbnail((SIDE, SIDE))
    painted = Image.new(small.mode, small.size)
    painted.paste(small)
    written = io.BytesIO()
    painted.save(written, "WEBP", quality=QUALITY)
    return Thumbnail(written.getvalue(), painted.width, painted.height)
