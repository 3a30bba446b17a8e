"""The last touches: colour, light at the edges, grain."""

import random

from PIL import Image, ImageChops, ImageEnhance

_TILE = 256
_GRAIN = 5  # levels up and down


def finish(picture: Image.Image, cfg_scale: float, chance: random.Random) -> Image.Image:
    """Strengthen the colours with the guidance (7 is neutral), darken the corners, lay a fine grain over all."""
    coloured = ImageEnhance.Color(picture).enhance(0.86 + 0.02 * cfg_scale)
    edges = Image.radial_gradient("L").point(lambda level: max(0, level - 150) * 3 // 4)
    coloured.paste((12, 14, 34), (0, 0), edges.resize(coloured.size, Image.Resampling.BILINEAR))
    return grain(coloured, chance)


def grain(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Lay a fine grain over a picture."""
    return ImageChops.add(picture, _noise(picture.size, chance), 1, -_GRAIN)


def _noise(size: tuple[int, int], chance: random.Random) -> Image.Image:
    noise = Image.frombytes("L", (_TILE, _TILE), chance.randbytes(_TILE * _TILE))
    tile = noise.point([level * 2 * _GRAIN // 255 for level in range(256)])
    sheet = Image.new("L", size)
    for left in range(0, size[0], _TILE):
        for top in range(0, size[1], _TILE):
            sheet.paste(tile, (left, top))
    return Image.merge("RGB", (sheet, sheet, sheet))
