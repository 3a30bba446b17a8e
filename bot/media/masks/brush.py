"""What a brush painted over a photo: what differs between the photo and the painted one.

The photo has been scaled and compressed again on the way, so everything differs a little, and fine detail most. What
differs by much more than is usual for the picture is surely painted, and shows the brush's colour. Every pixel nearby
then votes: does it look more like the brush or more like the photo? Where these two hardly differ its vote weighs
little, and it follows its surroundings.
"""

from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter

from bot.media.masks.morphology import above
from bot.media.masks.planes import plane, spread

_COLOUR = 2  # the weight of a squared difference in colour against one in brightness
_CALM = 4  # levels that may differ where there is no detail
_LEAST = 0.3  # of the pixels, those that differ least, are surely not painted
_MOST_USUAL = 0.4  # of what may differ; above it, most of the photo is painted
_SURELY = 9  # times what is usual ...
_AT_LEAST = 2.2  # ... and at least so many times what may differ
_STEP = 24  # steps by which a share of what may differ fits 8 bits
_CORE = 230  # the mean of 5 x 5 pixels of 0 and 255, nearly all of them 255
_REACH = 20  # pixels to which a brush's colour is averaged, and about as far its rim is looked for
_DOUBT = 6  # times what is usual: where brush and photo differ by so much, a vote weighs half


@dataclass(frozen=True, slots=True)
class Brushwork:
    """What is `surely` painted, and all that `looks` painted around it: areas in L, 255 inside."""

    surely: Image.Image
    looks: Image.Image


def find_brushwork(photo: Image.Image, painted: Image.Image) -> Brushwork:
    """Find what was painted over a photo that otherwise has the same colours; both in YCbCr and of one size."""
    allowed = _allowed(photo.getchannel(0))
    shares = _shares(photo, painted, allowed)
    usual = min(_quantile(shares, _LEAST) / _STEP, _MOST_USUAL)
    surely = above(shares, round(max(_AT_LEAST, _SURELY * usual) * _STEP))
    surely = above(surely.filter(ImageFilter.BoxBlur(2)), _CORE)
    votes = _votes(photo, painted, surely, plane(lambda levels: levels * (_DOUBT * usual), allowed))
    fine, wide = (votes.filter(ImageFilter.GaussianBlur(radius)) for radius in (1.2, 4))
    return Brushwork(surely, above(Image.blend(fine, wide, 0.2), 127))


def _allowed(brightness: Image.Image) -> Image.Image:
    # Levels that may differ: more where there is detail, which scaling and compression change most.
    detail = ImageChops.difference(brightness, brightness.filter(ImageFilter.BoxBlur(3)))
    detail = detail.point([min(255, 4 * level) for level in range(256)]).filter(ImageFilter.BoxBlur(3))
    return plane(lambda level: level / 4.0 + _CALM, detail)


def _shares(photo: Image.Image, painted: Image.Image, allowed: Image.Image) -> Image.Image:
    smooth = (picture.filter(ImageFilter.BoxBlur(1)) for picture in (photo, painted))
    bands = ImageChops.difference(*smooth).split()
    shares = plane(
        lambda y, cb, cr, levels: (y * y + _COLOUR * (cb * cb + cr * cr)) ** 0.5 / levels * _STEP, *bands, allowed
    )
    return shares.convert("L")


def _quantile(picture: Image.Image, share: float) -> int:
    left = share * picture.width * picture.height
    for level, count in enumerate(picture.histogram()):
        left -= count
        if left <= 0:
            return level
    return 255


def _votes(photo: Image.Image, painted: Image.Image, surely: Image.Image, doubt: Image.Image) -> Image.Image:
    # In L: 255 is painted, 0 is not, 128 is undecided.
    around = spread(surely.convert("F"), _REACH)
    votes = plane(lambda levels: levels * 0, doubt)
    weights = plane(lambda levels: levels * levels + 1, doubt)
    for index, (before, after) in enumerate(zip(photo.split(), painted.split(), strict=True)):
        weight = _COLOUR if index else 1
        brush = spread(ImageChops.multiply(after, surely).convert("F"), _REACH)
        contrast = plane(lambda colour, near, old: colour * 255 / near - old, brush, around, before)
        votes = plane(
            lambda sum_, brush_, new, old, weight=weight: sum_ + weight * brush_ * (2 * (new - old) - brush_),
            votes,
            contrast,
            after,
            before,
        )
        weights = plane(lambda sum_, brush_, weight=weight: sum_ + weight * brush_ * brush_, weights, contrast)
    near = above(around.convert("L"), 0)
    return plane(lambda sum_, most, close: (sum_ / most * 127 + 128) * (close / 255), votes, weights, near).convert("L")
