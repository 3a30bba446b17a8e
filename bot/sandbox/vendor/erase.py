"""The family `erase`: take things out of a picture, and find the outline of what is marked (section 四)."""

import random
from typing import Literal

from PIL import Image
from starlette.routing import Route

from bot.sandbox.vendor.fields import Format, Name, Samples, Watermarked, read_body
from bot.sandbox.vendor.inputs import WITH_HEIF
from bot.sandbox.vendor.masks import Masked, fetch_masked
from bot.sandbox.vendor.models import Models, ServiceModel
from bot.sandbox.vendor.painting.marks import watermark
from bot.sandbox.vendor.retouching.fill import fill
from bot.sandbox.vendor.retouching.subject import MarkType, find_marked
from bot.sandbox.vendor.shape import Family, order_route, standard_routes
from bot.sandbox.vendor.sizes import brought_down
from bot.sandbox.vendor.tasks import Work, number_pictures
from bot.sandbox.vendor.vendor import Vendor

_MODELS = Models(
    ServiceModel("erase_v0.1", "智能擦除 Erase", "擦除涂抹区域并补全背景。Takes things away and closes the gap.")
)


class Imgen(Watermarked):
    """The body of `POST /v1/erase/imgen`."""

    model_id: Name
    samples: Samples = 1
    img_url: Name
    mask_img_url: Name
    mask_type: Literal["free", MarkType] = "free"
    format: Format = "JPG"


class Cutout(Watermarked):
    """The body of `POST /v1/erase/cutout`."""

    model_id: Name
    img_url: Name
    mask_img_url: Name
    format: Format = "JPG"
    mask_type: MarkType = "smear"


def erase_routes(vendor: Vendor) -> list[Route]:
    """Build the family's calls."""
    return [
        *standard_routes(vendor, Family("erase", _MODELS.answer, _erase)),
        order_route(vendor, "erase", "cutout", _cutout),
    ]


async def _erase(vendor: Vendor, body: bytes) -> Work:
    asked = read_body(Imgen, body)
    _MODELS.check(asked.model_id)
    masked = await fetch_masked(vendor, asked.img_url, asked.mask_img_url)
    pictures = number_pictures(asked.samples)

    def paint(index: int, side: int | None) -> Image.Image:
        picture, hole = masked.open(brought_down(masked.source.size, side))
        chance = random.Random(pictures[index].seed)  # noqa: S311  it is to be repeatable
        return watermark(fill(picture, hole, chance), asked.watermark)

    return Work(pictures, paint, asked.format, effort=0.4 + 0.1 * asked.samples, held=masked.held)


async def _cutout(vendor: Vendor, body: bytes) -> Work:
    asked = read_body(Cutout, body)
    _MODELS.check(asked.model_id)
    masked = await fetch_masked(vendor, asked.img_url, asked.mask_img_url, WITH_HEIF)
    return Work(
        number_pictures(1),
        lambda _index, side: _outline(masked, asked.mask_type, side),
        asked.format,
        effort=0.3,
        held=masked.held,
    )


def _outline(masked: Masked, kind: MarkType, side: int | None) -> Image.Image:
    """Draw the thing's mask, black on white; a watermark would spoil it, and is left out."""
    picture, mark = masked.open(brought_down(masked.source.size, side))
    return find_marked(picture, mark, kind).point(lambda level: 255 - level).convert("RGB")
