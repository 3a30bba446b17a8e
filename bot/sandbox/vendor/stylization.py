"""The family `stylization`: paint a picture anew in a style (section 六)."""

import asyncio
import base64
import binascii
from collections.abc import Mapping
from typing import Any, Literal, Self

from PIL import Image
from pydantic import model_validator
from starlette.requests import Request
from starlette.routing import Route

from bot.sandbox.vendor.errors import INTERNAL, INVALID, Refused
from bot.sandbox.vendor.fields import Batch, Format, Name, Samples, Side, Strict, Watermarked, read_body, read_query
from bot.sandbox.vendor.inputs import Source
from bot.sandbox.vendor.links import PictureSize
from bot.sandbox.vendor.models import Models, ServiceModel
from bot.sandbox.vendor.painting.looks import NamedLook, apply_look
from bot.sandbox.vendor.painting.marks import watermark
from bot.sandbox.vendor.pictures import draw, media_type
from bot.sandbox.vendor.shape import Family, accept, describe, endpoint, find_task, models_route, order_route
from bot.sandbox.vendor.sizes import brought_down, same_shape
from bot.sandbox.vendor.tasks import Task, Work, number_pictures
from bot.sandbox.vendor.vendor import Vendor

LONGEST_BASE64 = 7 * 1024 * 1024  # characters, without a Data URL's head
GetType = Literal["url", "base64"]

# Look: (id, name, description).
_STYLES: Mapping[NamedLook, tuple[str, str, str]] = {
    "water": ("style_watercolor", "水彩 Watercolour", "湿润通透的水彩画。Wet paint on rough paper."),
    "comic": ("style_comic", "漫画 Comic", "粗线条与网点。Bold ink and a screen of dots."),
    "pencil": ("style_pencil", "铅笔素描 Pencil sketch", "排线素描。Lines and hatching on paper."),
    "pixel": ("style_pixel", "像素 Pixel art", "八位机游戏画风。Like an old game."),
    "oil": ("style_oil", "油画 Oil painting", "厚涂笔触。Thick strokes of paint."),
    "pop": ("style_pop_art", "波普 Pop art", "四格套色版画。Four prints in bright inks."),
    "ink": ("style_ink", "水墨 Ink wash", "宣纸上的墨色。Ink on rice paper."),
    "neon": ("style_neon", "霓虹 Neon night", "赛博朋克灯光。Cyberpunk light."),
    "paper": ("style_papercut", "剪纸 Paper cut", "层层彩纸。Layers of coloured paper."),
    "film": ("style_film", "胶片 Warm film", "暖色老胶片。Warm old film stock."),
}
_LOOKS = {model_id: look for look, (model_id, _, _) in _STYLES.items()}
_MODELS = Models(*(ServiceModel(*described) for described in _STYLES.values()))


class Imgen(Watermarked):
    """The body of `POST /v1/stylization/imgen`; of two pictures, the one with an address counts."""

    model_id: Name
    samples: Samples = 1
    height: Side = 0
    width: Side = 0
    format: Format = "JPG"
    img_url: str = ""
    img_base64: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.img_url and not self.img_base64:
            raise ValueError("img_url must not be empty where there is no img_base64")
        if bool(self.height) != bool(self.width):
            raise ValueError("height and width must come together")
        return self


class ImgenSync(Imgen):
    """The body of `POST /v1/stylization/imgen_sync`."""

    get_type: GetType = "url"


class ResultQuery(Strict):
    """The query of the poll of one task."""

    get_type: GetType = "url"


class ResultsBody(Batch):
    """The body of the poll of many tasks."""

    get_type: GetType = "url"


def stylization_routes(vendor: Vendor) -> list[Route]:
    """Build the family's calls."""

    async def result(request: Request) -> Any:  # noqa: ANN401  JSON
        asked = read_query(ResultQuery, request.query_params)
        return await _answer(vendor, find_task(vendor, request, "stylization"), request, asked.get_type)

    async def results(request: Request) -> Any:  # noqa: ANN401  JSON
        asked = read_body(ResultsBody, await request.body())
        found = vendor.tasks.select("stylization", asked.task_ids)
        return {"results": [await _answer(vendor, task, request, asked.get_type) for task in found]}

    async def imgen_sync(request: Request) -> Any:  # noqa: ANN401  JSON
        asked = read_body(ImgenSync, await request.body())
        task = await accept(vendor, request, "stylization", "imgen_sync", _order_sync, at_once=True)
        if task.work.outcome != "SUCCESS":
            raise Refused(INTERNAL)
        return _without_state(await _answer(vendor, task, request, asked.get_type))

    return [
        models_route(vendor, Family("stylization", _MODELS.answer, _order)),
        order_route(vendor, "stylization", "imgen", _order),
        endpoint(vendor, "/v1/stylization/result/{task_id}", result),
        endpoint(vendor, "/v1/stylization/results", results),
        endpoint(vendor, "/v1/stylization/imgen_sync", imgen_sync, "POST"),
    ]


async def _order(vendor: Vendor, body: bytes) -> Work:
    return await _accepted(vendor, read_body(Imgen, body))


async def _order_sync(vendor: Vendor, body: bytes) -> Work:
    return await _accepted(vendor, read_body(ImgenSync, body))


async def _accepted(vendor: Vendor, asked: Imgen) -> Work:
    _MODELS.check(asked.model_id)
    source = await _source(vendor, asked)
    size = (asked.width, asked.height) if asked.width else source.size
    if not same_shape(size, source.size):
        raise Refused(INVALID, "height, width: must have the original's aspect ratio")
    look = _LOOKS[asked.model_id]

    def paint(index: int, side: int | None) -> Image.Image:
        picture = source.open(brought_down(size, side))
        return watermark(apply_look(picture, look, _weight(index)), asked.watermark)

    effort = 0.5 + 0.1 * asked.samples
    return Work(number_pictures(asked.samples), paint, asked.format, effort=effort, held=len(source.content))


def _weight(index: int) -> float:
    """Let each further sample be a little fainter, so that no two are the same."""
    return 1 - 0.05 * index


async def _source(vendor: Vendor, asked: Imgen) -> Source:
    if asked.img_url:
        return await vendor.sources.fetch("img_url", asked.img_url)
    content = await asyncio.to_thread(_decoded, asked.img_base64)
    return await vendor.sources.check("img_base64", content)


def _decoded(text: str) -> bytes:
    """Read a Data URL or bare base64."""
    data = text
    if text.startswith("data:"):
        head, _, data = text.partition(",")
        if not head.startswith("data:image/") or not head.endswith(";base64"):
            raise Refused(INVALID, "img_base64: must be a Data URL of a picture in base64")
    if len(data) > LONGEST_BASE64:
        raise Refused(INVALID, "img_base64: larger than 7 MB")
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(INVALID, "img_base64: is no base64") from None


async def _answer(vendor: Vendor, task: Task, request: Request, get_type: GetType) -> dict[str, Any]:
    described = describe(vendor, task, str(request.base_url))
    if get_type == "base64":
        for image in described["images"]:
            if not image["error_code"]:
                for size in ("small", "raw"):
                    image[size] = await _data_url(vendor, task, image["index"], size)
    return described


async def _data_url(vendor: Vendor, task: Task, index: int, size: PictureSize) -> str:
    content = await draw(vendor, task, index, size)
    return f"data:{media_type(task)};base64,{base64.b64encode(content).decode()}"


def _without_state(described: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the answer at once does not have: the state's message, and seeds."""
    images = [{name: value for name, value in image.items() if name != "seed"} for image in described["images"]]
    return {"state": described["state"], "task_id": described["task_id"], "images": images}
