"""Colours: palettes that go well together, by the time of day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Colour = tuple[int, int, int]
Mood = Literal["dawn", "day", "dusk", "night"]


def colour(code: str) -> Colour:
    """Read six hexadecimal digits."""
    red, green, blue = bytes.fromhex(code)
    return red, green, blue


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """Go from one colour towards another by a share of the way."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


WHITE = colour("ffffff")
INK = colour("1d2130")


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one scene."""

    sky_top: Colour
    sky_low: Colour
    light: Colour  # sun, moon, lamps
    far: Colour  # the most distant ridge
    land: Colour  # the ground in front
    leaves: Colour
    water: Colour

    def tinted(self, tint: Colour, share: float) -> "Palette":
        """Bring everything but the light closer to one colour."""
        return Palette(
            mix(self.sky_top, tint, share),
            mix(self.sky_low, tint, share * 0.7),
            self.light,
            mix(self.far, tint, share),
            mix(self.land, tint, share),
            mix(self.leaves, tint, share),
            mix(self.water, tint, share),
        )

    def snowed(self) -> "Palette":
        """Lay snow on the ground, in the colour of the sky's light."""
        snow = mix(WHITE, self.sky_low, 0.18)
        night = sum(self.sky_top) < 240  # noqa: PLR2004  of 765: a dark sky
        ground = mix(snow, self.sky_top, 0.45 if night else 0.08)
        return Palette(
            self.sky_top, self.sky_low, self.light, mix(self.far, ground, 0.45), ground, mix(self.leaves, ground, 0.25),
            self.water,
        )  # fmt: skip


def _palette(*codes: str) -> Palette:
    return Palette(*map(colour, codes))


PALETTES: Mapping[Mood, Sequence[Palette]] = {
    "dawn": (
        _palette("6f9ac4", "fcd9c4", "fff0c9", "b7a3bd", "5f8a6b", "3f6b59", "8fb7cf"),
        _palette("8c8fc7", "ffd3d0", "fff3d6", "b79cc0", "6a7f78", "465f63", "9aa9d0"),
        _palette("7db5b8", "fdf0cf", "fff8dc", "a8bfae", "7c9a5c", "4f7650", "93c4c2"),
    ),
    "day": (
        _palette("3f8fd2", "cfeaf5", "fff6d0", "8fb4cc", "6fae63", "2f7d59", "3f9ec2"),
        _palette("52a7c8", "e6f4e4", "fff3c2", "9dc4bd", "8cba5a", "3f8a5b", "3cb0b5"),
        _palette("5b8def", "dcecff", "fffbe0", "97aede", "5fa37f", "2c6e69", "4a8fd6"),
    ),
    "dusk": (
        _palette("3d3b72", "f6a06b", "ffe3a3", "8a5a83", "3f3a5a", "2c2d4a", "6a5f9a"),
        _palette("5a3f6d", "ff9a76", "ffdfa8", "9c5c77", "4a3348", "33263c", "8a5c86"),
        _palette("2f4a78", "fbc07a", "fff0b8", "6d6f95", "35475e", "22364c", "55739c"),
    ),
    "night": (
        _palette("0b1437", "3a4f86", "fdf4cf", "2d3f70", "16233f", "0f1b33", "1f3566"),
        _palette("120f2f", "4a3f7d", "f6edff", "372f66", "1d1a3d", "151331", "2a2a66"),
        _palette("06202f", "2a6272", "f2fbdc", "1e4a5a", "0d2a35", "09222b", "154a5c"),
    ),
}
