import contextlib
import io
import struct
import zlib
from collections.abc import Callable, Mapping
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.errors import BadPicture
from bot.media.check import MAX_BYTES, PictureInfo, inspect
from bot.media.fit import VENDOR, fit

Make = Callable[..., bytes]

_STARTS = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0\x08\2\0\0\0",
    b"RIFF\xff\0\0\0WEBPVP8 ",
    b"GIF89a\0\1\0\1\xf7\0\0",
    b"BM\0\0\0\0\0\0\0\0\x36\0\0\0",
    b"II*\0\x08\0\0\0",
    b"MM\0*\0\0\0\x08",
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
)


def _png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def _refusal(data: bytes) -> str:
    with pytest.raises(BadPicture) as refused:
        inspect(data)
    return refused.value.sentence.plain("en")


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP", "HEIF", "TIFF", "BMP", "GIF"])
def test_a_header_tells_format_and_size(photo: Make, picture_format: str) -> None:
    assert inspect(photo(300, 200, picture_format)) == PictureInfo(picture_format, 300, 200)


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_size_is_as_shown(photo: Make, picture_format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    info = inspect(photo(300, 200, picture_format, exif=exif))
    assert (info.width, info.height) == (200, 300)


def test_a_second_picture_behind_a_jpeg_makes_it_no_other_format(
    photo: Make, scene: Callable[..., Image.Image]
) -> None:
    data = photo(300, 200, "MPO", save_all=True, append_images=[scene(300, 200)])
    assert inspect(data) == PictureInfo("JPEG", 300, 200)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # whatever others set
@pytest.mark.parametrize(("width", "height"), [(40_000, 40_000), (10_000, 5_001), (50_000_001, 1)])
def test_too_many_pixels_are_refused_by_the_header(width: int, height: int) -> None:
    assert "at most 50 million" in _refusal(_png_header(width, height))


def test_the_most_pixels_are_read() -> None:
    assert inspect(_png_header(10_000, 5_000)).width == 10_000


def test_a_gif_whose_frame_outgrows_its_header_is_refused() -> None:
    frame = b"\x2c\0\0\0\0" + struct.pack("<HH", 20_000, 20_000) + b"\0\x02\x02\x4c\x01\0"
    data = b"GIF89a" + struct.pack("<HH", 100, 100) + b"\x80\0\0" + b"\0" * 6 + frame + b";"
    assert "at most 50 million" in _refusal(data)


def test_odd_exif_does_not_spoil_a_picture(photo: Make) -> None:
    assert inspect(photo(300, 200, exif=b"Exif\0\0nonsense")) == PictureInfo("JPEG", 300, 200)


def test_a_tiny_picture_is_refused(photo: Make) -> None:
    assert "300×63 pixels" in _refusal(photo(300, 63))


def test_a_heavy_file_is_refused_unread() -> None:
    assert "at most 20 MB" in _refusal(bytes(MAX_BYTES + 1))


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PK\x03\x04\x14\0", "an archive"),
        (b"\x1f\x8b\x08\0", "an archive"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2mp41", "a video"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "a video"),
        (b"\x1aE\xdf\xa3\x01\0\0\0", "a video"),
        (b"RIFF\0\0\0\0AVI LIST", "a video"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "a sound"),
        (b"OggS\0\2", "a sound"),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1miaf", "an AVIF picture"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "an AVIF picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an Office document"),
        (b'<?xml version="1.0"?>\n<svg xmlns="', "an SVG drawing"),
        (b"<!doctype html><p>", "a web page"),
        (b"8BPS\0\1", "a Photoshop file"),
        (b"just words", "not a picture"),
    ],
)
def test_what_is_no_picture_is_called_what_it_is(data: bytes, named: str) -> None:
    assert f"The file is {named}" in _refusal(data)


@pytest.mark.parametrize("picture_format", ["ICO", "PPM", "PCX", "TGA", "JPEG2000", "AVIF"])
def test_other_formats_stay_closed(photo: Make, picture_format: str) -> None:
    assert "Send a JPEG, PNG, WEBP or HEIC" in _refusal(photo(128, 128, picture_format))


def test_nothing_is_refused_as_nothing() -> None:
    assert "empty" in _refusal(b"")


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP", "HEIF", "TIFF", "BMP", "GIF"])
def test_a_header_that_breaks_off_is_a_broken_picture(photo: Make, picture_format: str) -> None:
    assert "broken" in _refusal(photo(300, 200, picture_format)[:20])


@settings(deadline=None)
@given(start=st.sampled_from(_STARTS) | st.just(b""), rest=st.binary(max_size=400))
def test_random_bytes_are_refused_or_read_but_nothing_else(start: bytes, rest: bytes) -> None:
    try:
        fitted = fit(start + rest)
    except BadPicture:
        return
    with Image.open(io.BytesIO(fitted.data)) as picture:
        assert min(picture.size) >= VENDOR.min_side


@pytest.fixture(scope="module")
def sound(photo: Make) -> Mapping[str, bytes]:
    return {name: photo(256, 256, name) for name in ("JPEG", "PNG", "WEBP", "HEIF", "TIFF", "BMP", "GIF")}


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP", "HEIF", "TIFF", "BMP", "GIF"])
@settings(deadline=None, max_examples=40)
@given(damage=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=3), left=st.integers(0, 2000))
def test_a_damaged_picture_is_refused_or_read_but_nothing_else(
    sound: Mapping[str, bytes], picture_format: str, damage: list[tuple[int, int]], left: int
) -> None:
    data = bytearray(sound[picture_format])
    for at, value in damage:
        data[at % len(data)] = value
    with contextlib.suppress(BadPicture), mock.patch("bot.media.check.MAX_PIXELS", 200_000):  # or some take seconds
        fit(bytes(data[: left or None]))
