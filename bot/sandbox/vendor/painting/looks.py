"""What a LoRA does to a picture."""

from collections.abc import Callable
from typing import Literal

from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

Look = Literal["ink", "water", "pixel", "neon", "film", "comic", "paper"]

_FULL_WEIGHT = 1.0


def apply_look(picture: Image.Image, look: Look, weight: float) -> Image.Image:
    """Change a picture by a look; weight in (0,2), from 1 on it is complete."""
    return Image.blend(picture, _LOOKS[look](picture), min(_FULL_WEIGHT, weight))


def _ink(picture: Image.Image) -> Image.Image:
    grey = ImageOps.autocontrast(picture.convert("L").filter(ImageFilter.MedianFilter(5)), cutoff=2)
    return ImageOps.colorize(grey, "#20242b", "#f4ecd8", mid="#8d8f8b")


def _water(picture: Image.Image) -> Image.Image:
    wet = picture.filter(ImageFilter.MedianFilter(5))
    outlines = ImageOps.invert(wet.convert("L").filter(ImageFilter.FIND_EDGES)).point(lambda level: 190 + level // 4)
    pale = ImageChops.screen(wet, Image.new("RGB", wet.size, (58, 56, 50)))
    return ImageChops.multiply(pale, Image.merge("RGB", (outlines, outlines, outlines)))


def _pixel(picture: Image.Image) -> Image.Image:
    cell = max(4, min(picture.size) // 110)
    small = picture.resize((picture.width // cell, picture.height // cell), Image.Resampling.BOX)
    return small.quantize(28, dither=Image.Dither.NONE).convert("RGB").resize(picture.size, Image.Resampling.NEAREST)


def _neon(picture: Image.Image) -> Image.Image:
    grey = picture.convert("L")
    duo = ImageOps.colorize(grey, "#0a0424", "#ffe6fb", mid="#c02bd6")
    edges = (
        grey.filter(ImageFilter.FIND_EDGES).filter(ImageFilter.GaussianBlur(2)).point(lambda level: min(255, level * 4))
    )
    duo.paste((60, 240, 255), (0, 0), edges)
    return Image.blend(duo, picture, 0.22)


def _film(picture: Image.Image) -> Image.Image:
    faded = ImageEnhance.Contrast(ImageEnhance.Color(picture).enhance(0.72)).enhance(0.9)
    return ImageChops.soft_light(faded, Image.new("RGB", picture.size, (242, 176, 112)))


def _comic(picture: Image.Image) -> Image.Image:
    bold = ImageOps.posterize(picture, 3)
    edges = picture.convert("L").filter(ImageFilter.FIND_EDGES).point(lambda level: min(255, level * 5))
    bold.paste((16, 16, 24), (0, 0), edges)
    return bold


def _paper(picture: Image.Image) -> Image.Image:
    half = picture.reduce(2).filter(ImageFilter.MedianFilter(5))
    layers = half.quantize(10, dither=Image.Dither.NONE).convert("RGB").resize(picture.size)
    return ImageEnhance.Color(layers).enhance(1.2)


_LOOKS: dict[Look, Callable[[Image.Image], Image.Image]] = {
    "ink": _ink,
    "water": _water,
    "pixel": _pixel,
    "neon": _neon,
    "film": _film,
    "comic": _comic,
    "paper": _paper,
}
