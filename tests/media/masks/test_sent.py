import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from bot.errors import BadPicture
from bot.media.masks.file import from_selection, looks_like_mask
from bot.media.masks.painted import NoMark, OtherPhoto
from bot.media.masks.sent import from_sent
from tests.media.masks.photographs import as_jpeg, decoded, through_telegram

_PHOTOS = ("astronaut", "chelsea", "coffee", "motorcycle_left", "rocket")
_BOX = (100, 80, 300, 200)


def _photo(name: str = "coffee") -> bytes:
    return through_telegram(name, 640)


def _mask(size: tuple[int, int], mode: str = "RGB", paper: str = "white", pen: str = "black") -> Image.Image:
    mask = Image.new(mode, size, paper)
    ImageDraw.Draw(mask).rectangle(_BOX, fill=pen)
    return mask


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _likeness(found: Image.Image) -> float:
    marked, meant = ImageChops.invert(found), ImageChops.invert(_mask(found.size, "L"))
    return ImageChops.darker(marked, meant).histogram()[255] / ImageChops.lighter(marked, meant).histogram()[255]


@pytest.mark.parametrize("name", _PHOTOS)
def test_a_photo_painted_over_is_compared_with_the_original(name: str) -> None:
    painted = decoded(_photo(name))
    painted.paste("#ff3b30", _BOX)
    mask = from_sent(_photo(name), as_jpeg(painted, 80))
    assert mask.mask_type == "smear"
    assert _likeness(mask.picture) > 0.96


@pytest.mark.parametrize("name", _PHOTOS)
@pytest.mark.parametrize("quality", [None, 60, 87])
def test_a_black_and_white_picture_is_a_mask(name: str, quality: int | None) -> None:
    picture = _mask(decoded(_photo(name)).size)
    mask = from_sent(_photo(name), as_jpeg(picture, quality) if quality else _png(picture))
    assert mask.mask_type == "free"
    assert _likeness(mask.picture) > 0.98


def test_a_layer_painted_on_in_any_colour_is_a_mask() -> None:
    layer = _mask(decoded(_photo()).size, "RGBA", "#00000000", "#ff3b30")
    assert from_sent(_photo(), _png(layer)).mask_type == "free"


def test_a_drawing_that_is_painted_over_is_no_mask() -> None:
    drawing = Image.new("RGB", (600, 400), "white")
    ImageDraw.Draw(drawing).line((20, 20, 580, 380), fill="black", width=9)
    painted = drawing.copy()
    painted.paste("#0a84ff", _BOX)
    mask = from_sent(_png(drawing), as_jpeg(painted, 85))
    assert mask.mask_type == "smear"
    assert _likeness(mask.picture) > 0.96


def test_what_shows_no_mark_is_told_from_another_photo() -> None:
    with pytest.raises(NoMark):
        from_sent(_photo(), as_jpeg(decoded(_photo()), 75))
    with pytest.raises(OtherPhoto):
        from_sent(_photo(), as_jpeg(decoded(_photo("chelsea")).resize(decoded(_photo()).size), 85))


@pytest.mark.parametrize("name", _PHOTOS)
def test_a_photo_does_not_look_like_a_mask(name: str) -> None:
    assert not looks_like_mask(_photo(name))


@pytest.mark.parametrize("quality", [50, 75, 95])
@pytest.mark.parametrize("size", [(640, 480), (320, 240), (1280, 960)])
def test_a_selection_is_read_through_compression_and_at_any_size(quality: int, size: tuple[int, int]) -> None:
    picture = _mask((640, 480), paper="#f6f6f6", pen="#0a0a0a").resize(size)
    mask = from_selection(as_jpeg(picture, quality), (640, 480))
    assert (mask.size, mask.mask_type) == ((640, 480), "free")
    assert set(mask.picture.tobytes()) == {0, 255}
    assert _likeness(mask.picture) > 0.97


@pytest.mark.parametrize(("paper", "says"), [("white", "Nothing is marked"), ("black", "whole photo is marked")])
def test_a_selection_of_nothing_or_everything_is_refused(paper: str, says: str) -> None:
    with pytest.raises(BadPicture, match=says):
        from_selection(_png(Image.new("RGB", (300, 300), paper)), (300, 300))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_picture_are_refused(data: bytes) -> None:
    for read in (looks_like_mask, lambda sent: from_sent(_photo(), sent), lambda made: from_selection(made, (64, 64))):
        with pytest.raises(BadPicture):
            read(data)
