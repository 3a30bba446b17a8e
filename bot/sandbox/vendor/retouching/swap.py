"""Put one face in another's place: only pixels inside the other's rectangle change."""

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat

from bot.sandbox.vendor.retouching.regions import Box

_CORE = (0.12, 0.2, 0.88, 0.92)  # of a face's rectangle: skin, eyes and mouth, little hair
_INSET = 0.05
_LEAST_INSET = 2  # px


def swap_face(picture: Image.Image, box: Box, reference: Image.Image, alike: float) -> None:
    """Paint a reference face, cut close, over the face in a rectangle of the picture.

    `alike` in 0..1: at 0 the new face takes on the complexion of the old one, at 1 it keeps its own.
    """
    size = box[2] - box[0], box[3] - box[1]
    old = picture.crop(box)
    new = reference.resize(size, Image.Resampling.LANCZOS)
    new = Image.blend(_recoloured(new, old), new, alike)
    picture.paste(new, box[:2], _oval(size))


def _recoloured(new: Image.Image, old: Image.Image) -> Image.Image:
    """Move each channel's level and spread to those of the old face."""
    channels = []
    for one, other in zip(new.split(), old.split(), strict=True):
        (mean, spread), (wanted, wanted_spread) = _core_levels(one), _core_levels(other)
        gain = min(1.6, max(0.6, wanted_spread / max(1.0, spread)))
        channels.append(one.point([round(wanted + (level - mean) * gain) for level in range(256)]))
    return Image.merge("RGB", channels)


def _core_levels(channel: Image.Image) -> tuple[float, float]:
    width, height = channel.size
    core = channel.crop(
        (
            round(width * _CORE[0]),
            round(height * _CORE[1]),
            max(round(width * _CORE[0]) + 1, round(width * _CORE[2])),
            max(round(height * _CORE[1]) + 1, round(height * _CORE[3])),
        )
    )
    found = ImageStat.Stat(core)
    return found.median[0], found.stddev[0]


def _oval(size: tuple[int, int]) -> Image.Image:
    """Draw a soft oval that is gone before it reaches the rectangle's edge."""
    inset = min(max(_LEAST_INSET, min(size) * _INSET), (min(size) - 1) / 2)
    oval = Image.new("L", size)
    ImageDraw.Draw(oval).ellipse((inset, inset, size[0] - 1 - inset, size[1] - 1 - inset), 255)
    soft = oval.filter(ImageFilter.GaussianBlur(inset / 2))
    return ImageChops.subtract(soft, _rim(size))


def _rim(size: tuple[int, int]) -> Image.Image:
    rim = Image.new("L", size)
    ImageDraw.Draw(rim).rectangle((0, 0, size[0] - 1, size[1] - 1), outline=255)
    return rim
