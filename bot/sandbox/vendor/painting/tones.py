"""The tones of a set of pictures: what a LoRA learns from them, and lays over others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from PIL import Image, ImageOps, ImageStat

from bot.sandbox.vendor.painting.colours import Colour

_LOOKED_AT = (48, 48)
_STRENGTH = 0.72


@dataclass(frozen=True, slots=True)
class Tones:
    """The mean colour of shadows, of what lies between, and of lights."""

    dark: Colour
    middle: Colour
    light: Colour

    @classmethod
    def of(cls, picture: Image.Image) -> Self:
        """Learn them from one picture: from its darkest, middle and lightest third."""
        small = picture.resize(_LOOKED_AT, Image.Resampling.BOX)
        grey = ImageOps.equalize(small.convert("L"))
        thirds = ((0, 85), (86, 170), (171, 255))
        return cls(*(_mean(small, grey, low, high) for low, high in thirds))

    @classmethod
    def blended(cls, learned: Sequence[Self]) -> Self:
        """Bring those of several pictures together."""
        return cls(*(_average([getattr(tones, name) for tones in learned]) for name in ("dark", "middle", "light")))

    def apply(self, picture: Image.Image) -> Image.Image:
        """Lay them over a picture; its light and shade stay."""
        grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1)
        toned = ImageOps.colorize(grey, self.dark, self.light, mid=self.middle)
        return Image.blend(picture, toned, _STRENGTH)


def _mean(picture: Image.Image, grey: Image.Image, low: int, high: int) -> Colour:
    mask = grey.point([255 if low <= level <= high else 0 for level in range(256)])
    found = ImageStat.Stat(picture, mask if mask.getbbox() else None).mean
    return round(found[0]), round(found[1]), round(found[2])


def _average(colours: Sequence[Colour]) -> Colour:
    red, green, blue = (round(sum(levels) / len(levels)) for levels in zip(*colours, strict=True))
    return red, green, blue
