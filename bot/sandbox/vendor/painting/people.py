"""Portraits for demos and tests: people as the stand-in's face detection knows them.

A face is an oval of skin with two dark eyes in its middle; hair, clothes and the wall behind are no skin. People have
small eyes; those of the anime kind have eyes of a third of the face's height, with white in them.
"""

import random

from PIL import Image

from bot.sandbox.vendor.painting.canvas import Canvas, shade
from bot.sandbox.vendor.painting.colours import INK, WHITE, Colour, colour, mix
from bot.sandbox.vendor.painting.shapes import Point, placed, shape

_SKIN = tuple(map(colour, ("f3cdb0", "a86f4c", "e2ad86", "7d4f36", "d79b72", "f7d9c4")))
_HAIR = tuple(map(colour, ("3a2a2a", "1f1b22", "8f3f2a", "15131a", "55504e", "c99a4b")))
_ANIME_HAIR = tuple(map(colour, ("4f7bd9", "d95f9a", "3fae8f", "8a5fd0", "e8a13c", "5a5f78")))
_CLOTHES = tuple(map(colour, ("2f6f8f", "4a8f5b", "7a4fa3", "30507a", "2f8f86", "5a5f9a")))
_WALLS = (("b9d3e6", "7fa6c4"), ("c9dcc8", "86ab8d"), ("cfc9e4", "8f86bd"))
_IRIS = tuple(map(colour, ("3b6fb0", "3f8f5b", "6a4a9a", "2f7f8f")))
_LIPS = colour("b8434f")

# In hundredths of a head's height, from the middle of the chin's foot upwards.
_FACE = shape("0,0 17,4 29,18 34,40 33,62 22,80 0,86 -22,80 -33,62 -34,40 -29,18 -17,4")
_SHORT_HAIR = shape("0,100 24,97 40,82 41,58 36,44 -36,44 -41,58 -40,82 -24,97")
_LONG_HAIR = shape("0,100 26,97 43,80 47,40 50,-6 38,-26 -38,-26 -50,-6 -47,40 -43,80 -26,97")
_FRINGE = shape("0,101 25,97 39,82 38,64 27,76 6,79 -20,74 -36,62 -39,82 -25,97")
_PARTED = shape("0,101 25,97 39,82 38,60 30,73 14,82 -2,84 -22,76 -37,60 -39,82 -25,97")
_SPIKES = shape(
    "-48,70 -40,92 -24,92 -14,112 0,98 16,113 24,94 42,96 40,76 50,62 36,64 26,72 12,66 0,74 -14,64 -26,72 -38,58"
)
_NECK = shape("-12,14 12,14 13,-22 -13,-22")
_BODY = shape("-14,-12 -30,-18 -56,-30 -72,-70 -80,-200 -80,-500 80,-500 80,-200 72,-70 56,-30 30,-18 14,-12 0,-24")
_COLLAR = shape("-17,-10 0,-34 17,-10 12,-8 0,-22 -12,-8")
_NOSE = shape("-3,30 0,27 4,30")
_ROW_SHARE = 0.92
_HEAD_SHARE = 0.46  # of the picture's height, at most
_HEAD_WIDTH = 1.25  # what one person takes, in heads' heights


def draw_people(count: int, *, anime: bool = False, size: tuple[int, int] = (1280, 853), seed: int = 0) -> Image.Image:
    """Draw people side by side, each with a face of its own; another seed begins with another person. Up to 8."""
    chance = random.Random(f"people {seed}")  # noqa: S311  it is to be repeatable
    canvas = Canvas(size[0] * 2, size[1] * 2, chance)
    top, bottom = _WALLS[seed % len(_WALLS)]
    canvas.wash([colour(top), colour(bottom)], 0, canvas.height)
    canvas.glow(canvas.width * 0.3, canvas.height * 0.2, canvas.unit * 0.7, WHITE, 0.35)
    head = min(canvas.height * _HEAD_SHARE, canvas.width * _ROW_SHARE / max(1, count) / _HEAD_WIDTH)
    for place in range(count):
        x = canvas.width / 2 + (place - (count - 1) / 2) * head * _HEAD_WIDTH
        y = canvas.height * 0.5 + head * (0.36 + 0.08 * ((place + seed) % 2))
        (_draw_anime if anime else _draw_person)(canvas, (x, y), head, place + seed)
    return canvas.image.reduce(2)


