"""The family `split`: cut a picture's subject out (section 九).

`hd_ratio` is a string, as the document's table says: a number is refused. The batch poll that the chapter prints is
another family's (`/v1/sup_res/results`); here it has its own path, unless `Vendor.split_batch` says otherwise.
"""

from typing import Annotated, Any

from PIL import Image
from pydantic import AfterValidator, StringConstraints
from starlette.requests import Request
from starlette.routing import Route

from bot.sandbox.vendor.errors import UNIMPLEMENTED, Refused
from bot.sandbox.vendor.fields import Format, Name, Strict, read_body
from bot.sandbox.vendor.inputs import TO_ENLARGE, Source
from bot.sandbox.vendor.models import Models, ServiceModel
from bot.sandbox.vendor.retouching.enlarge import enlarge
from bot.sandbox.vendor.retouching.subject import find_subject
from bot.sandbox.vendor.shape import Family, endpoint, models_route, order_route, result_route, results_route
from bot.sandbox.vendor.sizes import Size, brought_down, scaled
from bot.sandbox.vendor.tasks import Work, number_pictures
from bot.sandbox.vendor.vendor import Vendor

_MODELS = Models(
    ServiceModel("split_v1", "图像分割 Cut-out", "抠出画面主体。Cuts the subject out of a picture."), typed=True
)
_LEAST, _MOST = 1.0, 3.0


def _in_range(ratio: str) -> str:
    if not _LEAST < float(ratio) <= _MOST:
        raise ValueError("must be greater than 1.0 and at most 3.0")
    return ratio


class Imgen(Strict):
    """The body of `POST /v1/split/imgen`; it has no watermark."""

    model_id: Name
    img_url: Name
    hd_ratio: Annotated[str, StringConstraints(pattern=r"\A\d{1,2}(\.\d{1,9})?\z"), AfterValidator(_in_range)] = "1.5"
    format: Format = "PNG"


def split_routes(vendor: Vendor) -> list[Route]:
    """Build the family's calls."""
    family = Family("split", _MODELS.answer, _order)
    return [
        models_route(vendor, family),
        order_route(vendor, "split", "imgen", _order),
        result_route(vendor, "split"),
        results_route(vendor, "split") if vendor.split_batch else endpoint(vendor, "/v1/split/results", _unimplemented),
    ]


async def _unimplemented(_request: Request) -> Any:  # noqa: ANN401  JSON
    raise Refused(UNIMPLEMENTED)


async def _order(vendor: Vendor, body: bytes) -> Work:
    asked = read_body(Imgen, body)
    _MODELS.check(asked.model_id)
    source = await vendor.sources.fetch("img_url", asked.img_url, TO_ENLARGE)
    size = scaled(source.size, float(asked.hd_ratio))
    return Work(
        number_pictures(1),
        lambda _index, side: _cut_out(source, brought_down(size, side), transparent=asked.format == "PNG"),
        asked.format,
        effort=0.5,
        held=len(source.content),
    )


def _cut_out(source: Source, size: Size, *, transparent: bool) -> Image.Image:
    """Show the subject alone: on nothing, or on white where the format has no transparency."""
    original = source.open()
    mask = find_subject(original).resize(size, Image.Resampling.BICUBIC)
    picture = enlarge(original, size)
    if transparent:
        picture.putalpha(mask)
        return picture
    return Image.composite(picture, Image.new("RGB", size, "white"), mask)
