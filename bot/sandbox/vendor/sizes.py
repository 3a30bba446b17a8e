"""Arithmetic on sizes in pixels."""

import math

Size = tuple[int, int]

LONGEST_RESULT = 6000
_RATIO_TOLERANCE = 0.01 + 1e-9  # and what floating point adds


def half_up(number: float) -> int:
    """Round as the vendor does: a half goes up (四舍五入)."""
    return math.floor(number + 0.5)


def scaled(size: Size, share: float) -> Size:
    """Multiply both sides; none becomes less than a pixel."""
    return max(1, half_up(size[0] * share)), max(1, half_up(size[1] * share))


def brought_down(size: Size, side: int | None) -> Size:
    """Scale a size so that its longest side is no more than this; None leaves it as it is."""
    return scaled(size, side / max(size)) if side and side < max(size) else size


def same_shape(one: Size, other: Size) -> bool:
    """Tell whether two aspect ratios differ by 1% at most."""
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1) <= _RATIO_TOLERANCE
