"""The mask that somebody picks from a grid of numbered cells."""

from collections.abc import Iterator

from PIL import Image

from bot.errors import BadValue
from bot.locales.text import text
from bot.media.masks.mask import KEPT, MARKED, Mask

Box = tuple[int, int, int, int]


def from_grid(size: tuple[int, int], cells: set[int], columns: int = 4, rows: int = 4) -> Mask:
    """Mark cells of a photo of this size, numbered from 1, row by row.

    Raises `BadValue` for a number that is not on the grid, and `BadPicture` where no cell is marked, or every one.
    """
    if not cells <= set(range(1, columns * rows + 1)):
        raise BadValue(text("The cells have the numbers 1 to {last}.", last=columns * rows))
    picture = Image.new("L", size, KEPT)
    for number, box in enumerate(cell_boxes(size, columns, rows), 1):
        if number in cells:
            picture.paste(MARKED, box)
    return Mask(picture, "box").checked()


def cell_boxes(size: tuple[int, int], columns: int, rows: int) -> Iterator[Box]:
    """Cut a photo into cells, row by row: left, top, right and bottom, without gaps or overlaps."""
    across, down = _cuts(size[0], columns), _cuts(size[1], rows)
    for row in range(rows):
        for column in range(columns):
            yield across[column], down[row], across[column + 1], down[row + 1]


def _cuts(length: int, parts: int) -> list[int]:
    return [round(length * part / parts) for part in range(parts + 1)]
