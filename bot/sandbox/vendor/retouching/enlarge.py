"""Bring a picture to another size, crisply."""

from PIL import Image, ImageFilter

from bot.sandbox.vendor.sizes import Size

_RADIUS = 1.6
_PERCENT = 70
_THRESHOLD = 2


def enlarge(picture: Image.Image, size: Size) -> Image.Image:
    """Scale with Lanczos and sharpen a little. Blocks."""
    scaled = picture.resize(size, Image.Resampling.LANCZOS)
    return scaled.filter(ImageFilter.UnsharpMask(_RADIUS, _PERCENT, _THRESHOLD))
