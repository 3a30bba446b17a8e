"""Real photographs, as cameras and Telegram would hand them on.

They ship with scikit-image. They are scaled up to a camera's size and given grain, which keeps scaling and compression
as busy as a camera's own pixels do.
"""

import io
import random
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

CAMERA = 1600  # pixels on the long side
TELEGRAM = 1280

_GRAIN = 256  # pixels a side


@cache
def from_camera(name: str, longest: int = CAMERA) -> bytes:
    """The original file: a JPEG."""
    photo = _shipped(name)
    scale = longest / max(photo.size)
    photo = photo.resize((round(photo.width * scale), round(photo.height * scale)), Image.Resampling.LANCZOS)
    return as_jpeg(_grainy(photo), 93)


@cache
def through_telegram(name: str, longest: int = TELEGRAM) -> bytes:
    """What Telegram makes of the original."""
    return as_jpeg(scaled_down(decoded(from_camera(name)), longest), 84)


def decoded(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def as_jpeg(photo: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return file.getvalue()


def scaled_down(
    photo: Image.Image, longest: int, resampling: Image.Resampling = Image.Resampling.BILINEAR
) -> Image.Image:
    scale = min(1, longest / max(photo.size))
    return photo.resize((round(photo.width * scale), round(photo.height * scale)), resampling)


def _shipped(name: str) -> Image.Image:
    package = find_spec("skimage")
    assert package is not None
    assert package.origin is not None
    return Image.open(next((Path(package.origin).parent / "data").glob(f"{name}.*g"))).convert("RGB")


def _grainy(photo: Image.Image) -> Image.Image:
    noise = Image.frombytes("L", (_GRAIN, _GRAIN), random.Random(1).randbytes(_GRAIN * _GRAIN))
    tile = noise.filter(ImageFilter.GaussianBlur(0.7)).point([128 + (level - 128) // 5 for level in range(256)])
    grain = Image.new("L", photo.size)
    for top in range(0, photo.height, _GRAIN):
        for left in range(0, photo.width, _GRAIN):
            grain.paste(tile.transpose(Image.Transpose((left + 3 * top) // _GRAIN % 7)), (left, top))
    return ImageChops.add(photo, Image.merge("RGB", [grain] * 3), offset=-128)
