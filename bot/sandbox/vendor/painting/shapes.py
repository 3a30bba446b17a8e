"""Shapes written down as places, and put somewhere on a canvas."""

from collections.abc import Sequence

Point = tuple[float, float]
Shape = tuple[Point, ...]

_CURVE_STEPS = 8


def shape(places: str) -> Shape:
    """Read places: across from the middle, and up from the foot, in hundredths of the whole's height."""
    pairs = (place.split(",") for place in places.split())
    return tuple((float(across) / 100, float(up) / 100) for across, up in pairs)


def placed(figure: Shape, foot: Point, tall: float, facing: float = 1) -> list[Point]:
    """Put a figure on a point, in a height; facing -1: mirrored; between: made narrower."""
    return [(foot[0] + across * tall * facing, foot[1] - up * tall) for across, up in figure]


def closed_curve(points: Sequence[Point]) -> list[Point]:
    """Lay a Catmull-Rom curve through the points and back to the first."""
    count = len(points)
    return [
        _between(points[i - 1], points[i], points[(i + 1) % count], points[(i + 2) % count], step / _CURVE_STEPS)
        for i in range(count)
        for step in range(_CURVE_STEPS)
    ]


def _between(before: Point, start: Point, end: Point, after: Point, t: float) -> Point:
    def along(a: float, b: float, c: float, d: float) -> float:
        return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)

    return along(before[0], start[0], end[0], after[0]), along(before[1], start[1], end[1], after[1])
