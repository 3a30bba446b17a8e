import asyncio
import io
import random
import struct
import threading
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageOps, ImageStat

from bot.errors import BadPicture, Unavailable
from bot.media.encodings import ENCODINGS
from bot.media.fit import VENDOR, Bounds, Fitted, fit, fit_picture

Make = Callable[..., bytes]
Scene = Callable[[int, int], Image.Image]

SMALL = Bounds(min_side=64, max_side=300, max_bytes=100_000, formats=frozenset(ENCODINGS))


def _opened(fitted: Fitted) -> Image.Image:
    picture = Image.open(io.BytesIO(fitted.data))
    picture.load()
    assert picture.size == (fitted.width, fitted.height)
    assert Image.MIME[str(picture.format)] == fitted.content_type
    return picture


def _told(fitted: Fitted) -> list[str]:
    return [change.plain("en") for change in fitted.changes]


def _difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of the channels, 0 to 255."""
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP"])
def test_what_fits_is_handed_on_pixel_for_pixel(photo: Make, picture_format: str) -> None:
    data = photo(640, 480, picture_format)
    fitted = fit(data)
    assert ImageChops.difference(_opened(fitted), Image.open(io.BytesIO(data))).getbbox() is None
    assert (fitted.extension, fitted.changes) == (ENCODINGS[picture_format].extension, ())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("picture_format", ["JPEG", "TIFF"])
def test_a_picture_is_turned_as_exif_asks(photo: Make, picture_format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = photo(400, 300, picture_format, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    fitted = _opened(fit(data))
    assert fitted.size == ((300, 400) if orientation > 4 else (400, 300))
    assert _difference(fitted, upright) < 3
    assert fitted.getexif() == {}


def test_a_turned_picture_is_scaled_in_its_own_ratio(photo: Make) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    fitted = fit(photo(2400, 1200, exif=exif), SMALL)
    assert (fitted.width, fitted.height) == (150, 300)


def test_cmyk_becomes_rgb(photo: Make, scene: Scene) -> None:
    fitted = _opened(fit(photo(300, 300, mode="CMYK")))
    assert fitted.mode == "RGB"
    assert _difference(fitted, scene(300, 300)) < 4


def _swapped_profile() -> bytes:
    """Build a profile in which red and green have changed places."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return (
        profile.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
        .replace(b"rXYZ", b"----")
        .replace(b"gXYZ", b"rXYZ")
        .replace(b"----", b"gXYZ")
    )


