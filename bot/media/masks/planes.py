"""Arithmetic on pictures, pixel by pixel. A plane is a picture in F: one number a pixel, of any size and sign."""

from collections.abc import Callable
from typing import Any

from PIL import Image, ImageMath


def plane(formula: Callable[..., Any], *pictures: Image.Image) -> Image.Image:
    """Calculate a plane from pictures in L and planes, which the formula takes in this order.

    L counts as whole numbers. What is divided by nought is nought.
    """
    named = {f"picture {index}": picture for index, picture in enumerate(pictures)}
    calculated: Image.Image = ImageMath.lambda_eval(lambda of: of["float"](formula(*map(of.get, named))), **named)
    return calculated


def means(values: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the means of a plane's blocks, as a plane of so many blocks across and down."""
    return values.resize(size, Image.Resampling.BOX)


def spread(values: Image.Image, pixels: int) -> Image.Image:
    """Average a plane over about so many pixels around each."""
    across, down = values.size
    blocks = means(values, (max(1, across // pixels), max(1, down // pixels)))
    return blocks.resize(values.size, Image.Resampling.BILINEAR)
