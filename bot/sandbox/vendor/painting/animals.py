"""Animals that sit and look at the viewer: one drawing, and for each kind what makes it that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.sandbox.vendor.painting.canvas import Canvas, shade
from bot.sandbox.vendor.painting.colours import INK, WHITE, Colour, colour, mix
from bot.sandbox.vendor.painting.shapes import Point, Shape, placed, shape


@dataclass(frozen=True, slots=True)
class Kind:
    """What makes an animal a fox, a cat, ..."""

    fur: Colour
    belly: Colour
    paws: Colour
    ears: Literal["pointed", "long", "round", "floppy"]
    tail: Literal["bushy", "curled", "stub"]
    muzzle: Literal["mask", "snout", "small"]
    marks: Literal["", "panda", "stripes"] = ""


KINDS: Mapping[str, Kind] = {
    "fox": Kind(colour("e2722e"), colour("fff3e4"), colour("4a2c2a"), "pointed", "bushy", "mask"),
    "cat": Kind(colour("8c8a99"), colour("f4f1ee"), colour("f4f1ee"), "pointed", "curled", "small"),
    "dog": Kind(colour("c98f55"), colour("fdf0dc"), colour("fdf0dc"), "floppy", "curled", "snout"),
    "rabbit": Kind(colour("d9c8b8"), colour("fffaf4"), colour("fffaf4"), "long", "stub", "small"),
    "panda": Kind(colour("f6f3ee"), colour("ffffff"), colour("2e2c35"), "round", "stub", "snout", "panda"),
    "bear": Kind(colour("8a5a3b"), colour("d9b48a"), colour("6b432b"), "round", "stub", "snout"),
    "tiger": Kind(colour("eb9a35"), colour("fff6e8"), colour("fff6e8"), "round", "curled", "snout", "stripes"),
}

_BUSHY = shape("10,2 34,0 52,12 56,34 47,54 40,34 26,20")
_BUSHY_TIP = shape("56,36 47,55 42,40 49,34")
_CURLED = shape("14,1 30,0 43,6 51,18 50,32 43,41 37,38 41,30 43,20 36,12 26,9 14,9")
_BODY = shape("-15,50 15,50 23,28 27,8 20,0 -20,0 -27,8 -23,28")
_SHOULDERS = shape("-16,52 16,52 21,36 10,32 -10,32 -21,36")
_CHEST = shape("-10,50 10,50 11,34 5,16 0,12 -5,16 -11,34")
_HAUNCH = shape("14,20 25,16 28,5 22,0 13,2")
_LEG = shape("2,30 10,30 10.5,5 10,0 2,0 1.8,6")
_POINTED = shape("6,74 14,90 21.5,100 23.5,88 23.5,68")
_POINTED_INSIDE = shape("12,76 16.5,87 20.5,93 21,83 20,73")
_LONG = shape("4,72 5,95 10,110 16,104 16,74")
_LONG_INSIDE = shape("7.5,76 8.5,95 11,103 13.2,96 13,76")
_FLOPPY = shape("9,84 19,86 28,73 29,56 23,53 17,66")
_FOX_HEAD = shape("0,85 12,83.5 20,76 24,66 25,57 13,50 0,45 -13,50 -25,57 -24,66 -20,76 -12,83.5")
_FOX_CHEEK = shape("1.2,47 2,60 10,65.5 20,62 24,57 13,51")
_HEAD = shape("0,88 12,86 21,78 24,67 20,55 9,48 -9,48 -20,55 -24,67 -21,78 -12,86")
_PANDA_EYE = shape("6,66 10,73 16,70 15.5,62 10,59")


class _Pose:
    """One animal's place on the canvas; shapes on it may face left or right."""

    def __init__(self, canvas: Canvas, foot: Point, tall: float, facing: int) -> None:
        self.canvas = canvas
        self._foot = foot
        self._tall = tall
        self._facing = facing

    def blob(self, figure: Shape, tint: Colour) -> None:
        self.canvas.blob(placed(figure, self._foot, self._tall, self._facing), tint)

    def both(self, figure: Shape, tint: Colour) -> None:
        for side in (-1, 1):
            self.canvas.blob(placed(figure, self._foot, self._tall, side), tint)

    def disc(self, across: float, up: float, radius_x: float, radius_y: float, tint: Colour) -> None:
        x, y = placed(((across, up),), self._foot, self._tall, self._facing)[0]
        self.canvas.disc(x, y, radius_x * self._tall, radius_y * self._tall, tint)

    def discs(self, across: float, up: float, radius_x: float, radius_y: float, tint: Colour) -> None:
        for side in (-1, 1):
            self.disc(across * side, up, radius_x, radius_y, tint)

    def line(self, figure: Shape, width: float, tint: Colour) -> None:
        self.canvas.stroke(placed(figure, self._foot, self._tall), width * self._tall, tint)

    def lines(self, figure: Shape, width: float, tint: Colour) -> None:
        for side in (-1, 1):
            self.canvas.stroke(placed(figure, self._foot, self._tall, side), width * self._tall, tint)


