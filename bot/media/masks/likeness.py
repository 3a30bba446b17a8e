"""Whether two pictures show the same photo, and how its colours came through a second compression.

Pictures that are compared have the same size.
"""

import math
from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple

from PIL import Image, ImageChops, ImageFilter

from bot.media.masks.planes import means, plane

_BLOCK = 32  # pixels a side
_LEAST_SEEN = 0.25  # of a block
_TEXTURE = 3.0  # levels (root mean square) of fine detail; less may be left over from compression
_LIKE = 0.7  # correlation of fine detail: far under it where a photo is cropped by a hundredth
_CHANCE = 0.02  # of all blocks: fewer tell nothing
_MOST_SHIFT = 24  # levels: a second compression moves no colour further ...
_MOST_GAIN = 0.15  # ... nor stretches it by more
_APART = 48  # levels: dark and bright that lie closer tell no gain
_PEAK = 2  # levels on either side that count as the same shift


class _Block(NamedTuple):
    """Of the detail that is seen of a block: the mean products of ours and theirs, and of each with itself."""

    both: float
    ours: float
    theirs: float


def matched(original: Image.Image, painted: Image.Image) -> Image.Image:
    """Return the original in the colours that it has in the painted one, each band by a straight line."""
    bands = zip(original.split(), painted.split(), strict=True)
    return Image.merge(original.mode, [band.point(_line(band, other)) for band, other in bands])


def shows_another(original: Image.Image, painted: Image.Image, ignored: Image.Image) -> bool:
    """Whether the painted one has more detail that the original lacks than detail of the original.

    Both are in L. `ignored` is an area (255) that is not looked at, such as the rims of what is painted.
    """
    blocks = _blocks(_detail(original), _detail(painted), ImageChops.invert(ignored))
    detailed = [block for block in blocks if block.theirs > _TEXTURE**2]
    alien = sum(block.both < _LIKE * math.sqrt(block.ours * block.theirs) for block in detailed)
    return alien > max(len(detailed) / 2, _CHANCE * len(blocks))


def _line(band: Image.Image, other: Image.Image) -> list[int]:
    middle = _middle(band.histogram())
    halves = [band.point([255 * ((level <= middle) == dark) for level in range(256)]) for dark in (True, False)]
    (dark, dark_shift), (bright, bright_shift) = [(_mean(band, half), _shift(band, other, half)) for half in halves]
    gain = (bright_shift - dark_shift) / (bright - dark) if bright - dark > _APART else 0
    gain = min(max(gain, -_MOST_GAIN), _MOST_GAIN)
    return [min(max(round(level + dark_shift + gain * (level - dark)), 0), 255) for level in range(256)]


def _shift(band: Image.Image, other: Image.Image, within: Image.Image) -> int:
    # The commonest one: it is that of what is not painted, even where more is painted than not.
    counts = ImageChops.subtract(other, band, offset=128).histogram(within)
    levels = range(128 - _MOST_SHIFT, 128 + _MOST_SHIFT + 1)
    return max(levels, key=lambda level: sum(counts[level - _PEAK : level + _PEAK + 1])) - 128


def _middle(counts: list[int]) -> int:
    half, level = sum(counts) / 2, 0
    while (half := half - counts[level]) > 0:
        level += 1
    return level


def _mean(band: Image.Image, within: Image.Image) -> float:
    counts = band.histogram(within)
    return sum(level * count for level, count in enumerate(counts)) / max(1, sum(counts))


def _detail(brightness: Image.Image) -> Image.Image:
    fine, coarse = (brightness.filter(ImageFilter.BoxBlur(radius)) for radius in (1, 4))
    return ImageChops.subtract(fine, coarse, offset=128)


def _blocks(ours: Image.Image, theirs: Image.Image, seen: Image.Image) -> list[_Block]:
    pairs = ((ours, theirs), (ours, ours), (theirs, theirs))
    sums = zip(*(_means(plane(_product, first, second, seen)) for first, second in pairs), strict=True)
    shares = (share / 255 for share in _means(seen.convert("F")))
    return [
        _Block(*(part / share for part in parts))
        for share, parts in zip(shares, sums, strict=True)
        if share >= _LEAST_SEEN
    ]


def _product(first: Any, second: Any, seen: Any) -> Any:  # noqa: ANN401  what Pillow makes of pictures in a formula
    return (first - 128) * (second - 128) * (seen / 255)


def _means(values: Image.Image) -> Sequence[float]:
    across, down = values.size
    blocks = means(values, (max(1, across // _BLOCK), max(1, down // _BLOCK)))
    return array("f", blocks.tobytes())
