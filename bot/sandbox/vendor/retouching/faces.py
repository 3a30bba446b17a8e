"""Find faces: ovals of skin with two dark eyes side by side, as the stand-in's own people have them.

A photo's frontal face is found where its skin stands off from what is behind. Eyes that take up little of the face
are a person's, big ones belong to the anime kind; each kind is found by its own detection only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from PIL import Image, ImageChops, ImageFilter, ImageStat

from bot.sandbox.vendor.retouching.palettes import outlines
from bot.sandbox.vendor.retouching.regions import Box, Region, draw_regions, find_regions
from bot.sandbox.vendor.sizes import brought_down, scaled

Kind = Literal["normal", "anime"]

_SEARCHED_SIDE = 640
_LEAST_SIDE = 14  # of a face, in the picture that is searched
_STUDIED_WIDTH = 96
_SHAPE = (0.55, 1.9)  # height over width
_LEAST_FILLED = 0.5  # of its rectangle, by the skin
_EYES_RISE = (0.2, 0.68)  # from the face's top
_EYES_APART = (0.24, 0.72)  # of the face's width
_EYE_AREA = (0.0015, 0.16)  # of the face's rectangle, one eye
_BIG_EYE = 0.035
_LEVEL = 0.08  # eyes' difference in height, of the face's
_CB = (80, 123)
_CR = (136, 180)
_TIGHTER = 0.8
_DARK = 0.5  # of the skin's brightness
_OUTLINE = 34  # levels: there a face ends, and brown hair or sand begins


@dataclass(frozen=True, slots=True)
class Face:
    """A face's rectangle, in pixels of the upright picture."""

    box: Box
    kind: Kind


def find_faces(picture: Image.Image, kind: Kind) -> list[Face]:
    """Find a picture's faces of one kind, from left to right. Blocks."""
    small = picture.resize(brought_down(picture.size, _SEARCHED_SIDE), Image.Resampling.BOX)
    share = picture.width / small.width
    skin = _skin(small)
    whole = _told(small, skin)
    parted = _told(small, ImageChops.subtract(skin, outlines(small, _OUTLINE)))
    found = [_tightened(face, parted) for face in whole]
    found += [face for face in parted if not any(_overlap(face.box, other.box) for other in found)]
    faces = [Face(_enlarged(face.box, share, picture.size), kind) for face in found if face.kind == kind]
    return sorted(faces, key=lambda face: (face.box[0], face.box[1]))


def _told(picture: Image.Image, skin: Image.Image) -> list[Face]:
    regions = filter(_may_be_face, find_regions(skin))
    return [Face(region.box, told) for region in regions if (told := _tell(picture, region))]


def _tightened(face: Face, parted: Iterable[Face]) -> Face:
    """Leave out the neck, and hair of the skin's colour, where outlines part them from the face."""
    for other in parted:
        if _overlap(face.box, other.box) and _area(other.box) < _TIGHTER * _area(face.box):
            return Face(other.box, face.kind)
    return face


def _skin(picture: Image.Image) -> Image.Image:
    _, blue, red = picture.convert("YCbCr").split()
    return ImageChops.darker(_between(blue, *_CB), _between(red, *_CR)).filter(ImageFilter.MedianFilter(3))


def _between(channel: Image.Image, low: int, high: int) -> Image.Image:
    return channel.point([255 if low <= level <= high else 0 for level in range(256)])


def _may_be_face(region: Region) -> bool:
    left, top, right, bottom = region.box
    width, height = right - left, bottom - top
    return (
        min(width, height) >= _LEAST_SIDE
        and _SHAPE[0] <= height / width <= _SHAPE[1]
        and region.area >= _LEAST_FILLED * width * height
    )


def _tell(picture: Image.Image, region: Region) -> Kind | None:
    """Look for two eyes, and tell by them what kind of face it is."""
    left, top, right, bottom = region.box
    width, height = right - left, bottom - top
    study = scaled((width, height), _STUDIED_WIDTH / width)
    skin = draw_regions([region], picture.size).crop(region.box).resize(study, Image.Resampling.NEAREST)
    grey = picture.crop(region.box).convert("L").resize(study, Image.Resampling.BICUBIC)
    eyes = [hole for hole in _holes(skin) if _may_be_eye(hole, grey, skin)]
    for one, other in combinations(eyes, 2):
        if _are_pair(one.box, other.box, study):
            return "anime" if (one.area + other.area) / 2 > _BIG_EYE * study[0] * study[1] else "normal"
    return None


def _holes(skin: Image.Image) -> list[Region]:
    return [hole for hole in find_regions(ImageChops.invert(skin)) if not hole.touches_edge(skin.size)]


def _may_be_eye(hole: Region, grey: Image.Image, skin: Image.Image) -> bool:
    least, most = (share * skin.width * skin.height for share in _EYE_AREA)
    if not least <= hole.area <= most:
        return False
    darkest = next(level for level, count in enumerate(grey.crop(hole.box).histogram()) if count)
    return darkest < _DARK * _median(grey, skin)


def _median(grey: Image.Image, mask: Image.Image) -> int:
    return ImageStat.Stat(grey, mask).median[0]


def _are_pair(one: Box, other: Box, size: tuple[int, int]) -> bool:
    width, height = size
    (x1, y1), (x2, y2) = _middle(one), _middle(other)
    apart, middle = abs(x1 - x2) / width, (x1 + x2) / 2 / width
    rise = (y1 + y2) / 2 / height
    return (
        abs(y1 - y2) <= _LEVEL * height
        and _EYES_APART[0] <= apart <= _EYES_APART[1]
        and _EYES_RISE[0] <= rise <= _EYES_RISE[1]
        and abs(middle - 0.5) <= _LEVEL * 2
    )


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _enlarged(box: Box, share: float, size: tuple[int, int]) -> Box:
    left, top, right, bottom = (round(side * share) for side in box)
    return max(0, left), max(0, top), min(size[0], right), min(size[1], bottom)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