def paint_animal(canvas: Canvas, name: str, foot: Point, tall: float, tint: Colour | None) -> None:
    """Paint an animal of a height, its feet on a point; `tint` is the colour of its fur, if the prompt says one."""
    kind = KINDS[name]
    fur = mix(kind.fur, tint, 0.82) if tint and kind.marks != "panda" else kind.fur
    pose = _Pose(canvas, foot, tall, canvas.chance.choice((-1, 1)))
    canvas.disc(foot[0], foot[1], tall * 0.42, tall * 0.05, INK, 70)
    _tail(pose, kind, fur)
    _body(pose, kind, fur)
    _ears(pose, kind, fur)
    _head(pose, kind, fur)
    _face(pose, kind, fur)


def _tail(pose: _Pose, kind: Kind, fur: Colour) -> None:
    if kind.tail == "bushy":
        pose.blob(_BUSHY, shade(fur, -0.1))
        pose.blob(_BUSHY_TIP, kind.belly)
    elif kind.tail == "curled":
        pose.blob(_CURLED, shade(fur, -0.14))
    else:
        pose.disc(0.27, 0.09, 0.07, 0.07, kind.paws if kind.marks else kind.belly)


def _body(pose: _Pose, kind: Kind, fur: Colour) -> None:
    dark_limbs = kind.marks == "panda"
    leg = kind.paws if dark_limbs else fur
    pose.blob(_BODY, fur)
    if dark_limbs:
        pose.blob(_SHOULDERS, kind.paws)
    pose.both(_HAUNCH, leg if dark_limbs else shade(fur, -0.08))
    if not dark_limbs:
        pose.blob(_CHEST, kind.belly)
    pose.both(_LEG, shade(leg, -0.04))
    pose.discs(0.063, 0.026, 0.05, 0.03, kind.paws)
    if kind.marks == "stripes":
        for up in (0.2, 0.28, 0.36):
            pose.lines(((0.24, up), (0.14, up + 0.02)), 0.018, INK)


def _ears(pose: _Pose, kind: Kind, fur: Colour) -> None:
    if kind.ears == "pointed":
        pose.both(_POINTED, fur)
        pose.both(_POINTED_INSIDE, mix(kind.paws, (240, 160, 150), 0.45))
    elif kind.ears == "long":
        pose.both(_LONG, fur)
        pose.both(_LONG_INSIDE, colour("f3b6b0"))
    elif kind.ears == "round":
        outer = kind.paws if kind.marks == "panda" else fur
        pose.discs(0.18, 0.84, 0.078, 0.078, outer)
        pose.discs(0.18, 0.835, 0.042, 0.042, shade(outer, -0.25))


def _head(pose: _Pose, kind: Kind, fur: Colour) -> None:
    if kind.muzzle == "mask":  # broad cheeks that run to a point
        pose.blob(_FOX_HEAD, fur)
        pose.both(_FOX_CHEEK, kind.belly)
        return
    pose.blob(_HEAD, fur)
    if kind.ears == "floppy":  # they hang in front of the head
        pose.both(_FLOPPY, shade(fur, -0.32))
    if kind.muzzle == "snout":
        pose.disc(0, 0.575, 0.105, 0.085, kind.belly)
    else:
        pose.discs(0.05, 0.57, 0.065, 0.055, kind.belly)


def _face(pose: _Pose, kind: Kind, fur: Colour) -> None:
    if kind.marks == "panda":
        pose.both(_PANDA_EYE, kind.paws)
    elif kind.marks == "stripes":
        pose.line(((0, 0.86), (0, 0.78)), 0.022, INK)
        pose.lines(((0.07, 0.85), (0.055, 0.79)), 0.018, INK)
        pose.lines(((0.22, 0.64), (0.15, 0.625)), 0.016, INK)
    pose.discs(0.1, 0.665, 0.027, 0.033, INK)
    for side in (-1, 1):
        pose.disc(0.1 * side + 0.009, 0.677, 0.009, 0.009, WHITE)
    cheek = kind.belly if kind.muzzle == "mask" else fur
    pose.discs(0.165, 0.6, 0.03, 0.02, mix(cheek, (255, 130, 120), 0.3))
    _nose(pose, kind)


def _nose(pose: _Pose, kind: Kind) -> None:
    up = 0.478 if kind.muzzle == "mask" else 0.6
    pose.blob(((-0.032, up + 0.018), (0, up + 0.024), (0.032, up + 0.018), (0, up - 0.022)), INK)
    if kind.muzzle == "mask":
        return
    pose.line(shape("-4.5,55 -2,53.8 0,56 2,53.8 4.5,55"), 0.009, INK)
    if kind.muzzle == "small":
        for lift in (0.0, 0.03):
            pose.lines(((0.09, 0.57 + lift / 2), (0.27, 0.56 + lift * 1.6)), 0.005, shade(kind.belly, -0.1))
