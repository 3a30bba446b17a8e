"""Guess what a picture shows, and what a rough mark means.

The background is what resembles the picture's rim and hangs together with it; the middle is less likely to be
background than the sides.
"""

from typing import Literal

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from bot.sandbox.vendor.retouching.fill import spread
from bot.sandbox.vendor.retouching.palettes import apart, distance, distance_to, main_colours, outlines
from bot.sandbox.vendor.retouching.regions import Box, Region, draw_regions, find_regions, without_holes
from bot.sandbox.vendor.sizes import brought_down

MarkType = Literal["smear", "box", "circle", "line", "point"]

_STUDIED_SIDE = 400
_RIM = 0.03  # of the shorter side
_RIM_COLOURS = 8
_UNLIKE = 30  # levels from the background
_MIDDLE_BONUS = 16
_SOFT = 14  # levels within two pixels
_FOOT = (0.15, 0.85)  # of the width
_LEAST_PART = 0.12  # of the biggest part's area
_PLAUSIBLE = (0.01, 0.92)  # of the picture's area

_MARK_COLOURS = 5
_SAME = 24
_FURTHEST = 56
# How far around the mark its thing may reach, of the picture's longer side; a frame lies around its thing.
_REACH: dict[MarkType, float] = {"smear": 0.3, "line": 0.35, "point": 0.45, "box": 0.01, "circle": 0.01}


def find_subject(picture: Image.Image) -> Image.Image:
    """Guess a picture's subject: an L mask of its size, 255 where the subject is, with smooth edges. Blocks."""
    small = _studied(picture)
    mask = _subject(small)
    share = mask.histogram()[255] / (small.width * small.height)
    if not _PLAUSIBLE[0] <= share <= _PLAUSIBLE[1]:
        mask = _middle_oval(small.size)
    return _smooth(mask, picture.size)


def find_marked(picture: Image.Image, mark: Image.Image, kind: MarkType) -> Image.Image:
    """Guess the thing that a mark (255 in an L mask of the picture's size) means: a mask of 0 and 255. Blocks."""
    small = _studied(picture)
    rough = mark.resize(small.size, Image.Resampling.BOX).point(lambda level: 255 if level else 0)
    around = _around(rough, kind)
    thing = _subject(small.crop(around)) if kind in {"box", "circle"} else _touched(small, rough, around, kind)
    whole = Image.new("L", small.size)
    whole.paste(thing, around[:2])
    if not whole.getbbox():
        whole = rough
    grown = whole.filter(ImageFilter.MaxFilter(5))  # so that nothing of the thing's rim stays behind
    return _smooth(grown, picture.size).point(lambda level: 255 if level > 127 else 0)  # noqa: PLR2004  the middle


def _studied(picture: Image.Image) -> Image.Image:
    small = picture.resize(brought_down(picture.size, _STUDIED_SIDE), Image.Resampling.BOX)
    return small.filter(ImageFilter.MedianFilter(3))


def _subject(small: Image.Image) -> Image.Image:
    inner = _inner(small.size)
    rim = ImageChops.invert(inner)
    unlike = ImageChops.darker(
        distance(small, spread(small, inner)), distance_to(small, main_colours(small, rim, _RIM_COLOURS))
    )
    bonus = Image.radial_gradient("L").point(lambda level: max(0, _MIDDLE_BONUS - level * _MIDDLE_BONUS // 128))
    weighed = ImageChops.add(unlike, bonus.resize(small.size, Image.Resampling.BILINEAR))
    standing_off = weighed.point(lambda level: 255 if level > _UNLIKE else 0)
    apart_from_rim = ImageChops.subtract(standing_off, _flowing_from(rim, small))
    return _main_parts(without_holes(_opened(apart_from_rim)))


def _inner(size: tuple[int, int]) -> Image.Image:
    """Leave the rim out; at the foot only its ends, for things that stand there, or reach further down."""
    width, height = size
    rim = max(2, round(min(size) * _RIM))
    inner = Image.new("L", size)
    inner.paste(255, (rim, rim, width - rim, height - rim))
    inner.paste(255, (round(width * _FOOT[0]), rim, round(width * _FOOT[1]), height))
    return inner


def _flowing_from(rim: Image.Image, small: Image.Image) -> Image.Image:
    """Follow the rim's colours inwards as far as they change softly, as skies and walls do."""
    open_ways = ImageChops.invert(outlines(small, _SOFT))
    return draw_regions([way for way in find_regions(open_ways) if _meet(way, rim)], small.size)


def _opened(mask: Image.Image) -> Image.Image:
    """Drop what is thinner than three pixels."""
    return mask.filter(ImageFilter.MinFilter(3)).filter(ImageFilter.MaxFilter(3))


def _main_parts(mask: Image.Image) -> Image.Image:
    parts = find_regions(mask)
    biggest = max((_weight(part, mask.size) for part in parts), default=0)
    return draw_regions([part for part in parts if _weight(part, mask.size) >= _LEAST_PART * biggest], mask.size)


def _weight(part: Region, size: tuple[int, int]) -> float:
    """Weigh a part by its area, and less the further it is from the middle."""
    left, top, right, bottom = part.box
    off = abs((left + right) / size[0] - 1) + 0.5 * abs((top + bottom) / size[1] - 1)
    return part.area * max(0.1, 1 - off)


def _middle_oval(size: tuple[int, int]) -> Image.Image:
    oval = Image.new("L", size)
    width, height = size
    ImageDraw.Draw(oval).ellipse((width * 0.2, height * 0.15, width * 0.8, height * 0.9), 255)
    return oval


def _smooth(mask: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Enlarge a mask with soft, round edges."""
    soft = mask.filter(ImageFilter.GaussianBlur(1.2)).resize(size, Image.Resampling.BICUBIC)
    return soft.point([max(0, min(255, round((level - 96) * 4))) for level in range(256)])


def _around(rough: Image.Image, kind: MarkType) -> Box:
    left, top, right, bottom = rough.getbbox() or (0, 0, *rough.size)
    reach = max(3, round(max(rough.size) * _REACH[kind]))
    return max(0, left - reach), max(0, top - reach), min(rough.width, right + reach), min(rough.height, bottom + reach)


def _touched(small: Image.Image, rough: Image.Image, around: Box, kind: MarkType) -> Image.Image:
    """Let a mark grow over what has its colours and hangs together with it."""
    part, mark = small.crop(around), rough.crop(around)
    inside = main_colours(part, mark, _MARK_COLOURS)
    outside = [
        tint
        for tint in main_colours(part, _frame(part.size), _RIM_COLOURS)
        if all(apart(tint, own) > _SAME for own in inside)
    ]
    near, far = distance_to(part, inside), distance_to(part, outside)
    alike = ImageChops.subtract(far, near).point(lambda level: 255 if level else 0)
    close = near.point(lambda level: 255 if level <= _FURTHEST else 0)
    grown = ImageChops.subtract(ImageChops.darker(alike, close), outlines(part, _SAME))
    if kind == "smear":
        grown = ImageChops.lighter(grown, mark)
    kept = [region for region in find_regions(grown) if _meet(region, mark)]
    return without_holes(draw_regions(kept, part.size).filter(ImageFilter.MaxFilter(3)))


def _frame(size: tuple[int, int]) -> Image.Image:
    frame = Image.new("L", size)
    ImageDraw.Draw(frame).rectangle((0, 0, size[0] - 1, size[1] - 1), outline=255, width=3)
    return frame


def _meet(region: Region, mark: Image.Image) -> bool:
    pixels = mark.tobytes()
    return any(any(pixels[row * mark.width + start : row * mark.width + end]) for row, start, end in region.runs)
