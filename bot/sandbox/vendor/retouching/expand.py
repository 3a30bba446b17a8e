"""Grow a picture's canvas: its outer strips are mirrored outwards, and lose themselves there."""

import random
from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from bot.sandbox.vendor.painting.finish import grain
from bot.sandbox.vendor.retouching.regions import Box
from bot.sandbox.vendor.sizes import Size, brought_down

_SOFT_SIDE = 640  # px: blurred, a layer needs no more
_SOFT_BLUR = 5
_FAR_BLUR = 36
_SHARP_REACH = 0.08  # of the picture's shorter side: so far the mirrored picture stays sharp
_SOFT_REACH = 0.5
_STRIP = 0.15  # of a side: what is mirrored; more, and whole things would stand on their heads


def expand(picture: Image.Image, size: Size, box: Box, chance: random.Random) -> Image.Image:
    """Put a picture into a rectangle of a bigger canvas, and fill the rest. Blocks."""
    placed = picture.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.LANCZOS)
    canvas = _mirrored(placed, size, box)
    unit = min(placed.size)
    beyond = _lost(canvas, box, unit * _SOFT_REACH, chance).resize(size, Image.Resampling.BICUBIC)
    near = _near(brought_down(size, _SOFT_SIDE), size, box, unit * _SHARP_REACH)
    canvas = Image.composite(canvas, grain(beyond, chance), near.resize(size, Image.Resampling.BILINEAR))
    canvas.paste(placed, box[:2])
    return canvas


def _mirrored(picture: Image.Image, size: Size, box: Box) -> Image.Image:
    """Continue a picture to all sides with its outer strips, mirrored and drawn out as far as there is room."""
    canvas = Image.new("RGB", size)
    for left, right, from_left, from_right, is_side in _spans(box[0], box[2], size[0]):
        for top, bottom, from_top, from_bottom, is_end in _spans(box[1], box[3], size[1]):
            strip = picture.crop((from_left, from_top, from_right, from_bottom))
            strip = ImageOps.mirror(strip) if is_side else strip
            strip = ImageOps.flip(strip) if is_end else strip
            canvas.paste(strip.resize((right - left, bottom - top), Image.Resampling.BICUBIC), (left, top))
    return canvas


def _spans(start: int, end: int, length: int) -> Iterator[tuple[int, int, int, int, bool]]:
    """Divide one side of the canvas: from, to, what of the picture goes there (from, to), and whether mirrored."""
    side = end - start
    yield start, end, 0, side, False
    before, after = start, length - end
    if before:
        yield 0, start, 0, min(before, _strip(side)), True
    if after:
        yield end, length, side - min(after, _strip(side)), side, True


def _strip(side: int) -> int:
    return max(1, round(side * _STRIP))


def _lost(canvas: Image.Image, box: Box, reach: float, chance: random.Random) -> Image.Image:
    """Blur a canvas, brought down: more and more as far as `reach` px from the rectangle."""
    small = canvas.resize(brought_down(canvas.size, _SOFT_SIDE), Image.Resampling.BOX, reducing_gap=2)
    soft, far = (small.filter(ImageFilter.GaussianBlur(radius)) for radius in (_SOFT_BLUR, _FAR_BLUR))
    far = ImageEnhance.Brightness(far).enhance(chance.uniform(0.92, 1.06))
    return Image.composite(soft, far, _near(small.size, canvas.size, box, reach))


def _near(shown: Size, size: Size, box: Box, reach: float) -> Image.Image:
    """Draw what lies near the rectangle, in the canvas' size brought down: 255 beside it, 0 from `reach` px on."""
    share = shown[0] / size[0]
    left, top, right, bottom = (side * share for side in box)
    half = reach * share / 2
    near = Image.new("L", shown)
    # Pushed out by half the reach and blurred over it, the edge is white at the rectangle and black at the reach.
    ImageDraw.Draw(near).rectangle((left - half, top - half, right + half, bottom + half), 255)
    return near.filter(ImageFilter.GaussianBlur(max(0.5, half / 2)))
