"""Photos with numbers on them, to choose by: the cells of a grid, and faces."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from bot.media.masks.grid import Box, cell_boxes
from bot.media.masks.photo import jpeg, read_shown, size_of

_DARK, _BRIGHT, _FACE = "#101418", "#ffffff", "#ffe600"
_STROKES = 640  # a stroke is as wide as this part of the picture's long side
_LABEL = 0.3  # a label's height, of the shorter side of what it numbers ...
_LABELS = (1 / 32, 1 / 20)  # ... and at least and at most of the picture's long side


def numbered_grid(photo: bytes, columns: int = 4, rows: int = 4) -> bytes:
    """Draw a grid over a photo, its cells numbered as in `from_grid`: a JPEG of at most 1280 pixels a side."""
    shown = read_shown(photo)
    draw = ImageDraw.Draw(shown)
    cells = list(cell_boxes(shown.size, columns, rows))
    stroke = _stroke(shown)
    for width, colour in ((3 * stroke, _DARK), (stroke, _BRIGHT)):  # bright on dark shows on any photo
        for left, top, right, bottom in cells:
            draw.line((right, top, right, bottom), fill=colour, width=width)
            draw.line((left, bottom, right, bottom), fill=colour, width=width)
    for number, cell in enumerate(cells, 1):
        left, top, *_ = cell
        _label(draw, number, (left + 4 * stroke, top + 4 * stroke), _label_height(shown, cell), _BRIGHT)
    return jpeg(shown)


def numbered_faces(photo: bytes, boxes: Sequence[Box]) -> bytes:
    """Outline faces and number them from 1, in their order: a JPEG of at most 1280 pixels a side.

    A box is left, top, right and bottom in the photo's own pixels.
    """
    shown = read_shown(photo)
    scale = shown.width / size_of(photo)[0]
    draw = ImageDraw.Draw(shown)
    faces = [_onto(shown, *(round(side * scale) for side in box)) for box in boxes]
    stroke = _stroke(shown)
    for width, colour in ((4 * stroke, _DARK), (2 * stroke, _FACE)):
        for face in faces:
            draw.rectangle(face, outline=colour, width=width)
    for number, face in enumerate(faces, 1):
        left, top, *_ = face
        height = _label_height(shown, face)
        _label(draw, number, (left, max(0, top - height)), height, _FACE)
    return jpeg(shown)


def _onto(shown: Image.Image, left: int, top: int, right: int, bottom: int) -> Box:
    left, right = sorted(min(max(x, 0), shown.width - 1) for x in (left, right))
    top, bottom = sorted(min(max(y, 0), shown.height - 1) for y in (top, bottom))
    return left, top, right, bottom


def _stroke(shown: Image.Image) -> int:
    return max(1, round(max(shown.size) / _STROKES))


def _label_height(shown: Image.Image, box: Box) -> int:
    left, top, right, bottom = box
    least, most = (share * max(shown.size) for share in _LABELS)
    return round(min(max(min(right - left, bottom - top) * _LABEL, least, 16), max(most, 16)))


def _label(draw: ImageDraw.ImageDraw, number: int, corner: tuple[int, int], height: int, colour: str) -> None:
    # Kept inside the picture, whatever the corner.
    font = ImageFont.load_default(height * 0.72)
    words = str(number)
    width = max(height, round(font.getlength(words) + height * 0.5))
    left, top = (
        min(at, side - length - 1) for at, side, length in zip(corner, draw.im.size, (width, height), strict=True)
    )
    box = (left, top, left + width, top + height)
    draw.rounded_rectangle(box, height // 4, fill=_DARK, outline=colour, width=max(1, height // 20))
    middle = (left + width / 2, top + height / 2)
    draw.text(middle, words, fill=colour, font=font, anchor="mm", stroke_width=height / 45)