@pytest.mark.parametrize(("picture_format", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA")])
def test_other_colour_spaces_become_srgb(write: Make, picture_format: str, mode: str) -> None:
    red = Image.new(mode, (300, 300), (250, 0, 0, 128)[: len(mode)])
    fitted = _opened(fit(write(red, picture_format, icc_profile=_swapped_profile())))
    pixel = fitted.getpixel((150, 150))
    assert isinstance(pixel, tuple)
    assert pixel[0] < 20
    assert pixel[1] > 230
    assert pixel[3:] == ((128,) if mode == "RGBA" else ())
    assert "icc_profile" not in fitted.info


def test_a_profile_that_is_none_is_ignored(photo: Make, scene: Scene) -> None:
    assert _difference(_opened(fit(photo(300, 300, icc_profile=b"nonsense" * 20))), scene(300, 300)) < 4


def test_16_bit_grey_keeps_its_greys(write: Make) -> None:
    grey = Image.new("I;16", (300, 300), 0x8000)
    fitted = _opened(fit(write(grey, "PNG")))
    assert (fitted.mode, fitted.getpixel((0, 0))) == ("L", 128)


def test_16_bit_colour_becomes_8_bit() -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    row = b"\0" + struct.pack(">HHH", 0x4000, 0x8000, 0xC000) * 300
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 300, 300, 16, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(row * 300)) + chunk(b"IEND", b"")
    fitted = fit(data)
    assert fitted.data[24] == 8
    assert _opened(fitted).getpixel((9, 9)) == (0x40, 0x80, 0xC0)


def test_a_palette_with_transparency_keeps_it(write: Make, scene: Scene) -> None:
    picture = scene(300, 300).quantize(16)
    fitted = _opened(fit(write(picture, "PNG", transparency=picture.getpixel((0, 0)))))
    assert (fitted.format, fitted.mode) == ("PNG", "RGBA")
    assert fitted.getchannel("A").getextrema() == (0, 255)


def test_an_alpha_channel_that_hides_nothing_goes(write: Make, scene: Scene) -> None:
    picture = scene(400, 400)
    picture.putalpha(255)
    assert _opened(fit(write(picture, "PNG"), SMALL)).mode == "RGB"


def test_a_mask_keeps_its_hard_edges(write: Make) -> None:
    mask = Image.new("1", (512, 512), 1)
    mask.paste(0, (100, 100, 300, 300))
    fitted = _opened(fit(write(mask, "BMP")))
    assert (fitted.format, fitted.mode) == ("PNG", "L")
    assert fitted.getcolors() == [(200 * 200, 0), (512 * 512 - 200 * 200, 255)]


def test_heic_becomes_jpeg(photo: Make, scene: Scene) -> None:
    fitted = _opened(fit(photo(400, 300, "HEIF", quality=90)))
    assert fitted.format == "JPEG"
    assert _difference(fitted, scene(400, 300)) < 5


def test_heic_with_transparency_becomes_png(write: Make, scene: Scene) -> None:
    picture = scene(400, 300)
    picture.putalpha(Image.linear_gradient("L").resize((400, 300)))
    fitted = _opened(fit(write(picture, "HEIF")))
    assert (fitted.format, fitted.mode) == ("PNG", "RGBA")


@pytest.mark.parametrize("picture_format", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_its_first_frame_and_says_so(write: Make, picture_format: str) -> None:
    frames = [Image.new("RGB", (300, 300), colour) for colour in ("red", "blue")]
    fitted = fit(write(frames[0], picture_format, save_all=True, append_images=frames[1:]))
    assert _difference(_opened(fitted), frames[0]) < 4
    assert not getattr(Image.open(io.BytesIO(fitted.data)), "is_animated", False)
    assert _told(fitted) == ["Only the first frame of the animation is used."]


def test_24_megapixels_are_scaled_into_bounds(photo: Make) -> None:
    fitted = fit(photo(6000, 4000), Bounds(256, 2000, 8_000_000, frozenset(ENCODINGS)))
    assert (fitted.width, fitted.height) == (2000, 1333)
    assert _told(fitted) == [
        "The picture was scaled down from 6000×4000 to 2000×1333 pixels: the service takes at most 2000 a side here."
    ]


def test_a_small_picture_is_enlarged_and_says_so(photo: Make) -> None:
    fitted = fit(photo(100, 80))
    assert (fitted.width, fitted.height) == (320, 256)
    assert _told(fitted) == [
        "The picture was enlarged from 100×80 to 320×256 pixels: the service needs at least 256 a side here."
    ]


def test_a_strip_is_refused(photo: Make) -> None:
    with pytest.raises(BadPicture, match="at most 23 times"):
        fit(photo(2400, 100))


def _noise(mode: str, side: int) -> Image.Image:
    return Image.frombytes(mode, (side, side), random.Random(7).randbytes(side * side * len(mode)))


def test_a_heavy_picture_loses_quality_before_pixels(write: Make) -> None:
    bounds = Bounds(64, 300, 70_000, frozenset(ENCODINGS))
    heavy = write(_noise("RGB", 300), "JPEG", quality=95)
    assert len(heavy) > bounds.max_bytes
    fitted = fit(heavy, bounds)
    assert len(fitted.data) <= bounds.max_bytes
    assert (fitted.width, fitted.changes) == (300, ())


@pytest.mark.parametrize(("mode", "extension"), [("RGB", "jpg"), ("RGBA", "png")])
def test_a_picture_that_is_still_too_heavy_loses_pixels(write: Make, mode: str, extension: str) -> None:
    bounds = Bounds(64, 300, 30_000, frozenset(ENCODINGS))
    fitted = fit(write(_noise(mode, 300), "PNG"), bounds)
    assert len(fitted.data) <= bounds.max_bytes
    assert fitted.extension == extension
    assert 64 < fitted.width == fitted.height < 300
    [said] = _told(fitted)
    assert said.startswith("The picture was scaled down from 300×300 to ")
    assert said.endswith(" pixels: its file was too large for the service.")


@pytest.mark.parametrize(
    ("size", "picture_format", "held"),
    [
        ((300, 64), "PNG", True),
        ((301, 64), "PNG", False),
        ((300, 64), "TIFF", False),
        ((300, 300), "HEIF", False),
        ((80, 79), "JPEG", True),
    ],
)
def test_bounds_say_what_needs_no_fitting(
    photo: Make, size: tuple[int, int], picture_format: str, *, held: bool
) -> None:
    assert SMALL.hold(photo(*size, picture_format)) is held


def test_bounds_count_bytes(photo: Make) -> None:
    data = photo(300, 300)
    assert replace(SMALL, max_bytes=len(data)).hold(data)
    assert not replace(SMALL, max_bytes=len(data) - 1).hold(data)
    with pytest.raises(BadPicture, match="a web page"):
        SMALL.hold(b"<html>")


def test_what_cannot_be_made_light_enough_is_refused(write: Make) -> None:
    with pytest.raises(BadPicture, match="small enough"):
        fit(write(_noise("RGB", 300), "JPEG"), Bounds(256, 300, 10_000, frozenset(ENCODINGS)))


def test_transparency_is_put_on_white_where_only_jpeg_is_taken(write: Make) -> None:
    clear = Image.new("RGBA", (300, 300), (255, 0, 0, 0))
    fitted = _opened(fit(write(clear, "PNG"), Bounds(64, 300, 100_000, frozenset({"JPEG"}))))
    assert (fitted.format, fitted.getpixel((150, 150))) == ("JPEG", (255, 255, 255))


@pytest.mark.parametrize("bounds", [VENDOR, SMALL], ids=["kept", "scaled"])
@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP", "HEIF", "TIFF", "GIF"])
def test_a_picture_that_breaks_off_is_refused(photo: Make, picture_format: str, bounds: Bounds) -> None:
    data = photo(320, 320, picture_format)
    with pytest.raises(BadPicture, match="broken"):
        fit(data[: len(data) * 2 // 3], bounds)


def test_a_picture_that_is_whole_but_damaged_is_refused(photo: Make) -> None:
    data = bytearray(photo(320, 320, "PNG"))
    data[data.index(b"IDAT") + 200] ^= 0xFF
    with pytest.raises(BadPicture, match="broken"):
        fit(bytes(data))


@settings(deadline=None)
@given(width=st.integers(64, 50_000), height=st.integers(64, 50_000))
def test_any_size_lands_within_the_vendors_bounds_in_its_own_ratio(width: int, height: int) -> None:
    try:
        new_width, new_height = VENDOR.nearest(width, height)
    except BadPicture:
        assert max(width, height) / min(width, height) > VENDOR.max_side / VENDOR.min_side
        return
    assert VENDOR.min_side <= min(new_width, new_height)
    assert max(new_width, new_height) <= VENDOR.max_side
    assert new_width / new_height == pytest.approx(width / height, rel=0.01)
    if VENDOR.min_side <= min(width, height) and max(width, height) <= VENDOR.max_side:
        assert (new_width, new_height) == (width, height)


@settings(deadline=None, max_examples=40)
@given(
    width=st.integers(64, 700),
    height=st.integers(64, 700),
    picture_format=st.sampled_from(["JPEG", "PNG", "WEBP", "BMP"]),
    orientation=st.integers(1, 8),
)
def test_any_picture_fits(photo: Make, width: int, height: int, picture_format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {} if picture_format == "BMP" else {"exif": exif}
    try:
        fitted = fit(photo(width, height, picture_format, **options), SMALL)
    except BadPicture:
        assert max(width, height) / min(width, height) > 300 / 64
        return
    shown = _opened(fitted)
    assert len(fitted.data) <= SMALL.max_bytes
    assert min(shown.size) >= SMALL.min_side
    assert max(shown.size) <= SMALL.max_side
    if options and orientation > 4:
        width, height = height, width
    assert shown.width / shown.height == pytest.approx(width / height, rel=0.01)


async def test_one_picture_after_another_off_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    working = threading.Lock()

    def watched(_data: bytes, _bounds: Bounds) -> Fitted:
        assert working.acquire(blocking=False)
        threading.Event().wait(0.01)  # long enough for a second one to begin, if one could
        working.release()
        return Fitted(threading.current_thread().name.encode(), "", "", 0, 0)

    monkeypatch.setattr("bot.media.fit.fit", watched)
    done = await asyncio.gather(*(fit_picture(b"") for _ in range(6)))
    assert all(fitted.data.startswith(b"pictures") for fitted in done)


async def test_a_picture_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr("bot.media.fit.fit", lambda _data, _bounds: release.wait(30))
    monkeypatch.setattr("bot.media.fit.FIT_SECONDS", 0)
    try:
        with pytest.raises(Unavailable, match="Try again"):
            await fit_picture(b"")
    finally:
        release.set()
