"""Widen and narrow areas: pictures in L of 0 and 255, where 255 is inside."""

from PIL import Image, ImageChops, ImageFilter

_REACH = 200  # pixels: one white one among so many still shows in an average of 8 bits


def widened(area: Image.Image, pixels: int) -> Image.Image:
    """Add every pixel that lies within so many pixels of the area, in both directions."""
    for reach in _steps(pixels):
        for radius in ((reach, 0), (0, reach)):
            area = above(area.filter(ImageFilter.BoxBlur(radius)), 0)
    return area


def narrowed(area: Image.Image, pixels: int) -> Image.Image:
    """Take away every pixel that lies within so many pixels of what is outside; the picture's edge is not outside."""
    return ImageChops.invert(widened(ImageChops.invert(area), pixels))


def above(picture: Image.Image, level: int) -> Image.Image:
    """Return the area of an L picture that is brighter than this level."""
    return picture.point([0] * (level + 1) + [255] * (255 - level))


def _steps(pixels: int) -> list[int]:
    whole, rest = divmod(max(0, pixels), _REACH)
    return [_REACH] * whole + [rest] * (rest > 0)
