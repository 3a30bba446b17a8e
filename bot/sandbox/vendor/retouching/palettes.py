"""How far a picture's pixels are from a few colours, and where they change."""

from collections.abc import Sequence

from PIL import Image, ImageChops, ImageFilter

from bot.sandbox.vendor.painting.colours import Colour

_LEAST_SHARE = 0.03


def main_colours(picture: Image.Image, mask: Image.Image, most: int) -> list[Colour]:
    """Find the main colours of the masked pixels: those that make up 3% at least."""
    pixels = _masked(picture, mask)
    if pixels is None:
        return []
    quantized = pixels.quantize(most, dither=Image.Dither.NONE)
    levels = quantized.getpalette() or []
    total = pixels.width
    return [
        (levels[place * 3], levels[place * 3 + 1], levels[place * 3 + 2])
        for place, count in enumerate(quantized.histogram()[: len(levels) // 3])
        if count >= _LEAST_SHARE * total
    ]


def _masked(picture: Image.Image, mask: Image.Image) -> Image.Image | None:
    """Line up the masked pixels in one row."""
    wanted = mask.tobytes()
    pixels = picture.tobytes()
    row = b"".join(pixels[place * 3 : place * 3 + 3] for place, level in enumerate(wanted) if level)
    return Image.frombytes("RGB", (len(row) // 3, 1), row) if row else None


def outlines(picture: Image.Image, least: int) -> Image.Image:
    """Mark where colours change by more than so many levels within two pixels: 255 in an L mask."""
    spans = ImageChops.subtract(picture.filter(ImageFilter.MaxFilter(3)), picture.filter(ImageFilter.MinFilter(3)))
    red, green, blue = spans.split()
    strongest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return strongest.point([255 if level > least else 0 for level in range(256)])


def distance(one: Image.Image, other: Image.Image) -> Image.Image:
    """Give each pixel's greatest difference in a channel, as L."""
    red, green, blue = ImageChops.difference(one, other).split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def distance_to(picture: Image.Image, colours: Sequence[Colour]) -> Image.Image:
    """Give each pixel's distance to the nearest of some colours, as L; 255 where there are none."""
    nearest = Image.new("L", picture.size, 255)
    for tint in colours:
        nearest = ImageChops.darker(nearest, distance(picture, Image.new("RGB", picture.size, tint)))
    return nearest


def apart(one: Colour, other: Colour) -> int:
    """Give two colours' greatest difference in a channel."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True))
