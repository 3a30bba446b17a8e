import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from bot.errors import BadPicture
from bot.media.masks.grid import Box, cell_boxes
from bot.media.masks.numbered import numbered_faces, numbered_grid
from tests.media.masks.photographs import as_jpeg


def _opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    assert picture.format == "JPEG"
    return picture.convert("RGB")


def _plain(width: int, height: int, colour: str = "grey") -> bytes:
    return as_jpeg(Image.new("RGB", (width, height), colour), 90)


def _changed(photo: bytes, shown: Image.Image, box: Box) -> float:
    """The share of a box that does not show the photo any more."""
    before = _opened(photo).resize(shown.size).crop(box).convert("L")
    levels = ImageChops.difference(before, shown.crop(box).convert("L")).histogram()
    return sum(levels[40:]) / sum(levels)


@pytest.mark.parametrize("colour", ["black", "white", "grey", "yellow"])
@pytest.mark.parametrize("size", [(1280, 960), (1600, 500), (300, 400)])
def test_every_cell_shows_a_label_that_stands_out_and_most_of_the_photo(size: tuple[int, int], colour: str) -> None:
    photo = _plain(*size, colour)
    shown = _opened(numbered_grid(photo))
    assert max(shown.size) <= 1280
    for box in cell_boxes(shown.size, 4, 4):
        levels = [level for level, count in enumerate(shown.crop(box).convert("L").histogram()) if count]
        assert levels[-1] - levels[0] > 180
        assert 0.01 < _changed(photo, shown, box) < 0.45


def test_every_cell_has_a_number_of_its_own() -> None:
    shown = _opened(numbered_grid(_plain(800, 800), 3, 3))
    cells = [
        shown.crop((left + 4, top + 4, left + 120, top + 120)).tobytes()
        for left, top, *_ in cell_boxes((800, 800), 3, 3)
    ]
    assert len(set(cells)) == 9


def test_faces_are_outlined_where_they_are() -> None:
    photo = _plain(1280, 1280)
    boxes = [(420, 120, 620, 420), (1000, 200, 1100, 320)]
    shown = _opened(numbered_faces(photo, boxes))
    for left, top, right, bottom in boxes:
        for rim in ((left, top, left + 5, bottom), (left, bottom - 5, right, bottom), (right - 5, top, right, bottom)):
            assert _changed(photo, shown, rim) > 0.5
        assert _changed(photo, shown, (left + 10, top + 10, right - 10, bottom - 10)) < 0.01
    assert _changed(photo, shown, (0, 600, 1280, 1280)) < 0.001


def test_boxes_are_in_the_pixels_of_the_photo() -> None:
    shown = _opened(numbered_faces(_plain(2560, 1280), [(1000, 800, 1400, 1200)]))
    assert shown.size == (1280, 640)
    assert shown.getpixel((501, 500)) != shown.getpixel((490, 500))


def test_a_label_has_room_at_the_edge() -> None:
    photo = _plain(600, 400, "white")
    shown = _opened(numbered_faces(photo, [(0, 0, 100, 100), (570, 0, 600, 30)]))
    assert _changed(photo, shown, (0, 0, 20, 20)) > 0.5
    assert _changed(photo, shown, (582, 0, 600, 18)) > 0.5


def test_no_faces_leave_the_photo_as_it_is() -> None:
    photo = _plain(600, 400)
    assert _changed(photo, _opened(numbered_faces(photo, [])), (0, 0, 600, 400)) == 0


@settings(max_examples=30)
@given(st.lists(st.tuples(*[st.integers(-50, 700)] * 4), max_size=4))
def test_any_box_can_be_drawn(boxes: list[Box]) -> None:
    assert _opened(numbered_faces(_plain(200, 150), boxes)).size == (200, 150)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_picture_are_refused(data: bytes) -> None:
    with pytest.raises(BadPicture):
        numbered_grid(data)
    with pytest.raises(BadPicture):
        numbered_faces(data, [])
