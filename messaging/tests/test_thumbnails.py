"""Small pictures of pictures, whatever was made to break who makes them."""

import io

import pytest
from PIL import Image

from messaging.media.thumbnails import SIDE, Thumbnail, make_thumbnail
from messaging.tests.pictures import bomb, picture

ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825


def opened(thumbnail: Thumbnail | None) -> Image.Image:
    assert thumbnail
    return Image.open(io.BytesIO(thumbnail.content))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_pictures_become_small_in_their_proportions(form: str) -> None:
    thumbnail = make_thumbnail(picture(form), f"image/{form.lower()}")
    small = opened(thumbnail)
    assert thumbnail
    assert small.size == (thumbnail.width, thumbnail.height) == (SIDE, SIDE // 2)
    assert small.format == "WEBP"


def test_small_pictures_stay_as_small_as_they_are() -> None:
    assert opened(make_thumbnail(picture("PNG", (20, 10)), "image/png")).size == (20, 10)


def test_a_picture_is_turned_as_its_camera_was_held_and_tells_nothing_else() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # its top is at the right
    exif[MAKE] = "Camera"
    exif[GPS] = {1: "N", 2: (30.0, 2.0, 40.0)}
    content = picture("JPEG", exif=exif, comment=b"a secret")
    assert b"Camera" in content
    small = opened(make_thumbnail(content, "image/jpeg"))
    assert small.size == (SIDE // 2, SIDE)
    red, _, blue = small.convert("RGB").getpixel((80, 40))  # type: ignore[misc]  # of an RGB picture it is three
    assert red > 200 > 50 > blue  # what was at the left is above now
    assert not dict(small.getexif())
    assert not {"exif", "xmp", "icc_profile", "comment"} & set(small.info)


def test_see_through_pictures_stay_so() -> None:
    written = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(written, "PNG")
    assert opened(make_thumbnail(written.getvalue(), "image/png")).mode == "RGBA"


@pytest.mark.parametrize(
    "content",
    [
        picture()[:2000],
        bomb(),
        bomb(8_000),
        picture("PNG")[:60],
        b"\xff\xd8\xff" + b"0" * 100,
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture("BMP"),
    ],
    ids=["cut", "bomb", "smaller bomb", "cut png", "no jpeg", "empty", "svg", "bmp"],
)
def test_of_what_cannot_be_read_to_its_end_there_is_none(content: bytes) -> None:
    assert make_thumbnail(content, "image/png") is None


def test_only_pictures_are_looked_at() -> None:
    assert make_thumbnail(picture(), "application/pdf") is None
