"""Make a picture fit for the vendor.

A picture that fits already is handed on pixel for pixel, only without its metadata: the vendor need not learn where a
photo was taken. Everything else is written anew, as sRGB with 8 bits, standing upright.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

from PIL import Image, ImageFile

from bot.errors import BadPicture, Unavailable
from bot.locales.text import Text, text, verbatim
from bot.media.check import SIDEWAYS, PictureInfo, format_of, inspect, opened, orientation
from bot.media.colour import PLAIN_MODES, is_srgb, to_plain
from bot.media.encode import encode
from bot.media.encodings import ENCODINGS
from bot.media.metadata import strip

T = TypeVar("T")

FIT_SECONDS = 120  # waiting for a turn, and the work
_LOSSLESS = ("PNG", "BMP", "GIF")  # drawings and masks: JPEG would blur their edges
_SHRINK_ON_LOAD = 8  # the most that a JPEG decoder can skip
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by EXIF orientation

# One at a time: a picture of 50 megapixels takes some 200 MB while it is worked on.
_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is accepted: pixels a side, bytes, and formats by Pillow's names (of JPEG, PNG, WEBP; JPEG always)."""

    min_side: int
    max_side: int
    max_bytes: int
    formats: frozenset[str]

    def nearest(self, width: int, height: int) -> tuple[int, int]:
        """Return the size nearest to this one, in its aspect ratio, that is accepted.

        Raises `BadPicture` where there is none, the picture being too long and narrow.
        """
        short, long = sorted((width, height))
        if long * self.min_side > short * self.max_side:
            raise BadPicture(
                text(
                    "The picture is too long and narrow: one side may be at most {ratio} times the other. "
                    "Crop it and send it again.",
                    ratio=self.max_side // self.min_side,
                )
            )
        scale = max(self.min_side / short, min(1, self.max_side / long))
        return _within(width * scale, self), _within(height * scale, self)

    def hold(self, data: bytes) -> bool:
        """Say whether a picture is accepted as it is. Raises `BadPicture` for what is none."""
        info = inspect(data)
        sides = (info.width, info.height)
        is_in_size = self.min_side <= min(sides) and max(sides) <= self.max_side
        return is_in_size and len(data) <= self.max_bytes and info.format in self.formats


# The vendor's general bounds: 256 to 6000 pixels a side, smaller than 8 MB (read as the smaller, decimal ones).
VENDOR: Final = Bounds(min_side=256, max_side=6000, max_bytes=7_999_999, formats=frozenset(ENCODINGS))


@dataclass(frozen=True, slots=True)
class Fitted:
    """A picture within bounds. `changes` are the sentences that its sender should read, if any."""

    data: bytes
    content_type: str
    extension: str
    width: int
    height: int
    changes: tuple[Text, ...] = ()


async def fit_picture(data: bytes, bounds: Bounds = VENDOR) -> Fitted:
    """Fit a picture off the event loop, one after another.

    Raises `BadPicture` as `fit` does, and `Unavailable` where it has not been done within `FIT_SECONDS`.
    """
    return await in_turn(lambda: fit(data, bounds))


async def in_turn(work: Callable[[], T]) -> T:
    """Work on full-size pictures off the event loop, one after another.

    Raises what `work` does, and `Unavailable` where it has not been done within `FIT_SECONDS`.
    """
    try:
        async with asyncio.timeout(FIT_SECONDS):
            return await asyncio.get_running_loop().run_in_executor(_worker, work)
    except TimeoutError:
        raise Unavailable(text("Too many pictures are being prepared right now. Try again in a few minutes.")) from None


