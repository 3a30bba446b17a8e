"""Ways to restyle a picture: what a LoRA does to it, and what stylization offers."""

import random
from collections.abc import Callable
from functools import cache
from typing import Literal, get_args

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from bot.sandbox.vendor.painting.tones import Tones

NamedLook = Literal["ink", "water", "pixel", "neon", "film", "comic", "paper", "pencil", "oil", "pop"]
Look = NamedLook | Tones
NAMED_LOOKS: tuple[NamedLook, ...] = get_args(NamedLook)

_FULL_WEIGHT = 1.0
_NOISE = 192  # px a side
_POP_INKS = (
    ("#1b1464", "#f7d716", "#ff3d8b"),
    ("#5b0e2d", "#7fe7dc", "#ff7a1a"),
    ("#0b3d2e", "#ffe3f1", "#2fc4b2"),
    ("#2a0845", "#ffd34e", "#4fa3ff"),
)  # dark, light, middle


def apply_look(picture: Image.Image, look: Look, weight: float) -> Image.Image:
    """Change a picture by a look; weight in (0,2), from 1 on it is complete."""
    changed = look.apply(picture) if isinstance(look, Tones) else _LOOKS[look](picture)
    return Image.blend(picture, changed, min(_FULL_WEIGHT, weight))


def _unit(picture: Image.Image) -> float:
    """Measure strokes and dots by the picture: 1 at 1000 px a side."""
    return max(picture.size) / 1000


def _odd(length: float) -> int:
    return max(3, round(length) // 2 * 2 + 1)


def _grey(sheet: Image.Image) -> Image.Image:
    return Image.merge("RGB", (sheet, sheet, sheet))


def _ink(picture: Image.Image) -> Image.Image:
    grey = ImageOps.autocontrast(picture.convert("L").filter(ImageFilter.MedianFilter(5)), cutoff=2)
    return ImageOps.colorize(grey, "#20242b", "#f4ecd8", mid="#8d8f8b")


def _water(picture: Image.Image) -> Image.Image:
    washes = (
        picture.reduce(3).filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.ModeFilter(_odd(4 * _unit(picture))))
    )
    wet = washes.filter(ImageFilter.GaussianBlur(0.8)).resize(picture.size, Image.Resampling.BICUBIC)
    pale = ImageEnhance.Color(ImageChops.screen(wet, Image.new("RGB", wet.size, (66, 62, 54)))).enhance(1.15)
    # Paint gathers where it dries: at the edges of the washes.
    outlines = ImageOps.invert(wet.convert("L").filter(ImageFilter.FIND_EDGES)).point(
        lambda level: 150 + level * 2 // 5
    )
    return _on_paper(ImageChops.multiply(pale, _grey(outlines)), 12)


