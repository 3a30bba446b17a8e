import io
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms
from PIL.PngImagePlugin import PngInfo

from bot.media.metadata import strip

Make = Callable[..., bytes]

SECRET = b"N 31.2304 E 121.4737"


def _tagged() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[2] = (31.0, 13.0, 49.0)
    return exif


def _pixels_are_kept(before: bytes, after: bytes) -> bool:
    return ImageChops.difference(Image.open(io.BytesIO(before)), Image.open(io.BytesIO(after))).getbbox() is None


@pytest.mark.parametrize(
    ("picture_format", "options"),
    [
        ("JPEG", {"exif": _tagged(), "comment": SECRET, "xmp": SECRET}),
        ("JPEG", {"exif": _tagged(), "progressive": True}),
        ("JPEG", {"exif": _tagged(), "restart_marker_rows": 1}),
        ("WEBP", {"exif": _tagged(), "xmp": SECRET}),
        ("WEBP", {"exif": _tagged(), "xmp": SECRET, "lossless": True}),
        ("PNG", {"exif": _tagged()}),
    ],
)
def test_what_a_picture_tells_beside_itself_goes(photo: Make, picture_format: str, options: dict[str, object]) -> None:
    data = photo(300, 201, picture_format, **options)
    assert SECRET in data
    stripped = strip(data, picture_format)
    assert stripped is not None
    assert SECRET not in stripped
    assert Image.open(io.BytesIO(stripped)).getexif() == {}
    assert _pixels_are_kept(data, stripped)
    assert strip(stripped, picture_format) == stripped


def test_words_in_a_png_go(photo: Make) -> None:
    words = PngInfo()
    words.add_text("Comment", SECRET.decode())
    words.add_itxt("Location", SECRET.decode())
    data = photo(300, 200, "PNG", pnginfo=words)
    stripped = strip(data, "PNG")
    assert stripped is not None
    assert SECRET not in stripped
    assert _pixels_are_kept(data, stripped)


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP"])
def test_what_follows_the_picture_goes(photo: Make, picture_format: str) -> None:
    data = photo(300, 200, picture_format)
    assert strip(data + SECRET, picture_format) == strip(data, picture_format)


def test_a_second_picture_goes(write: Make, scene: Callable[[int, int], Image.Image]) -> None:
    data = write(scene(300, 200), "MPO", save_all=True, append_images=[scene(300, 200)])
    stripped = strip(data, "JPEG")
    assert stripped is not None
    assert len(stripped) < len(data) * 2 / 3
    assert Image.open(io.BytesIO(stripped)).format == "JPEG"
    assert _pixels_are_kept(data, stripped)


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP"])
def test_what_decides_the_colours_stays(photo: Make, picture_format: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    stripped = strip(photo(300, 200, picture_format, icc_profile=profile), picture_format)
    assert stripped is not None
    assert Image.open(io.BytesIO(stripped)).info["icc_profile"] == profile


def test_transparency_stays(write: Make, scene: Callable[[int, int], Image.Image]) -> None:
    picture = scene(300, 200)
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    data = write(picture, "WEBP", exif=_tagged())
    stripped = strip(data, "WEBP")
    assert stripped is not None
    assert _pixels_are_kept(data, stripped)
    assert Image.open(io.BytesIO(stripped)).getchannel("A").getextrema() != (255, 255)


def test_a_format_that_cannot_be_taken_apart_is_left_alone(photo: Make) -> None:
    assert strip(photo(300, 200, "HEIF"), "HEIF") is None


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP"])
@settings(deadline=None)
@given(cut=st.floats(0, 0.99))
def test_a_broken_file_is_left_alone(photo: Make, picture_format: str, cut: float) -> None:
    data = photo(128, 128, picture_format)
    assert strip(data[: int(len(data) * cut)], picture_format) is None


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP"])
@settings(deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_taken_apart_or_left_alone(picture_format: str, data: bytes) -> None:
    strip(data, picture_format)
