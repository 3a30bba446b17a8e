"""Orders of `face`, checked: what is to be looked at, and who is to be put where."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from bot.sandbox.vendor import words
from bot.sandbox.vendor.errors import INVALID, SENSITIVE, Refused
from bot.sandbox.vendor.face.request import Detect, Imggen
from bot.sandbox.vendor.fields import read_body
from bot.sandbox.vendor.inputs import Source
from bot.sandbox.vendor.models import Models, ServiceModel
from bot.sandbox.vendor.painting.marks import watermark
from bot.sandbox.vendor.retouching.faces import Kind, find_faces
from bot.sandbox.vendor.retouching.regions import Box
from bot.sandbox.vendor.retouching.swap import swap_face
from bot.sandbox.vendor.sizes import Size, brought_down
from bot.sandbox.vendor.tasks import Picture, Work
from bot.sandbox.vendor.vendor import Vendor

MODELS = Models(
    ServiceModel("faceswap_v1", "通用换脸 Face swap", "照片换脸。For photos."),
    ServiceModel("faceswap_yw", "二次元换脸 Anime face swap", "动漫图片换脸。For drawings in anime style."),
)
_KINDS: Mapping[str, Kind] = {"faceswap_v1": "normal", "faceswap_yw": "anime"}


@dataclass(frozen=True, slots=True)
class _Looked:
    """A picture and its faces, from left to right."""

    source: Source
    boxes: Sequence[Box]


async def order_detection(vendor: Vendor, body: bytes) -> Work:
    """Check an order to find faces, and find them."""
    asked = read_body(Detect, body)
    looked = await _look(vendor, "img_url", asked.img_url, asked.type)
    return Work(detail={"boxes": looked.boxes}, effort=0.2)


async def order_swap(vendor: Vendor, body: bytes) -> Work:
    """Check an order to replace faces: its fields, its words, its pictures, and that the faces are there."""
    asked = read_body(Imggen, body)
    MODELS.check(asked.model_id)
    if words.is_sensitive(asked.prompt):
        raise Refused(SENSITIVE)
    _check_doubles(asked)
    base, references = await _look_at_all(vendor, asked)
    _check_numbers(asked, base, references)
    return Work(
        (Picture(0),),
        lambda _index, side: watermark(_swapped(asked, base, references, side), asked.watermark),
        asked.format,
        effort=0.6 + 0.1 * len(asked.faces),
        held=sum(len(looked.source.content) for looked in (base, *references.values())),
    ).fated(asked.prompt)


def _check_doubles(asked: Imggen) -> None:
    replaced = [face.base_index for face in asked.faces]
    if len(set(replaced)) < len(replaced):
        raise Refused(INVALID, "faces: a base_index is there twice")


async def _look_at_all(vendor: Vendor, asked: Imggen) -> tuple[_Looked, dict[str, _Looked]]:
    """Bring the base and, each once, the reference pictures."""
    kind = _KINDS[asked.model_id]
    fields = {face.url: f"faces.{place}.url" for place, face in reversed(list(enumerate(asked.faces)))}
    base, *others = await asyncio.gather(
        _look(vendor, "base_img.url", asked.base_img.url, kind),
        *(_look(vendor, field, url, kind) for url, field in fields.items()),
    )
    return base, dict(zip(fields, others, strict=True))


async def _look(vendor: Vendor, field: str, url: str, kind: Kind) -> _Looked:
    source = await vendor.sources.fetch(field, url)
    async with vendor.drawing:
        faces = await asyncio.to_thread(lambda: find_faces(source.open(), kind))
    return _Looked(source, [face.box for face in faces])


def _check_numbers(asked: Imggen, base: _Looked, references: Mapping[str, _Looked]) -> None:
    for place, face in enumerate(asked.faces):
        for name, number, looked in (
            ("index", face.index, references[face.url]),
            ("base_index", face.base_index, base),
        ):
            if number >= len(looked.boxes):
                raise Refused(INVALID, f"faces.{place}.{name}: the picture has {len(looked.boxes)} faces")


def _swapped(asked: Imggen, base: _Looked, references: Mapping[str, _Looked], side: int | None) -> Image.Image:
    size = brought_down(base.source.size, side)
    picture = base.source.open(size)
    for face in asked.faces:
        reference = references[face.url]
        new = reference.source.open().crop(reference.boxes[face.index])
        swap_face(picture, _brought(base.boxes[face.base_index], base.source.size, size), new, asked.alike)
    return picture


def _brought(box: Box, from_size: Size, to_size: Size) -> Box:
    left, top, right, bottom = (round(edge * to_size[0] / from_size[0]) for edge in box)
    return left, top, max(left + 1, right), max(top + 1, bottom)
