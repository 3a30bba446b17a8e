"""Pictures made larger (the vendor's document, section 八)."""

from bot.miaohua.family import Family
from bot.miaohua.requests import Format, HdRatio, Id, ImageUrl, Order, Watermark
from bot.miaohua.tasks import Task


class SupResRequest(Order):
    """Make a picture of 256 to 2000 pixels a side larger."""

    model_id: Id
    img_url: ImageUrl
    hd_ratio: HdRatio = 1.5
    format: Format = "JPG"
    watermark_config: Watermark | None = None


class SupRes(Family[SupResRequest, Task]):
    """The calls of `/v1/sup_res`."""

    name = "sup_res"
    reads = Task
