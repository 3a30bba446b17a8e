import io

import pytest
from PIL import Image

from bot.sandbox.vendor.errors import Refused
from bot.sandbox.vendor.inputs import FREE_CANVAS, GENERAL, TO_ENLARGE, WITH_HEIF, Bounds, Source, check_picture
from tests.sandbox.vendor.customer import apart, encoded, scenery


def turned(picture: Image.Image, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(picture, "JPEG", exif=exif, quality=95)


@pytest.mark.parametrize(
    ("bounds", "formats"),
    [
        (GENERAL, {"JPEG", "PNG", "WEBP"}),
        (WITH_HEIF, {"JPEG", "PNG", "WEBP", "HEIF"}),
        (TO_ENLARGE, {"JPEG", "PNG", "WEBP", "HEIF"}),
        (FREE_CANVAS, {"JPEG", "PNG", "WEBP", "HEIF", "TIFF"}),
    ],
)
def test_each_bounds_formats(bounds: Bounds, formats: set[str]) -> None:
    for kind in ("JPEG", "PNG", "WEBP", "HEIF", "TIFF", "GIF", "BMP"):
        content = encoded(scenery(), kind)
        if kind in formats:
            assert check_picture("img_url", content, bounds).open().size == (320, 320)
        else:
            with pytest.raises(Refused, match="img_url: must be a picture in jpg, jpeg, png, webp"):
                check_picture("img_url", content, bounds)


def test_a_picture_stands_upright() -> None:
    source = check_picture("img_url", turned(scenery(600, 300), 6), GENERAL)
    assert source.size == (300, 600)
    expected = scenery(600, 300).transpose(Image.Transpose.ROTATE_270)
    assert apart(source.open(), expected) < 3
    assert apart(source.open((150, 300)), expected.resize((150, 300), Image.Resampling.LANCZOS)) < 4


def test_what_is_transparent_is_white() -> None:
    clear = Image.new("RGBA", (300, 300), (255, 0, 0, 0))
    source = check_picture("img_url", encoded(clear), GENERAL)
    assert source.open().getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "CMYK", "I;16"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    picture = Image.new(mode, (300, 300)) if mode == "I;16" else scenery(300, 300).convert(mode)
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert check_picture("img_url", encoded(picture, kind), GENERAL).open().mode == "RGB"


def test_a_reference_is_small() -> None:
    source = Source(encoded(scenery(2000, 1000)), (2000, 1000))
    with Image.open(io.BytesIO(source.reference(1280))) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1280, 640))
