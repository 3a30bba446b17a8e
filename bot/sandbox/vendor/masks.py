"""Masks: black is what is to be changed, white is kept (the vendor's document, sections 四 and 七)."""

import asyncio
from dataclasses import dataclass

from PIL import Image, ImageChops

from bot.sandbox.vendor.errors import INVALID, Refused
from bot.sandbox.vendor.inputs import GENERAL, Bounds, Source
from bot.sandbox.vendor.sizes import Size, same_shape
from bot.sandbox.vendor.vendor import Vendor

_FIELD = "mask_img_url"
_DARK, _LIGHT = 60, 195  # levels: JPEG and smooth edges blur black and white a little
_MOST_BETWEEN = 0.05  # of the pixels
_MIDDLE = 127


@dataclass(frozen=True, slots=True)
class Masked:
    """A picture and its mask, as they came."""

    source: Source
    mask: Source

    @property
    def held(self) -> int:
        """Count the bytes of both."""
        return len(self.source.content) + len(self.mask.content)

    def open(self, size: Size) -> tuple[Image.Image, Image.Image]:
        """Decode both in a size: the picture, and an L mask that is 255 where it is to be changed. Blocks."""
        grey = self.mask.open().convert("L").resize(size, Image.Resampling.BILINEAR)
        return self.source.open(size), grey.point(lambda level: 0 if level > _MIDDLE else 255)


async def fetch_masked(vendor: Vendor, img_url: str, mask_img_url: str, bounds: Bounds = GENERAL) -> Masked:
    """Bring a picture and its mask; raises `Refused` with code 3 where they do not go together."""
    source, mask = await asyncio.gather(
        vendor.sources.fetch("img_url", img_url, bounds), vendor.sources.fetch(_FIELD, mask_img_url, bounds)
    )
    if not same_shape(source.size, mask.size):
        raise Refused(INVALID, f"{_FIELD}: must have the aspect ratio of img_url")
    async with vendor.drawing:
        await asyncio.to_thread(_check_colours, mask)
    return Masked(source, mask)


def _check_colours(mask: Source) -> None:
    red, green, blue = mask.open().split()
    darkest = ImageChops.darker(ImageChops.darker(red, green), blue).histogram()
    lightest = ImageChops.lighter(ImageChops.lighter(red, green), blue).histogram()
    black, white = sum(lightest[: _DARK + 1]), sum(darkest[_LIGHT:])
    if black + white < (1 - _MOST_BETWEEN) * sum(darkest):
        raise Refused(INVALID, f"{_FIELD}: must be black and white")
    if not black:
        raise Refused(INVALID, f"{_FIELD}: nothing is black")
