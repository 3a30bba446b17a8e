"""Fill a hole from what surrounds it."""

import random
from collections.abc import Iterator

from PIL import Image, ImageChops, ImageFilter, ImageStat

from bot.sandbox.vendor.retouching.regions import Box
from bot.sandbox.vendor.sizes import scaled

_SHUNNED = 5  # px around a hole: a mask cuts close, and a thing's rim must not colour the place where it was
_MARGIN_SHARE = 0.3
_LEAST_MARGIN = 24
_SPREAD_SIDE = 480
_SQUEEZED = 4  # across: the world lies in layers, so what is beside a hole matters more than what is above it
_DETAIL_RADIUS = 0.008  # of a donor's longer side
_MOST_UNLIKE = 26  # levels, on average


def fill(picture: Image.Image, hole: Image.Image, chance: random.Random) -> Image.Image:
    """Close the hole (255 in an L mask of the picture's size); every other pixel stays as it is."""
    whole = picture.copy()
    inner = hole.getbbox()
    if inner:
        window = _grown(inner, picture.size)
        smooth = _squeezed_spread(picture.crop(window), hole.crop(window))
        left, top = inner[0] - window[0], inner[1] - window[1]
        part = smooth.crop((left, top, left + inner[2] - inner[0], top + inner[3] - inner[1]))
        whole.paste(_detailed(part, picture, inner, chance), inner[:2], hole.crop(inner))
    return whole


def _squeezed_spread(part: Image.Image, gap: Image.Image) -> Image.Image:
    width, height = scaled(part.size, min(1, _SPREAD_SIDE / max(part.size)))
    size = max(1, width // _SQUEEZED), height
    covered = gap.filter(ImageFilter.MaxFilter(_SHUNNED)).resize(size, Image.Resampling.BOX)
    touched = covered.point(lambda level: 255 if level else 0)
    known = Image.composite(Image.new("RGB", part.size), part, gap)
    smooth = spread(_averaged(known, gap, size), touched)
    return smooth.resize(part.size, Image.Resampling.BICUBIC)


def _averaged(part: Image.Image, gap: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Bring a picture down without the gap's pixels: Pillow averages colours by their alpha."""
    known = part.convert("RGBA")
    known.putalpha(ImageChops.invert(gap))
    return known.resize(size, Image.Resampling.BOX).convert("RGB")


def spread(picture: Image.Image, hole: Image.Image) -> Image.Image:
    """Let the colours around a hole run smoothly into it: halve until nothing is open, then enlarge again."""
    level = picture.convert("RGBA")
    level.putalpha(ImageChops.invert(hole))
    levels = []
    while not level.getchannel("A").getextrema()[0] and max(level.size) > 1:
        levels.append(level)
        level = level.reduce(2)
        level.putalpha(level.getchannel("A").point(lambda alpha: 255 if alpha else 0))
    smooth = level
    for finer in reversed(levels):
        smooth = smooth.resize(finer.size, Image.Resampling.BICUBIC)
        smooth.putalpha(255)
        smooth.alpha_composite(finer)
    return smooth.convert("RGB")


def _grown(box: Box, size: tuple[int, int]) -> Box:
    left, top, right, bottom = box
    margin = max(_LEAST_MARGIN, round(max(right - left, bottom - top) * _MARGIN_SHARE))
    return max(0, left - margin), max(0, top - margin), min(size[0], right + margin), min(size[1], bottom + margin)


def _detailed(smooth: Image.Image, picture: Image.Image, inner: Box, chance: random.Random) -> Image.Image:
    """Lay the fine detail of a place nearby that looks alike over a smooth fill."""
    donors = [picture.crop(box) for box in _donors(inner, picture.size)]
    alike = sorted((_unlikeness(donor, smooth), place) for place, donor in enumerate(donors))
    fitting = [place for unlikeness, place in alike if unlikeness <= _MOST_UNLIKE]
    if not fitting:
        return smooth
    return ImageChops.add(smooth, _detail(donors[chance.choice(fitting)]), 1, -128)


def _unlikeness(one: Image.Image, other: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(one.reduce(4), other.reduce(4))).mean)


def _donors(inner: Box, size: tuple[int, int]) -> Iterator[Box]:
    """Give the rectangles beside, above and below one that lie within the picture."""
    left, top, right, bottom = inner
    width, height = right - left + _SHUNNED, bottom - top + _SHUNNED
    for across, down in ((-width, 0), (width, 0), (0, -height), (0, height)):
        moved = left + across, top + down, right + across, bottom + down
        if moved[0] >= 0 and moved[1] >= 0 and moved[2] <= size[0] and moved[3] <= size[1]:
            yield moved


def _detail(donor: Image.Image) -> Image.Image:
    radius = max(1.0, max(donor.size) * _DETAIL_RADIUS)
    return ImageChops.subtract(donor, donor.filter(ImageFilter.GaussianBlur(radius)), 1, 128)
