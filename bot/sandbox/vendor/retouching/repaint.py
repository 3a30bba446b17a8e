"""Paint something else into a part of a picture."""

import random

from PIL import Image, ImageChops, ImageFilter

from bot.sandbox.vendor.painting.painter import DRAWN_SIDE, Commission, render
from bot.sandbox.vendor.retouching.fill import fill
from bot.sandbox.vendor.sizes import brought_down

_SEAM = 0.06  # of the hole's shorter side: over this the new scene melts into what surrounds it
_WEAKEST = 0.15


def repaint(picture: Image.Image, hole: Image.Image, commission: Commission, seed: int, strength: float) -> Image.Image:
    """Paint a scene into the hole (255 in an L mask of the picture's size); every other pixel stays. Blocks.

    `strength` in 0.1..1: the less, the more of the old shows through.
    """
    box = hole.getbbox()
    if box is None:
        return picture.copy()
    width, height = box[2] - box[0], box[3] - box[1]
    scene = render(commission, seed, brought_down((width, height), DRAWN_SIDE // 2))
    scene = scene.resize((width, height), Image.Resampling.BICUBIC)
    gap = hole.crop(box)
    around = fill(picture, hole, random.Random(seed)).crop(box)  # noqa: S311  it is to be repeatable
    new = Image.composite(scene, around, _melting(gap))
    whole = picture.copy()
    whole.paste(Image.blend(picture.crop(box), new, _WEAKEST + (1 - _WEAKEST) * strength), box[:2], gap)
    return whole


def _melting(gap: Image.Image) -> Image.Image:
    """Draw a mask that rises softly from the hole's edge to its inside."""
    seam = max(1.0, min(gap.size) * _SEAM)
    framed = Image.new("L", (gap.width + 2, gap.height + 2))
    framed.paste(gap, (1, 1))
    soft = framed.filter(ImageFilter.GaussianBlur(seam)).crop((1, 1, gap.width + 1, gap.height + 1))
    return ImageChops.darker(gap, soft.point([max(0, min(255, (level - 120) * 3)) for level in range(256)]))
