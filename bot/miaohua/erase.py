"""Things erased from a picture (the vendor's document, section 四)."""

from typing import Literal

from bot.miaohua.family import Family
from bot.miaohua.requests import Format, Id, ImageUrl, Order, Samples, Watermark
from bot.miaohua.tasks import Task


class CutoutRequest(Order):
    """Smart selection: turn a rough mark into the mask of the thing that is marked. `mask_type` says how it is marked.

    The document's example shows erasing's own path; its text says `cutout`.
    """

    action = "cutout"

    model_id: Id
    img_url: ImageUrl
    mask_img_url: ImageUrl
    """Black marks, white does not; in the picture's aspect ratio."""
    format: Format = "JPG"
    watermark_config: Watermark | None = None
    mask_type: Literal["smear", "box", "circle", "line", "point"] = "smear"


class EraseRequest(Order):
    """Erase what the mask covers. The result is as large as the picture."""

    model_id: Id
    samples: Samples = 1
    img_url: ImageUrl
    mask_img_url: ImageUrl
    """Black is erased, white is kept; in the picture's aspect ratio."""
    mask_type: Literal["free", "smear", "box", "circle", "line", "point"] = "free"
    format: Format = "JPG"
    watermark_config: Watermark | None = None


class Erase(Family[EraseRequest | CutoutRequest, Task]):
    """The calls of `/v1/erase`. Masks that `CutoutRequest` makes are results like any other."""

    name = "erase"
    reads = Task
