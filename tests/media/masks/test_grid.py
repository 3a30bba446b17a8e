import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.errors import BadPicture, BadValue
from bot.media.masks.grid import cell_boxes, from_grid

_SIDES = st.integers(16, 200)
_COUNTS = st.integers(1, 6)


@given(_SIDES, _SIDES, _COUNTS, _COUNTS, st.data())
def test_a_grid_marks_its_cells_and_no_more(
    width: int, height: int, columns: int, rows: int, data: st.DataObject
) -> None:
    cells = data.draw(st.sets(st.integers(1, columns * rows), min_size=1))
    assume(len(cells) < columns * rows)
    mask = from_grid((width, height), cells, columns, rows)
    assert (mask.size, mask.mask_type) == ((width, height), "box")
    for number, (left, top, right, bottom) in enumerate(cell_boxes((width, height), columns, rows), 1):
        level = 0 if number in cells else 255
        assert mask.picture.crop((left, top, right, bottom)).getextrema() == (level, level)
    rounding = (columns / width + rows / height) * len(cells) / (columns * rows)
    assert mask.coverage == pytest.approx(len(cells) / (columns * rows), abs=rounding)


@given(_SIDES, _SIDES, _COUNTS, _COUNTS)
def test_cells_cover_the_photo_once(width: int, height: int, columns: int, rows: int) -> None:
    boxes = list(cell_boxes((width, height), columns, rows))
    assert sum((right - left) * (bottom - top) for left, top, right, bottom in boxes) == width * height
    assert (boxes[0][:2], boxes[-1][2:]) == ((0, 0), (width, height))


def test_cells_are_numbered_row_by_row() -> None:
    mask = from_grid((400, 400), {2, 5})
    assert mask.coverage == pytest.approx(2 / 16)
    assert [mask.picture.getpixel(at) for at in ((150, 50), (50, 150), (50, 50))] == [0, 0, 255]


@pytest.mark.parametrize("cells", [{0}, {17}, {3, 99}])
def test_a_number_beside_the_grid_is_refused(cells: set[int]) -> None:
    with pytest.raises(BadValue, match="1 to 16"):
        from_grid((400, 400), cells)


def test_none_and_all_are_refused() -> None:
    with pytest.raises(BadPicture, match="Nothing is marked"):
        from_grid((400, 400), set())
    with pytest.raises(BadPicture, match="whole photo is marked"):
        from_grid((400, 400), set(range(1, 17)))
