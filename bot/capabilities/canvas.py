"""Where a picture comes to lie on a larger canvas, in the vendor's steps of pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.capabilities.from_photo import Size
from bot.errors import BadValue
from bot.locales.text import Text, text, verbatim
from bot.miaohua.bounds import bounds_of
from bot.miaohua.outpaint import FreeOutpaintRequest

SIDE: Final = bounds_of(FreeOutpaintRequest, "width")
OFFSET: Final = bounds_of(FreeOutpaintRequest, "free_x")

_STEP = SIDE.step or 1
_OFFSET_STEP = OFFSET.step or 1
_LEAST = _STEP * -(-int(SIDE.low or 0) // _STEP)
_MOST = _STEP * (int(SIDE.high or 0) // _STEP)


@dataclass(frozen=True, slots=True)
class Canvas:
    """A canvas' size, and where on it the picture's top left corner lies."""

    width: int
    height: int
    x: int
    y: int


def of_size(picture: Size, sides: Sequence[int], corner: Sequence[int] | None) -> Canvas:
    """Lay a picture on a canvas of this size: at a corner, or else in the middle.

    Raises `BadValue` where the canvas is not larger than the picture and its offset, as the vendor wants it.
    """
    x, y = corner or (0, 0)
    if sides[0] <= picture[0] + x or sides[1] <= picture[1] + y:
        raise BadValue(
            text(
                "A canvas of {canvas} px is too small: the picture reaches at least to {reach} on it, and it must be "
                "larger than that in both directions. Choose a larger one with --to, or another place with --at.",
                canvas=_figures(sides[0], sides[1]),
                reach=_figures(picture[0] + x, picture[1] + y),
            )
        )
    if corner is None:
        x, y = (_down((whole - part) // 2, _OFFSET_STEP) for whole, part in zip(sides, picture, strict=True))
    return Canvas(sides[0], sides[1], x, y)


def around(picture: Size, margins: Mapping[str, int]) -> Canvas:
    """Lay a picture on the smallest canvas with at least these margins (`left`, `right`, `up`, `down`).

    Raises `BadValue` where the vendor makes none so large.
    """
    width, x = _stretched(picture[0], margins["left"], margins["right"])
    height, y = _stretched(picture[1], margins["up"], margins["down"])
    if max(width, height) > _MOST:
        raise BadValue(
            text(
                "With these margins the canvas would have at least {canvas} px; the service makes at most {most} a "
                "side. Choose smaller margins, or a smaller picture.",
                canvas=_figures(width, height),
                most=_MOST,
            )
        )
    return Canvas(width, height, x, y)


def _stretched(side: int, before: int, after: int) -> Size:
    """Give the canvas' side and the offset. What the steps add goes where there is a margin already."""
    offset = _up(before, _OFFSET_STEP)
    whole = max(_LEAST, _up(max(offset + side + after, offset + side + 1), _STEP))
    return whole, _down(whole - side - 1, _OFFSET_STEP) if before and not after else offset


def _up(number: int, step: int) -> int:
    return -(-number // step) * step


def _down(number: int, step: int) -> int:
    return number // step * step


def _figures(width: int, height: int) -> Text:
    return verbatim(f"{width}×{height}")
