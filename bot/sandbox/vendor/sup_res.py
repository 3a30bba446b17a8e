"""The family `sup_res`: enlarge a picture (section 八)."""

from PIL import Image
from pydantic import Field
from starlette.routing import Route

from bot.sandbox.vendor.fields import Format, Name, Watermarked, read_body
from bot.sandbox.vendor.inputs import TO_ENLARGE
from bot.sandbox.vendor.models import Models, ServiceModel
from bot.sandbox.vendor.painting.marks import watermark
from bot.sandbox.vendor.retouching.enlarge import enlarge
from bot.sandbox.vendor.shape import Family, standard_routes
from bot.sandbox.vendor.sizes import brought_down, scaled
from bot.sandbox.vendor.tasks import Work, number_pictures
from bot.sandbox.vendor.vendor import Vendor

_MODELS = Models(
    ServiceModel(
        "super_resolution_v1", "超分辨率 Super resolution", "放大并锐化图片。Enlarges and sharpens a picture."
    ),
    typed=True,
)


class Imgen(Watermarked):
    """The body of `POST /v1/sup_res/imgen`: sides of at most 2000 px keep the result within 6000."""

    model_id: Name
    img_url: Name
    hd_ratio: float = Field(default=1.5, gt=1, le=3)
    format: Format = "JPG"


def sup_res_routes(vendor: Vendor) -> list[Route]:
    """Build the family's calls."""
    return standard_routes(vendor, Family("sup_res", _MODELS.answer, _order))


async def _order(vendor: Vendor, body: bytes) -> Work:
    asked = read_body(Imgen, body)
    _MODELS.check(asked.model_id)
    source = await vendor.sources.fetch("img_url", asked.img_url, TO_ENLARGE)
    size = scaled(source.size, asked.hd_ratio)

    def paint(_index: int, side: int | None) -> Image.Image:
        return watermark(enlarge(source.open(), brought_down(size, side)), asked.watermark)

    return Work(number_pictures(1), paint, asked.format, effort=0.5, held=len(source.content))