def _draw_person(canvas: Canvas, chin: Point, head: float, kind: int) -> None:
    skin, hair = _SKIN[kind % len(_SKIN)], _HAIR[kind % len(_HAIR)]
    _draw_bust(canvas, chin, head, skin, _CLOTHES[kind % len(_CLOTHES)], shade(hair, -0.2), long=kind % 2 == 0)
    canvas.blob(placed(_FACE, chin, head), skin)
    canvas.blob(placed(_PARTED if kind % 2 else _FRINGE, chin, head), hair)
    for side in (-1, 1):
        _draw_eye(canvas, (chin[0] + side * head * 0.145, chin[1] - head * 0.47), head, hair, side)
    canvas.stroke(placed(_NOSE, chin, head), head * 0.012, shade(skin, -0.3))
    _draw_mouth(canvas, chin, head, mix(skin, _LIPS, 0.75), smiling=kind % 3 != 1)
    if kind % 6 in {1, 4}:
        _draw_beard(canvas, chin, head, hair)


def _draw_bust(
    canvas: Canvas, chin: Point, head: float, skin: Colour, clothes: Colour, hair: Colour, *, long: bool
) -> None:
    canvas.blob(placed(_LONG_HAIR if long else _SHORT_HAIR, chin, head), hair)
    canvas.polygon(placed(_NECK, chin, head), mix(skin, INK, 0.6))  # in the shade: no part of the face
    canvas.blob(placed(_BODY, chin, head), clothes)
    canvas.polygon(placed(_COLLAR, chin, head), mix(WHITE, clothes, 0.25))


def _draw_eye(canvas: Canvas, middle: Point, head: float, hair: Colour, side: int) -> None:
    x, y = middle
    canvas.disc(x, y, head * 0.05, head * 0.032, mix(WHITE, INK, 0.06))
    canvas.disc(x, y, head * 0.028, head * 0.031, INK)
    canvas.disc(x + head * 0.009, y - head * 0.011, head * 0.008, head * 0.008, WHITE)
    brow = [(x - side * head * 0.055, y - head * 0.066), (x + side * head * 0.062, y - head * 0.07)]
    canvas.stroke(brow, head * 0.017, shade(hair, -0.2))


def _draw_mouth(canvas: Canvas, chin: Point, head: float, lips: Colour, *, smiling: bool) -> None:
    x, y = chin[0], chin[1] - head * 0.19
    if smiling:
        canvas.pencil.chord((x - head * 0.1, y - head * 0.09, x + head * 0.1, y + head * 0.06), 10, 170, (*lips, 255))
    else:
        canvas.disc(x, y, head * 0.075, head * 0.018, lips)


def _draw_beard(canvas: Canvas, chin: Point, head: float, hair: Colour) -> None:
    canvas.blob(placed(shape("0,11 10,9 12,3 0,-3 -12,3 -10,9"), chin, head), hair)
    canvas.stroke(placed(shape("-12,24 -5,25.5 0,25 5,25.5 12,24"), chin, head), head * 0.022, hair)


def _draw_anime(canvas: Canvas, chin: Point, head: float, kind: int) -> None:
    skin, hair = _SKIN[5 - kind % 2 * 5], _ANIME_HAIR[kind % len(_ANIME_HAIR)]
    _draw_bust(canvas, chin, head, skin, _CLOTHES[(kind + 2) % len(_CLOTHES)], shade(hair, -0.15), long=kind % 2 == 0)
    canvas.blob(placed(_FACE, chin, head), skin)
    canvas.polygon(placed(_SPIKES, chin, head), hair)
    for side in (-1, 1):
        _draw_big_eye(canvas, (chin[0] + side * head * 0.155, chin[1] - head * 0.38), head, _IRIS[kind % len(_IRIS)])
        canvas.disc(
            chin[0] + side * head * 0.2, chin[1] - head * 0.2, head * 0.05, head * 0.028, mix(skin, _LIPS, 0.22)
        )
    canvas.disc(chin[0], chin[1] - head * 0.12, head * 0.03, head * 0.016, _LIPS)


def _draw_big_eye(canvas: Canvas, middle: Point, head: float, iris: Colour) -> None:
    x, y = middle
    canvas.disc(x, y, head * 0.092, head * 0.135, INK)
    canvas.disc(x, y + head * 0.012, head * 0.082, head * 0.118, WHITE)
    canvas.disc(x, y + head * 0.015, head * 0.062, head * 0.105, iris)
    canvas.disc(x, y + head * 0.02, head * 0.034, head * 0.06, INK)
    canvas.disc(x + head * 0.025, y - head * 0.04, head * 0.022, head * 0.03, WHITE)
