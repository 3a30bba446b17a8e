"""Marks that people paint: how much of each pixel a brush covers, and what is meant by it."""

import math
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image, ImageDraw

_CANVAS = 2560  # pixels on the long side: drawn large and scaled down, so that edges are smooth

Point = tuple[float, float]


@dataclass(frozen=True)
class Stroke:
    """`cover` is what the brush leaves and `meant` what is marked by it: areas in L, 255 inside, with smooth edges."""

    cover: Image.Image
    meant: Image.Image

    def on(self, photo: Image.Image, colour: str, opacity: float = 1) -> Image.Image:
        alpha = self.cover.point(lambda level: level * opacity)
        return Image.composite(Image.new("RGB", photo.size, colour), photo, alpha)


def make_stroke(shape: str, size: tuple[int, int], seed: str) -> Stroke:
    rng = random.Random(seed)
    canvas = Image.new("L", (round(size[0] * _CANVAS / max(size)), round(size[1] * _CANVAS / max(size))))
    meant = _SHAPES[shape](canvas, rng)
    return Stroke(canvas.resize(size, Image.Resampling.BOX), meant.resize(size, Image.Resampling.BOX))


def _line(canvas: Image.Image, rng: random.Random) -> Image.Image:
    width, height = canvas.size
    x, y, wave = rng.uniform(0.1, 0.3), rng.uniform(0.3, 0.7), rng.uniform(0.05, 0.2)
    turns = rng.uniform(3, 7)
    path = [((x + step / 100 * 0.6) * width, (y + wave * math.sin(step / 100 * turns)) * height) for step in range(101)]
    _draw(canvas, path, max(canvas.size) * rng.uniform(0.01, 0.03))
    return canvas


def _zigzag(canvas: Image.Image, rng: random.Random) -> Image.Image:
    longest = max(canvas.size)
    pen = longest * rng.uniform(0.008, 0.014)
    (x, y), reach = _centre(canvas, rng), longest * rng.uniform(0.06, 0.1)
    path = [(x + (turn - 2.5) * 5 * pen, y + (reach if turn % 2 else -reach)) for turn in range(6)]
    _draw(canvas, path, pen)
    return canvas


def _blob(canvas: Image.Image, rng: random.Random) -> Image.Image:
    (x, y), radius = _centre(canvas, rng), max(canvas.size) * rng.uniform(0.05, 0.13)
    bumps = [(rng.uniform(0, 0.15), rng.uniform(0, 6)) for _ in range(4)]
    outline = []
    for step in range(120):
        angle = step / 120 * math.tau
        reach = radius * (1 + sum(size * math.sin(count * angle + at) for count, (size, at) in enumerate(bumps, 2)))
        outline.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
    ImageDraw.Draw(canvas).polygon(outline, fill=255)
    return canvas


def _disc(canvas: Image.Image, rng: random.Random) -> Image.Image:
    radius = max(canvas.size) * rng.uniform(0.02, 0.1)
    ImageDraw.Draw(canvas).ellipse(_around(_centre(canvas, rng), radius, radius * 0.8), fill=255)
    return canvas


def _ring(canvas: Image.Image, rng: random.Random) -> Image.Image:
    pen, radius = (max(canvas.size) * rng.uniform(*bounds) for bounds in ((0.006, 0.012), (0.05, 0.12)))
    x, y = _centre(canvas, rng)
    path = [(x + radius * math.cos(step / 10), y + radius * 0.8 * math.sin(step / 10)) for step in range(66)]
    _draw(canvas, path, pen)
    meant = canvas.copy()
    ImageDraw.Draw(meant).polygon(path[:63], fill=255)
    return meant


_SHAPES: Mapping[str, Callable[[Image.Image, random.Random], Image.Image]] = {
    "line": _line,
    "zigzag": _zigzag,
    "blob": _blob,
    "disc": _disc,
    "ring": _ring,
}
SHAPES = tuple(_SHAPES)


def _draw(canvas: Image.Image, path: Iterable[Point], pen: float) -> None:
    draw = ImageDraw.Draw(canvas)
    for (x, y), (to_x, to_y) in pairwise(path):
        steps = max(1, math.ceil(math.hypot(to_x - x, to_y - y) / pen * 3))
        for step in range(steps + 1):
            at = (x + (to_x - x) * step / steps, y + (to_y - y) * step / steps)
            draw.ellipse(_around(at, pen, pen), fill=255)


def _centre(canvas: Image.Image, rng: random.Random) -> Point:
    return rng.uniform(0.25, 0.75) * canvas.width, rng.uniform(0.25, 0.75) * canvas.height


def _around(centre: Point, across: float, down: float) -> tuple[float, float, float, float]:
    return centre[0] - across, centre[1] - down, centre[0] + across, centre[1] + down
