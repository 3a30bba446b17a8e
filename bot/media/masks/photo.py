"""Read a picture at the size that is worked on, and write what people look at."""

import io
from typing import Final

from PIL import ExifTags, Image, ImageOps

from bot.media.check import SIDEWAYS, format_of, inspect, opened, orientation
from bot.media.colour import on_white, to_plain

SHOWN: Final = 1280  # pixels on the long side: what Telegram shows of a photo

_QUALITY = 88


def within(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Scale a size down to at most `longest` pixels a side, in its aspect ratio."""
    scale = min(1, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def size_of(data: bytes) -> tuple[int, int]:
    """Return width and height as shown; raises `BadPicture` as `inspect` does."""
    info = inspect(data)
    return info.width, info.height


def read(data: bytes, size: tuple[int, int]) -> Image.Image:
    """Decode a picture at this size: upright, in sRGB, on white; raises `BadPicture` for what cannot be read."""
    return on_white(read_plain(data, size)).convert("RGB")


def read_shown(data: bytes) -> Image.Image:
    """Decode a photo as `read` does, at most `SHOWN` pixels a side."""
    return read(data, within(size_of(data), SHOWN))


def read_plain(data: bytes, size: tuple[int, int]) -> Image.Image:
    """Decode a picture as `read` does, but in L, RGB or, where something shows through, RGBA."""
    with opened(data) as picture:
        turned = orientation(picture)
        stored = size[::-1] if turned in SIDEWAYS else size
        # A draft decodes fewer pixels; its box says exactly where they lie. Only a JPEG's is the same picture.
        draft = picture.draft(None, stored) if format_of(picture) == "JPEG" else None
        picture.load()
        plain = to_plain(picture).resize(stored, Image.Resampling.LANCZOS, box=draft[1] if draft else None)
    plain.getexif()[ExifTags.Base.Orientation] = turned
    ImageOps.exif_transpose(plain, in_place=True)
    return plain


def jpeg(picture: Image.Image) -> bytes:
    """Write a picture for people to look at."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()
