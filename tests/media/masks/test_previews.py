import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.errors import BadPicture
from bot.media.masks.grid import from_grid
from bot.media.masks.previews import overlay, preview, preview_on_checkerboard
from tests.media.masks.photographs import as_jpeg

_GREY = (128, 128, 128)


def _opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    assert picture.format == "JPEG"
    return picture.convert("RGB")


def _plain(width: int, height: int, colour: tuple[int, int, int] = _GREY) -> bytes:
    return as_jpeg(Image.new("RGB", (width, height), colour), 90)


def _distance(first: Any, second: Any) -> int:
    return max(abs(int(one) - int(other)) for one, other in zip(first, second, strict=True))


@settings(max_examples=20)
@given(st.integers(64, 1600), st.integers(64, 1600))
def test_an_overlay_is_the_photo_at_no_more_than_1280_pixels(width: int, height: int) -> None:
    shown = _opened(overlay(_plain(width, height), from_grid((width, height), {1})))
    scale = min(1, 1280 / max(width, height))
    assert shown.size == (round(width * scale), round(height * scale))


def test_a_preview_is_the_photo_itself() -> None:
    shown = _opened(preview(_plain(1600, 900, (30, 120, 20))))
    assert shown.size == (1280, 720)
    assert _distance(shown.getpixel((640, 360)), (30, 120, 20)) < 12


@pytest.mark.parametrize("colour", [_GREY, (0, 0, 0), (255, 255, 255), (255, 0, 128), (30, 120, 20)])
def test_what_is_marked_is_tinted_and_outlined_and_the_rest_is_not(colour: tuple[int, int, int]) -> None:
    photo = _plain(800, 800, colour)
    shown = _opened(overlay(photo, from_grid((800, 800), {6})))
    original = _opened(photo)
    assert _distance(shown.getpixel((600, 600)), original.getpixel((600, 600))) <= 4
    if colour != (255, 0, 128):
        assert _distance(shown.getpixel((300, 300)), original.getpixel((300, 300))) > 60
    rim = [shown.getpixel((at, 300)) for at in range(190, 210)]
    assert min(_distance(pixel, (255, 255, 255)) for pixel in rim) < 60
    assert min(_distance(pixel, (0, 0, 0)) for pixel in rim) < 60


def test_a_mark_at_the_edge_has_no_outline_there() -> None:
    shown = _opened(overlay(_plain(800, 800), from_grid((800, 800), {1})))
    assert _distance(shown.getpixel((0, 50)), shown.getpixel((100, 100))) < 12


def test_a_cutout_lies_on_a_checkerboard() -> None:
    cutout = Image.new("RGBA", (320, 200))
    cutout.paste((200, 30, 40, 255), (100, 50, 200, 150))
    file = io.BytesIO()
    cutout.save(file, "PNG")
    shown = _opened(preview_on_checkerboard(file.getvalue()))
    assert shown.size == cutout.size
    assert _distance(shown.getpixel((150, 100)), (200, 30, 40)) < 12
    squares = [shown.getpixel((8 + 16 * column, 8)) for column in range(3)]
    assert _distance(squares[0], squares[2]) < 4
    assert _distance(squares[0], squares[1]) > 30


def test_a_cutout_without_transparency_is_shown_as_it_is() -> None:
    assert _distance(_opened(preview_on_checkerboard(_plain(300, 200))).getpixel((100, 100)), _GREY) < 4


def test_a_large_cutout_is_scaled_down() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (2000, 1000), (1, 2, 3, 40)).save(file, "PNG")
    assert _opened(preview_on_checkerboard(file.getvalue())).size == (1280, 640)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_picture_are_refused(data: bytes) -> None:
    with pytest.raises(BadPicture):
        overlay(data, from_grid((100, 100), {1}))
    with pytest.raises(BadPicture):
        preview_on_checkerboard(data)