def _on_paper(picture: Image.Image, depth: int) -> Image.Image:
    """Let a rough sheet show through: `depth` in levels."""
    grain = _noise().filter(ImageFilter.GaussianBlur(0.8 * max(1, _unit(picture))))
    tile = grain.crop((_NOISE, _NOISE, 2 * _NOISE, 2 * _NOISE))
    rough = tile.point(lambda level: 255 - depth // 2 + max(-depth // 2, min(depth // 2, (level - 128) * depth // 50)))
    return ImageChops.multiply(picture, _grey(_tiled(rough, picture.size)))


@cache
def _noise() -> Image.Image:
    """Make a sheet of noise, three tiles wide and high: the middle one stays seamless when all are filtered."""
    chance = random.Random("paper")  # noqa: S311  it is to be repeatable
    tile = Image.frombytes("L", (_NOISE, _NOISE), chance.randbytes(_NOISE * _NOISE))
    return _tiled(tile, (3 * _NOISE, 3 * _NOISE))


def _pixel(picture: Image.Image) -> Image.Image:
    cell = max(4, min(picture.size) // 110)
    small = picture.resize((max(1, picture.width // cell), max(1, picture.height // cell)), Image.Resampling.BOX)
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
    flat = picture.reduce(2).filter(ImageFilter.MedianFilter(5)).quantize(14, dither=Image.Dither.NONE).convert("RGB")
    bold = ImageEnhance.Color(flat.resize(picture.size, Image.Resampling.BICUBIC)).enhance(1.35)
    bold.paste((16, 16, 24), (0, 0), _dots(picture))
    edges = picture.convert("L").filter(ImageFilter.GaussianBlur(_unit(picture))).filter(ImageFilter.FIND_EDGES)
    ink = edges.point(lambda level: min(255, max(0, level - 8) * 9)).filter(ImageFilter.MaxFilter(3))
    bold.paste((16, 16, 24), (0, 0), ink)
    return bold


def _dots(picture: Image.Image) -> Image.Image:
    """Print shadows as a screen of dots."""
    cell = max(4, round(8 * _unit(picture)))
    dot = Image.new("L", (cell * 8, cell * 8))
    ImageDraw.Draw(dot).ellipse((cell * 2, cell * 2, cell * 6, cell * 6), 255)
    sheet = _tiled(dot.resize((cell, cell), Image.Resampling.BOX), picture.size)
    shadow = picture.convert("L").point(lambda level: 120 if level < 84 else 60 if level < 130 else 0)  # noqa: PLR2004
    return ImageChops.multiply(sheet, shadow)


def _tiled(tile: Image.Image, size: tuple[int, int]) -> Image.Image:
    row = Image.new("L", (size[0], tile.height))
    for left in range(0, size[0], tile.width):
        row.paste(tile, (left, 0))
    sheet = Image.new("L", size)
    for top in range(0, size[1], tile.height):
        sheet.paste(row, (0, top))
    return sheet


def _paper(picture: Image.Image) -> Image.Image:
    half = picture.reduce(2).filter(ImageFilter.MedianFilter(5))
    layers = half.quantize(10, dither=Image.Dither.NONE).convert("RGB").resize(picture.size)
    return ImageEnhance.Color(layers).enhance(1.2)


def _pencil(picture: Image.Image) -> Image.Image:
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1)
    around = grey.filter(ImageFilter.GaussianBlur(4 * _unit(picture)))
    lines = ImageChops.subtract(around, grey).point(lambda level: 255 - min(225, level * 5))
    drawn = lines
    for darkness, turned in ((150, False), (92, True), (48, False)):
        shade = around.point([255 if level < darkness else 0 for level in range(256)])
        strokes = _hatching(picture, turned=turned, close=darkness < 60)  # noqa: PLR2004  the deepest shade
        drawn = ImageChops.multiply(drawn, Image.composite(strokes, Image.new("L", picture.size, 255), shade))
    return _on_paper(ImageOps.colorize(drawn, "#2a2a30", "#fbf8f1"), 12)


def _hatching(picture: Image.Image, *, turned: bool, close: bool) -> Image.Image:
    step = max(4, round((7 if close else 10) * _unit(picture)))
    tile = Image.new("L", (step * 4, step * 4), 255)
    ImageDraw.Draw(tile).line((0, step * 4, step * 4, 0), 150, max(2, step * 4 // 5))
    small = tile.resize((step, step), Image.Resampling.BOX)
    return _tiled(small.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if turned else small, picture.size)


def _oil(picture: Image.Image) -> Image.Image:
    small = ImageEnhance.Color(picture.reduce(3)).enhance(1.3)
    strokes = small.filter(ImageFilter.ModeFilter(_odd(5 * _unit(picture)))).filter(ImageFilter.MedianFilter(3))
    paint = strokes.resize(picture.size, Image.Resampling.BICUBIC)
    bristles = _noise().filter(ImageFilter.BoxBlur((5, 1))).filter(ImageFilter.EMBOSS)
    tile = bristles.crop((_NOISE, _NOISE, 2 * _NOISE, 2 * _NOISE))
    ridges = paint.convert("L").filter(ImageFilter.EMBOSS)
    relief = ImageChops.add(ridges, _tiled(tile, picture.size), 1, -128)
    return ImageChops.overlay(paint, _grey(relief.point(lambda level: 128 + (level - 128) * 3 // 5)))


def _pop(picture: Image.Image) -> Image.Image:
    """Print the picture four times, in four sets of inks."""
    width, height = -(-picture.width // 2), -(-picture.height // 2)
    grey = ImageOps.autocontrast(picture.convert("L").resize((width, height), Image.Resampling.BOX), cutoff=3)
    flat = ImageOps.posterize(grey.filter(ImageFilter.MedianFilter(5)), 2).point(lambda level: min(255, level * 4 // 3))
    edges = grey.filter(ImageFilter.GaussianBlur(1)).filter(ImageFilter.FIND_EDGES)
    ink = edges.point(lambda level: min(255, max(0, level - 16) * 6))
    sheet = Image.new("RGB", picture.size)
    for place, (dark, light, middle) in enumerate(_POP_INKS):
        panel = ImageOps.colorize(flat, dark, light, mid=middle)
        panel.paste(dark, (0, 0), ink)
        sheet.paste(panel, (place % 2 * width, place // 2 * height))
    return sheet


_LOOKS: dict[NamedLook, Callable[[Image.Image], Image.Image]] = {
    "ink": _ink,
    "water": _water,
    "pixel": _pixel,
    "neon": _neon,
    "film": _film,
    "comic": _comic,
    "paper": _paper,
    "pencil": _pencil,
    "oil": _oil,
    "pop": _pop,
}
