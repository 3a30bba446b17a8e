"""Input pictures: what is wrong with them, and what is kept of them."""

import io
from dataclasses import dataclass

from PIL import Image, ImageOps
from pillow_heif import register_heif_opener

from bot.sandbox.vendor.errors import INVALID, Refused
from bot.sandbox.vendor.sizes import Size

register_heif_opener()

SHORTEST_SIDE = 256
_USUAL_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a family takes: formats by Pillow's names, and pixels a side, from 256 on."""

    formats: tuple[str, ...] = _USUAL_FORMATS
    longest: int = 6000


GENERAL = Bounds()
WITH_HEIF = Bounds((*_USUAL_FORMATS, "HEIF"))
TO_ENLARGE = Bounds((*_USUAL_FORMATS, "HEIF"), 2000)
FREE_CANVAS = Bounds((*_USUAL_FORMATS, "HEIF", "TIFF"), 5999)  # the document: smaller than 6000 here


@dataclass(frozen=True, slots=True)
class Source:
    """An input picture as it came; `size` is that of the picture standing upright."""

    content: bytes
    size: Size

    def open(self, size: Size | None = None) -> Image.Image:
        """Decode it: upright, RGB, what is transparent on white, scaled to `size`. Blocks."""
        wanted = size or self.size
        with Image.open(io.BytesIO(self.content)) as picture:
            if wanted != self.size:
                stored = picture.size == self.size
                picture.draft("RGB", wanted if stored else (wanted[1], wanted[0]))
            plain = _flattened(ImageOps.exif_transpose(picture))
        return plain if plain.size == wanted else plain.resize(wanted, Image.Resampling.LANCZOS, reducing_gap=3)

    def reference(self, side: int) -> bytes:
        """Keep only what is recognised in a drawing: JPEG bytes of at most `side` px a side. Blocks."""
        held = io.BytesIO()
        picture = self.open()
        picture.thumbnail((side, side))
        picture.save(held, "JPEG", quality=_QUALITY)
        return held.getvalue()


def check_picture(field: str, content: bytes, bounds: Bounds) -> Source:
    """Look at a picture through to its end; raises `Refused` with code 3 that names the field. Blocks."""
    try:
        with Image.open(io.BytesIO(content), formats=bounds.formats) as picture:
            _check_sides(field, picture.size, bounds.longest)
            picture.load()
            return Source(content, ImageOps.exif_transpose(picture).size)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(INVALID, f"{field}: must be a picture in {_named(bounds)}") from None


def _check_sides(field: str, size: Size, longest: int) -> None:
    if min(size) < SHORTEST_SIDE or max(size) > longest:
        allowed = f"{SHORTEST_SIDE}x{SHORTEST_SIDE} to {longest}x{longest}"
        raise Refused(INVALID, f"{field}: must be {allowed} px, is {size[0]}x{size[1]}")


def _named(bounds: Bounds) -> str:
    return ", ".join(name.lower() for name in bounds.formats).replace("jpeg", "jpg, jpeg")


def _flattened(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layered = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("RGB")
