"""Pictures continued beyond their edges (the vendor's document, section 五)."""

from typing import Annotated, Literal

from pydantic import Field, Strict

from bot.miaohua.errors import InvalidRequest
from bot.miaohua.family import Family
from bot.miaohua.requests import Format, Id, ImageUrl, Number, Order, Resizing, Samples, Watermark
from bot.miaohua.tasks import Task

AlignPosition = Literal[
    "topleft",
    "topmiddle",
    "topright",
    "middleleft",
    "middle",
    "middleright",
    "bottomleft",
    "bottommiddle",
    "bottomright",
]

_FreeSide = Annotated[int, Strict(), Field(ge=640, le=6000, multiple_of=64)]
_Offset = Annotated[int, Strict(), Field(ge=0, le=6000, multiple_of=8)]


class OutpaintRequest(Resizing):
    """Continue a picture on all sides in its own aspect ratio; `align_position` is where the original comes to lie.

    Without height and width the result is `outpaint_ratio` times as large, its longest side at most 6000 pixels.
    """

    model_id: Id
    img_url: ImageUrl
    samples: Samples = 1
    outpaint_ratio: Number = Field(default=1.5, gt=1, le=5)
    align_position: AlignPosition = "middle"
    format: Format = "JPG"
    watermark_config: Watermark | None = None


class FreeOutpaintRequest(Order):
    """Continue a picture to any size; its top left corner comes to lie at `free_x`, `free_y`. All are pixels."""

    action = "imgen_free"

    model_id: Id
    img_url: ImageUrl
    samples: Samples = 1
    height: _FreeSide
    width: _FreeSide
    free_x: _Offset = 0
    free_y: _Offset = 0
    format: Format = "JPG"
    watermark_config: Watermark | None = None

    def check_room(self, original_width: int, original_height: int) -> None:
        """Raise `InvalidRequest` unless the result is larger than the original and its offset, in both directions."""
        if self.width <= original_width + self.free_x:
            raise InvalidRequest("width", f"> {original_width + self.free_x}")
        if self.height <= original_height + self.free_y:
            raise InvalidRequest("height", f"> {original_height + self.free_y}")


class Outpaint(Family[OutpaintRequest | FreeOutpaintRequest, Task]):
    """The calls of `/v1/outpaint`."""

    name = "outpaint"
    reads = Task