def fit(data: bytes, bounds: Bounds = VENDOR) -> Fitted:
    """Turn, convert, scale and compress a picture as far as the bounds ask for it, and no further.

    Raises `BadPicture` for what cannot be read or cannot fit.
    """
    info = inspect(data)
    target = bounds.nearest(info.width, info.height)
    kept = _kept(data, info, bounds) if target == (info.width, info.height) else None
    if kept is not None:
        return kept
    picture, animated = _decoded(data, target)
    if picture.size != target:
        picture = picture.resize(target, Image.Resampling.LANCZOS, reducing_gap=2.0)
    file = encode(
        picture,
        lossless=info.format in _LOSSLESS,
        formats=bounds.formats,
        max_bytes=bounds.max_bytes,
        min_side=bounds.min_side,
    )
    changes = _changes(info, (file.width, file.height), bounds, animated=animated)
    encoding = ENCODINGS[file.format]
    return Fitted(file.data, encoding.content_type, encoding.extension, file.width, file.height, changes)


def _kept(data: bytes, info: PictureInfo, bounds: Bounds) -> Fitted | None:
    if info.format not in bounds.formats:
        return None
    with opened(data) as picture:
        stripped = strip(data, info.format) if _is_plain(picture, data) else None
    if stripped is None or len(stripped) > bounds.max_bytes or not _is_sound(stripped):
        return None
    encoding = ENCODINGS[info.format]
    return Fitted(stripped, encoding.content_type, encoding.extension, info.width, info.height)


def _is_sound(data: bytes) -> bool:
    with suppress(BadPicture), opened(data) as picture:
        width, height = picture.size
        _skim(picture, (width // _SHRINK_ON_LOAD, height // _SHRINK_ON_LOAD))
        picture.load()
        return True
    return False


def _is_plain(picture: ImageFile.ImageFile, data: bytes) -> bool:
    return (
        picture.mode in PLAIN_MODES
        and orientation(picture) == 1
        and is_srgb(picture.info.get("icc_profile"))
        and not _is_animated(picture)
        and not _has_16_bit(picture, data)
    )


def _decoded(data: bytes, target: tuple[int, int]) -> tuple[Image.Image, bool]:
    with opened(data) as picture:
        animated = _is_animated(picture)
        turned = orientation(picture)
        _skim(picture, target[::-1] if turned in SIDEWAYS else target)
        picture.load()
        plain = to_plain(picture)
        return (plain.transpose(_TURNS[turned]) if turned in _TURNS else plain), animated


def _skim(picture: ImageFile.ImageFile, size: tuple[int, int]) -> None:
    # Elsewhere than in JPEG a draft may be another picture, such as an embedded thumbnail.
    if format_of(picture) == "JPEG":
        picture.draft(None, size)


def _is_animated(picture: ImageFile.ImageFile) -> bool:
    return picture.format in {"GIF", "PNG", "WEBP"} and bool(getattr(picture, "is_animated", False))


def _has_16_bit(picture: ImageFile.ImageFile, data: bytes) -> bool:
    return picture.format == "PNG" and data[24] > 8  # noqa: PLR2004  IHDR's bit depth; Pillow shows it only for grey


def _within(side: float, bounds: Bounds) -> int:
    return min(max(round(side), bounds.min_side), bounds.max_side)


def _changes(info: PictureInfo, size: tuple[int, int], bounds: Bounds, *, animated: bool) -> tuple[Text, ...]:
    changes = []
    sizes = {"old": verbatim(f"{info.width}×{info.height}"), "new": verbatim("{}×{}".format(*size))}
    if size[0] > info.width:
        changes.append(
            text(
                "The picture was enlarged from {old} to {new} pixels: the service needs at least {least} a side here.",
                least=bounds.min_side,
                **sizes,
            )
        )
    elif max(info.width, info.height) > bounds.max_side:
        changes.append(
            text(
                "The picture was scaled down from {old} to {new} pixels: the service takes at most {most} a side here.",
                most=bounds.max_side,
                **sizes,
            )
        )
    elif size[0] < info.width:
        changes.append(
            text(
                "The picture was scaled down from {old} to {new} pixels: its file was too large for the service.",
                **sizes,
            )
        )
    if animated:
        changes.append(text("Only the first frame of the animation is used."))
    return tuple(changes)
