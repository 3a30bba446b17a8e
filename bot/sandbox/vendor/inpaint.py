"""The family `inpaint`: repaint a part of a picture after a prompt (section 七)."""

from typing import Annotated

from PIL import Image
from pydantic import Field
from starlette.routing import Route

from bot.sandbox.vendor import words
from bot.sandbox.vendor.errors import SENSITIVE, Refused
from bot.sandbox.vendor.fields import Format, Name, NotBlank, Prompt, Samples, Watermarked, read_body
from bot.sandbox.vendor.masks import fetch_masked
from bot.sandbox.vendor.models import Models, ServiceModel
from bot.sandbox.vendor.painting.marks import watermark
from bot.sandbox.vendor.painting.painter import Commission
from bot.sandbox.vendor.retouching.repaint import repaint
from bot.sandbox.vendor.shape import Family, standard_routes
from bot.sandbox.vendor.sizes import brought_down
from bot.sandbox.vendor.tasks import Work, number_pictures
from bot.sandbox.vendor.vendor import Vendor

_MODELS = Models(
    ServiceModel(
        "inpaint_v0.1", "局部重绘 Inpaint", "按提示词重绘涂抹区域。Paints what you ask for into the marked area."
    ),
    typed=True,
)
_SEED_END = 9999999  # a digit less than elsewhere
_USUAL_STEPS = 30


class Imgen(Watermarked):
    """The body of `POST /v1/inpaint/imgen`."""

    model_id: Name
    samples: Samples = 1
    img_url: Name
    mask_img_url: Name
    format: Format = "JPG"
    prompt: Annotated[Prompt, NotBlank]
    force_translation: bool = False
    add_prompt: bool = False
    neg_prompt: Prompt = ""
    repaint_strength: float = Field(default=1, ge=0.1, le=1)
    cfg_scale: float = Field(default=8, ge=1, le=20)
    seed: int = Field(default=0, ge=0, lt=_SEED_END)
    steps: int = Field(default=30, gt=0, le=70)


def inpaint_routes(vendor: Vendor) -> list[Route]:
    """Build the family's calls."""
    return standard_routes(vendor, Family("inpaint", _MODELS.answer, _order))


async def _order(vendor: Vendor, body: bytes) -> Work:
    asked = read_body(Imgen, body)
    _MODELS.check(asked.model_id)
    if words.is_sensitive(asked.prompt):
        raise Refused(SENSITIVE)
    masked = await fetch_masked(vendor, asked.img_url, asked.mask_img_url)
    pictures = number_pictures(asked.samples, asked.seed, _SEED_END)
    commission = _commission(asked, *masked.source.size)

    def paint(index: int, side: int | None) -> Image.Image:
        picture, hole = masked.open(brought_down(masked.source.size, side))
        changed = repaint(picture, hole, commission, pictures[index].seed, asked.repaint_strength)
        return watermark(changed, asked.watermark)

    effort = (0.4 + 0.6 * asked.steps / _USUAL_STEPS) * (0.8 + 0.2 * asked.samples)
    return Work(pictures, paint, asked.format, effort=effort, held=masked.held).fated(asked.prompt)


def _commission(asked: Imgen, width: int, height: int) -> Commission:
    return Commission(
        prompt=asked.prompt,
        neg_prompt=asked.neg_prompt,
        model_id=asked.model_id,
        width=width,
        height=height,
        steps=asked.steps,
        cfg_scale=asked.cfg_scale,
        enriched=asked.add_prompt,
    )
