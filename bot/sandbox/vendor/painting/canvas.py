"""A surface to draw smooth shapes on."""

import math
import random
from collections.abc import Sequence

from PIL import Image, ImageDraw

from bot.sandbox.vendor.painting.colours import Colour, mix
from bot.sandbox.vendor.painting.shapes import Point, closed_curve


class Canvas:
    """A picture in the making: its pixels, a pencil that can draw translucent, and its own chance.

    `unit` is the shorter side; lengths are given as parts of it or of the sides, so that a scene looks the same in
    every size.
    """

    def __init__(self, width: int, height: int, chance: random.Random) -> None:
        self.width = width
        self.height = height
        self.unit = min(width, height)
        self.chance = chance
        self.image = Image.new("RGB", (width, height))
        self.pencil = ImageDraw.Draw(self.image, "RGBA")

    def wash(self, stops: Sequence[Colour], top: float, bottom: float) -> None:
        """Fill from one height to another with a vertical gradient."""
        height = max(2, round(bottom - top))
        column = Image.new("RGB", (1, len(stops)))
        column.putdata(stops)
        band = column.resize((1, height), Image.Resampling.BICUBIC)
        self.image.paste(self._widened(band), (0, round(top)))

    def mist(self, tint: Colour, top: float, bottom: float, strength: float) -> None:
        """Let a haze rise: nothing at the top, `strength` (0..1) at the bottom."""
        height = max(2, round(bottom - top))
        mask = Image.linear_gradient("L").point(lambda level: round(level * strength))
        column = mask.resize((1, height), Image.Resampling.BILINEAR)
        self.image.paste(tint, (0, round(top)), self._widened(column))

    def glow(self, x: float, y: float, radius: float, tint: Colour, strength: float) -> None:
        """Shine around a point; strength in 0..1."""
        side = max(2, round(radius * 2))
        # radial_gradient is 0 in the middle and reaches 255 before the corners
        mask = Image.radial_gradient("L").point(lambda level: round(max(0, 1 - level / 180) ** 2 * 255 * strength))
        self.image.paste(
            tint, (round(x - radius), round(y - radius)), mask.resize((side, side), Image.Resampling.BILINEAR)
        )

    def _widened(self, column: Image.Image) -> Image.Image:
        return column.resize((self.width, column.height), Image.Resampling.NEAREST)

    def polygon(self, points: Sequence[Point], tint: Colour, alpha: int = 255) -> None:
        """Fill a polygon."""
        self.pencil.polygon(points, (*tint, alpha))

    def disc(self, x: float, y: float, radius_x: float, radius_y: float, tint: Colour, alpha: int = 255) -> None:
        """Fill an ellipse."""
        self.pencil.ellipse((x - radius_x, y - radius_y, x + radius_x, y + radius_y), (*tint, alpha))

    def plate(self, box: tuple[float, float, float, float], corner: float, tint: Colour, alpha: int = 255) -> None:
        """Fill a rectangle (left, top, right, bottom) with round corners."""
        self.pencil.rounded_rectangle(box, corner, (*tint, alpha))

    def blob(self, points: Sequence[Point], tint: Colour, alpha: int = 255) -> None:
        """Fill a smooth closed shape through points."""
        self.polygon(closed_curve(points), tint, alpha)

    def stroke(self, points: Sequence[Point], width: float, tint: Colour, alpha: int = 255) -> None:
        """Draw a line with round joints."""
        self.pencil.line(list(points), (*tint, alpha), max(1, round(width)), joint="curve")

    def crest(self, base: float, rise: float, roughness: float, steps: int) -> list[Point]:
        """Walk a skyline from left to right: waves of chance, `rise` high at most, above `base`."""
        waves = [(self.chance.uniform(0.5, 1), self.chance.uniform(0, math.tau), 1 + layer * 1.7) for layer in range(4)]
        line: list[Point] = []
        for step in range(steps + 1):
            share = step / steps
            height = sum(
                size * roughness**layer * math.sin(share * pace * math.pi + phase)
                for layer, (size, phase, pace) in enumerate(waves)
            )
            line.append((share * self.width, base - rise * (0.5 + 0.5 * math.tanh(height))))
        return line

    def ground(self, crest: Sequence[Point], tint: Colour, deeper: Colour | None = None) -> None:
        """Fill everything below a skyline; towards `deeper` at the bottom."""
        self.polygon([*crest, (self.width, self.height), (0, self.height)], tint)
        if deeper is not None:
            top = min(y for _, y in crest)
            highest = max(y for _, y in crest)
            self.mist(deeper, max(top, highest), self.height + 2, 0.75)


def shade(tint: Colour, share: float) -> Colour:
    """Darken (below 0) or lighten a colour."""
    return mix(tint, (255, 255, 255), share) if share > 0 else mix(tint, (12, 14, 34), -share)
