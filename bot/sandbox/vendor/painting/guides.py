"""Pictures that a picture is made after: the source of image to image, and ControlNets."""

import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter, ImageOps

from bot.sandbox.vendor.painting.colours import INK, WHITE


@dataclass(frozen=True, slots=True)
class Guide:
    """One ControlNet and its picture; `weight` in (0,2], thresholds are canny's."""

    type: str
    picture: bytes
    weight: float
    thresholds: tuple[int, int] = (100, 200)
    inverted: bool = False


def follow_source(painted: Image.Image, source: bytes, freedom: float) -> Image.Image:
    """Paint over a source picture: at freedom 0 little of the painting shows, at 1 little of the source."""
    return Image.blend(_fitted(source, painted.size), painted, 0.12 + 0.56 * freedom)


def follow_guide(painted: Image.Image, guide: Guide) -> Image.Image:
    """Let a ControlNet's picture show through, in the way of its type."""
    picture = _fitted(guide.picture, painted.size)
    return _WAYS.get(guide.type, _areas)(painted, picture, guide)


def _fitted(picture: bytes, size: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(picture)) as opened:
        return ImageOps.fit(opened.convert("RGB"), size, Image.Resampling.BICUBIC)


def _share(guide: Guide) -> float:
    return min(1.0, 0.3 + guide.weight * 0.45)


def _outlines(painted: Image.Image, picture: Image.Image, guide: Guide) -> Image.Image:
    """Draw the picture's edges in ink over a lighter painting."""
    soft = 2.4 if guide.type in {"softedge", "scribble"} else 1.0
    grey = picture.convert("L").filter(ImageFilter.GaussianBlur(soft))
    edges = _unframed(grey.filter(ImageFilter.FIND_EDGES))
    low, high = sorted(guide.thresholds)
    gain = 2.0 if soft > 1 else 1.0  # gives back what the blur took from the edges
    floor, full = low / 6 / gain, max(high / 5, low / 6 + 1) / gain
    ramp = [255 * _share(guide) * min(1.0, max(0.0, (level - floor) / (full - floor))) for level in range(256)]
    mask = edges.point(ramp).filter(ImageFilter.MaxFilter(3))
    quiet = Image.blend(painted, Image.new("RGB", painted.size, WHITE), 0.18)
    quiet.paste(WHITE if guide.inverted else INK, (0, 0), mask)
    return quiet


def _unframed(edges: Image.Image) -> Image.Image:
    """Blacken the rim, where the edge filter copies the picture itself."""
    return ImageOps.expand(ImageOps.crop(edges, 3), 3)


def _relief(painted: Image.Image, picture: Image.Image, guide: Guide) -> Image.Image:
    """Light the painting as if it lay on the picture's relief."""
    relief = picture.convert("L").filter(ImageFilter.GaussianBlur(1.5)).filter(ImageFilter.EMBOSS)
    relief = relief.point([max(0, min(255, 128 + (level - 128) * 6)) for level in range(256)])
    lit = ImageChops.overlay(painted, Image.merge("RGB", (relief, relief, relief)))
    return Image.blend(painted, lit, _share(guide))


def _depths(painted: Image.Image, picture: Image.Image, guide: Guide) -> Image.Image:
    """Darken what is dark in the picture, softly: as if it lay further away."""
    depth = ImageOps.autocontrast(picture.convert("L")).filter(ImageFilter.GaussianBlur(max(painted.size) / 320))
    lit = ImageChops.overlay(painted, Image.merge("RGB", (depth, depth, depth)))
    return Image.blend(painted, lit, _share(guide))


def _areas(painted: Image.Image, picture: Image.Image, guide: Guide) -> Image.Image:
    """Lay the picture's areas, in few colours, over the painting."""
    small = picture.resize((picture.width // 4, picture.height // 4), Image.Resampling.BOX)
    areas = (
        small.filter(ImageFilter.ModeFilter(7))
        .quantize(7)
        .convert("RGB")
        .resize(painted.size, Image.Resampling.NEAREST)
    )
    return Image.blend(painted, ImageChops.soft_light(painted, areas), 0.5 + _share(guide) / 2)


_WAYS: dict[str, Callable[[Image.Image, Image.Image, Guide], Image.Image]] = {
    "canny": _outlines,
    "softedge": _outlines,
    "scribble": _outlines,
    "openpose": _outlines,
    "depth": _depths,
    "normal": _relief,
    "seg": _areas,
}
