"""Look at a picture's header before anything is decoded.

JPEG, PNG, WEBP and HEIC (HEIF) are what people send; TIFF, BMP and GIF (its first frame) cost nothing more to read.
Pillow's other formats stay closed: nobody sends them, and each is a parser open to strangers.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError
from pillow_heif import register_heif_opener

from bot.errors import BadPicture
from bot.locales.text import Text, text, verbatim
from bot.media.signatures import looks_like_picture, recognise

MAX_BYTES: Final = 20 * 1024 * 1024  # what a bot may download from Telegram
MAX_PIXELS: Final = 50_000_000
MIN_SIDE: Final = 64  # pixels

_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "TIFF", "BMP", "GIF")
_SELF_TURNING = ("HEIF", "TIFF")  # Pillow turns these while it loads them
SIDEWAYS: Final = (5, 6, 7, 8)  # EXIF orientations that swap width and height

# For the whole process. Pillow itself would only warn up to twice its limit; its other warnings are about strangers'
# files, and nothing that the operator could mend.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.simplefilter("error", Image.DecompressionBombWarning)
register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What the header says: Pillow's name of the format, and the size in pixels as shown, turned as EXIF asks."""

    format: str
    width: int
    height: int


def inspect(data: bytes) -> PictureInfo:
    """Read the header, without decoding.

    Raises `BadPicture` for what is no picture, has over `MAX_BYTES` or `MAX_PIXELS`, or a side under `MIN_SIDE`. A
    file that is broken further on is found when it is decoded.
    """
    if len(data) > MAX_BYTES:
        raise BadPicture(
            text("The file is too large: at most {limit} MB can be read. Send it as a photo.", limit=MAX_BYTES >> 20)
        )
    with opened(data) as picture:
        width, height = picture.size
        if orientation(picture) in SIDEWAYS:
            width, height = height, width
        return PictureInfo(format_of(picture), width, height)


@contextmanager
def opened(data: bytes) -> Iterator[ImageFile.ImageFile]:
    """Open a picture whose size has been checked; whatever goes wrong with it inside is raised as `BadPicture`."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            _check_size(picture)
            yield picture
    except BadPicture:
        raise
    except UnidentifiedImageError:
        raise BadPicture(_not_a_picture(data)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture(_too_many_pixels()) from None
    except Exception as error:  # a malformed file makes decoders raise nearly anything
        raise BadPicture(_broken()) from error


def format_of(picture: ImageFile.ImageFile) -> str:
    """Name the format; a JPEG with a second picture behind the first (MPO) is a JPEG."""
    return "JPEG" if picture.format == "MPO" else str(picture.format)


def orientation(picture: ImageFile.ImageFile) -> int:
    """Say how EXIF wants the stored picture turned, 1 to 8; 1 is as it is."""
    if format_of(picture) in _SELF_TURNING:
        return 1
    try:
        # PNG's own getexif() would decode the whole picture.
        found = Image.Image.getexif(picture).get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001  odd EXIF is common in sound pictures and makes Pillow raise nearly anything
        return 1
    return found if found in range(1, 9) else 1


def _check_size(picture: ImageFile.ImageFile) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise BadPicture(_too_many_pixels())
    if min(width, height) < MIN_SIDE:
        raise BadPicture(
            text(
                "The picture is too small: {size} pixels. Each side needs at least {least}.",
                size=verbatim(f"{width}×{height}"),
                least=MIN_SIDE,
            )
        )


def _too_many_pixels() -> Text:
    return text(
        "The picture has too many pixels: at most {limit} million can be read. Send a smaller one.",
        limit=MAX_PIXELS // 1_000_000,
    )


def _broken() -> Text:
    return text("The picture is broken and cannot be read to its end. Send it again, or another one.")


def _not_a_picture(data: bytes) -> Text:
    if not data:
        return text("The file is empty. Send a JPEG, PNG, WEBP or HEIC picture.")
    if looks_like_picture(data) and recognise(data) is None:
        return _broken()
    what = recognise(data) or text("not a picture")
    return text("The file is {what}. Send a JPEG, PNG, WEBP or HEIC picture.", what=what)
