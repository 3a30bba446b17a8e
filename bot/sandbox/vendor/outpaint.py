"""The family `outpaint`: grow a picture's canvas (section 五).

The original takes up one part in `outpaint_ratio` of each side; where `height` and `width` say so, or the result would
be longer than 6000 px, all is scaled. A free canvas' sizes are cut to multiples of 64, its offsets to multiples of 8:
the document's remainders are ignored.
"""

import random
from collections.abc import Callable
from typing import Annotated, Literal, Self

from PIL import Image
from pydantic import Field, model_validator
from starlette.routing import Route

from bot.sandbox.vendor.errors import INVALID, Refused
from bot.sandbox.vendor.fields import Format, Name, Samples, Side, Watermark, Watermarked, read_body
from bot.sandbox.vendor.inputs import FREE_CANVAS, Source
from bot.sandbox.vendor.models import Models, ServiceModel
from bot.sandbox.vendor.painting.marks import watermark
from bot.sandbox.vendor.retouching.expand import expand
from bot.sandbox.vendor.retouching.regions import Box
from bot.sandbox.vendor.shape import Family, order_route, standard_routes
from bot.sandbox.vendor.sizes import LONGEST_RESULT, Size, brought_down, same_shape, scaled
from bot.sandbox.vendor.tasks import Work, number_pictures
from bot.sandbox.vendor.vendor import Vendor

Position = Literal[
    "", "topleft", "topmiddle", "topright", "middleleft", "middle", "middleright", "bottomleft", "bottommiddle",
    "bottomright",
]  # fmt: skip
Offset = Annotated[int, Field(ge=0, le=6000)]

_MODELS = Models(ServiceModel("outpaint_v1", "扩图 Outpaint", "把画面向外延伸。Continues a picture beyond its edges."))
_SIZE_STEP = 64
_OFFSET_STEP = 8


class Imgen(Watermarked):
    """The body of `POST /v1/outpaint/imgen`; the position has two names, and one of them is enough."""

    model_id: Name
    img_url: Name
    samples: Samples = 1
    outpaint_ratio: float = Field(default=1.5, gt=1, le=5)
    height: Side = 0
    width: Side = 0
    align_position: Position = ""
    type: Position = ""
    format: Format = "JPG"

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if self.align_position and self.type:
            raise ValueError("give either align_position or type")
        return self

    @property
    def position(self) -> Position:
        """Name where the original lies."""
        return self.align_position or self.type or "middle"


class ImgenFree(Watermarked):
    """The body of `POST /v1/outpaint/imgen_free`."""

    model_id: Name
    img_url: Name
    samples: Samples = 1
    height: Side
    width: Side
    free_x: Offset = 0
    free_y: Offset = 0
    format: Format = "JPG"


def outpaint_routes(vendor: Vendor) -> list[Route]:
    """Build the family's calls."""
    return [
        *standard_routes(vendor, Family("outpaint", _MODELS.answer, _expand)),
        order_route(vendor, "outpaint", "imgen_free", _expand_freely),
    ]


async def _expand(vendor: Vendor, body: bytes) -> Work:
    asked = read_body(Imgen, body)
    _MODELS.check(asked.model_id)
    source = await vendor.sources.fetch("img_url", asked.img_url)
    size = _result_size(asked, source.size)
    if not same_shape(size, source.size):
        raise Refused(INVALID, "height, width: must have the aspect ratio of img_url, within 1%")
    return _work(source, size, _aligned(size, asked.outpaint_ratio, asked.position), asked)


async def _expand_freely(vendor: Vendor, body: bytes) -> Work:
    asked = read_body(ImgenFree, body)
    _MODELS.check(asked.model_id)
    source = await vendor.sources.fetch("img_url", asked.img_url, FREE_CANVAS)
    size = _cut(asked.width, _SIZE_STEP), _cut(asked.height, _SIZE_STEP)
    left, top = _cut(asked.free_x, _OFFSET_STEP), _cut(asked.free_y, _OFFSET_STEP)
    box = left, top, left + source.size[0], top + source.size[1]
    for name, side, end in (("width", size[0], box[2]), ("height", size[1], box[3])):
        if side <= end:
            raise Refused(INVALID, f"{name}: must be greater than the original's and its offset, {end}")
    return _work(source, size, box, asked)


def _work(source: Source, size: Size, box: Box, asked: Imgen | ImgenFree) -> Work:
    pictures = number_pictures(asked.samples)
    paint = _painter(source, size, box, asked.watermark)
    return Work(
        pictures,
        lambda index, side: paint(pictures[index].seed, side),
        asked.format,
        effort=0.7 + 0.15 * asked.samples,
        held=len(source.content),
    )


def _painter(source: Source, size: Size, box: Box, mark: Watermark | None) -> Callable[[int, int | None], Image.Image]:
    def paint(seed: int, side: int | None) -> Image.Image:
        shown = brought_down(size, side)
        left, top, right, bottom = (round(edge * shown[0] / size[0]) for edge in box)
        picture = source.open((max(1, right - left), max(1, bottom - top)))
        placed = left, top, left + picture.width, top + picture.height
        chance = random.Random(seed)  # noqa: S311  it is to be repeatable
        return watermark(expand(picture, shown, placed, chance), mark)

    return paint


def _result_size(asked: Imgen, original: Size) -> Size:
    usual = scaled(original, asked.outpaint_ratio)
    if max(usual) > LONGEST_RESULT:
        usual = scaled(original, LONGEST_RESULT / max(original))
    return asked.width or usual[0], asked.height or usual[1]


def _aligned(size: Size, ratio: float, position: Position) -> Box:
    """Place the original: a ninth of the room, by the position's name."""
    width, height = scaled(size, 1 / ratio)
    across = 0.0 if position.endswith("left") else 1.0 if position.endswith("right") else 0.5
    down = 0.0 if position.startswith("top") else 1.0 if position.startswith("bottom") else 0.5
    left, top = round((size[0] - width) * across), round((size[1] - height) * down)
    return left, top, left + width, top + height


def _cut(number: int, step: int) -> int:
    return number - number % step
