"""What Telegram does to a photo: check it, make it a JPEG, and keep it in several sizes. Runs in threads.

The sizes are those that clients ask for: long sides of 90, 320, 800 and 1280 pixels, as far as the photo reaches;
what is larger is scaled down to 1280.
"""

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.sandbox.telegram.refusals import bad_request, too_large

MAX_PHOTO_BYTES: Final = 10 * 1024 * 1024
_MAX_SIDES: Final = 10_000
_MAX_RATIO: Final = 20
_RUNGS: Final = (90, 320, 800, 1280)
_THUMBNAIL: Final = 320
_QUALITY: Final = 87
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
_UNREADABLE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


@dataclass(frozen=True, slots=True)
class Jpeg:
    """A picture's bytes and its size in pixels."""

    body: bytes
    width: int
    height: int


def photo_sizes(body: bytes) -> list[Jpeg]:
    """Make the sizes of a photo, smallest first.

    Raises `Refused` where Telegram would: more than 10 MB, width + height over 10000, a ratio over 20, no picture.
    """
    if len(body) > MAX_PHOTO_BYTES:
        raise bad_request(
            f"file of size {len(body)} bytes is too big for a photo; the maximum size is {MAX_PHOTO_BYTES} bytes"
        )
    try:
        with Image.open(io.BytesIO(body), formats=_FORMATS) as opened:
            width, height = opened.size
            if width + height > _MAX_SIDES or max(width, height) > _MAX_RATIO * min(width, height):
                raise bad_request("PHOTO_INVALID_DIMENSIONS")
            picture = _upright(opened)
    except _UNREADABLE as error:
        raise bad_request("IMAGE_PROCESS_FAILED") from error
    longest = max(picture.size)
    rungs = [*(rung for rung in _RUNGS if rung < longest), min(longest, _RUNGS[-1])]
    return [_jpeg(picture, rung) for rung in dict.fromkeys(rungs)]


def client_photo(body: bytes) -> bytes:
    """Compress a photo as a person's client does before it sends it: a JPEG of at most 1280 pixels a side.

    Raises `Refused` where it is no picture.
    """
    try:
        with Image.open(io.BytesIO(body), formats=_FORMATS) as opened:
            return _jpeg(_upright(opened), _RUNGS[-1]).body
    except _UNREADABLE as error:
        raise bad_request("IMAGE_PROCESS_FAILED") from error


def thumbnail(body: bytes) -> Jpeg | None:
    """Make the small picture that stands for a document, if the document is a picture."""
    try:
        with Image.open(io.BytesIO(body), formats=_FORMATS) as opened:
            return _jpeg(_upright(opened), _THUMBNAIL)
    except _UNREADABLE:
        return None


def check_document_size(size: int) -> None:
    """Refuse what Telegram does not take from bots: more than 50 MB, or nothing."""
    if size > 50 * 1024 * 1024:
        raise too_large()
    if not size:
        raise bad_request("file must be non-empty")


def _upright(opened: Image.Image) -> Image.Image:
    picture = ImageOps.exif_transpose(opened)
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    seen = picture.convert("RGBA")
    ground = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(ground, seen).convert("RGB")


def _jpeg(picture: Image.Image, longest: int) -> Jpeg:
    scale = min(longest / max(picture.size), 1)
    size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    scaled = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    scaled.save(out, "JPEG", quality=_QUALITY)
    return Jpeg(out.getvalue(), *size)
