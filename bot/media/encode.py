"""Write a plain picture in as many bytes as are allowed."""

import io
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from PIL import Image

from bot.errors import BadPicture
from bot.locales.text import text
from bot.media.colour import on_white

_QUALITIES = (92, 85, 75)  # below that, fewer pixels look better
_OVERSHOOT = 0.95  # bytes do not shrink quite as pixels do


@dataclass(frozen=True, slots=True)
class Encoded:
    """A file, Pillow's name of its format, and its size in pixels."""

    data: bytes
    format: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Writer:
    format: str
    write: Callable[[Image.Image], bytes]


def encode(picture: Image.Image, *, lossless: bool, formats: Collection[str], max_bytes: int, min_side: int) -> Encoded:
    """Write PNG for transparency or where `lossless` is asked for and fits, else JPEG; JPEG is always allowed.

    What is too heavy loses quality first, then pixels. Raises `BadPicture` where a side would fall under `min_side`.
    """
    if "PNG" not in formats:
        picture = on_white(picture)
    writers = _writers(transparent=picture.mode == "RGBA", lossless=lossless and "PNG" in formats)
    while True:
        data = b""
        for writer in writers:
            data = writer.write(picture)
            if len(data) <= max_bytes:
                return Encoded(data, writer.format, *picture.size)
        writers = writers[-1:]
        picture = _shrunk(picture, math.sqrt(max_bytes / len(data)) * _OVERSHOOT, min_side)


def _writers(*, transparent: bool, lossless: bool) -> Sequence[_Writer]:
    png = _Writer("PNG", _png)
    if transparent:
        return [png]
    jpegs = [_Writer("JPEG", partial(_jpeg, quality=quality)) for quality in _QUALITIES]
    return [png, *jpegs] if lossless else jpegs


def _shrunk(picture: Image.Image, factor: float, min_side: int) -> Image.Image:
    width, height = (round(side * factor) for side in picture.size)
    if min(width, height) < min_side:
        raise BadPicture(text("The picture's file cannot be made small enough. Send a simpler one."))
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, optimize=False)
    return file.getvalue()
