"""Parts of a picture painted anew (the vendor's document, section 七)."""

from pydantic import Field

from bot.miaohua.family import Family
from bot.miaohua.requests import (
    Flag,
    Format,
    Id,
    ImageUrl,
    NegativePrompt,
    Number,
    Order,
    Prompt,
    Samples,
    Watermark,
    Whole,
)
from bot.miaohua.tasks import Task


class InpaintRequest(Order):
    """Paint anew what the mask covers, as the prompt says. The result is as large as the picture."""

    model_id: Id
    samples: Samples = 1
    img_url: ImageUrl
    mask_img_url: ImageUrl
    """Black is painted anew, white is kept; in the picture's aspect ratio."""
    format: Format = "JPG"
    prompt: Prompt
    force_translation: Flag = False
    add_prompt: Flag = False
    """Let the vendor enrich the prompt."""
    neg_prompt: NegativePrompt | None = None
    repaint_strength: Number = Field(default=1, ge=0.1, le=1)
    """The larger, the less of the original stays."""
    cfg_scale: Number = Field(default=8, ge=1, le=20)
    seed: Whole = Field(default=0, ge=0, lt=9_999_999)
    """0 is random; with n samples the seeds are seed, seed + 1, ... One digit shorter than `imgenstd`'s."""
    steps: Whole = Field(default=30, gt=0, le=70)
    watermark_config: Watermark | None = None


class Inpaint(Family[InpaintRequest, Task]):
    """The calls of `/v1/inpaint`."""

    name = "inpaint"
    reads = Task
