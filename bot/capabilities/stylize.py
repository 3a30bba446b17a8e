"""Pictures painted anew in a style (the vendor's family `stylization`)."""

import asyncio
import math
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from bot.capabilities.base import Studio
from bot.capabilities.common_options import FILE, FORMAT, LOGO, SAMPLES, WATERMARKS
from bot.capabilities.from_photo import FromPhoto, Size
from bot.capabilities.needs import Answers
from bot.capabilities.options import Named, Number, Option, shorten
from bot.errors import BadValue
from bot.locales.text import Text, layout, text
from bot.media.fit import VENDOR, Fitted
from bot.miaohua.bounds import bounds_of
from bot.miaohua.stylization import MAX_BASE64, Stylization, StylizationRequest
from bot.store.task import Task
from bot.tracker.ports import Prepared

_SIDE = bounds_of(StylizationRequest, "width")

# Base64 makes four characters of three bytes; 64 are for the Data URL's head.
_AS_TEXT = replace(VENDOR, max_bytes=(MAX_BASE64 - 64) // 4 * 3)


class Stylize(FromPhoto):
    """`/stylize`. Where there is no public link, the photo goes along as text."""

    name = "stylize"
    commands = ("stylize",)
    api = Stylization
    family = Stylization.name
    needs_link = False
    model_option = "style"
    icon = "🖌"
    title: ClassVar[Text] = text("Stylize")
    summary: ClassVar[Text] = text("Your picture in another style")
    example = "/stylize watercolour --n 2"
    lead = "style"
    options: ClassVar[tuple[Option, ...]] = (
        Option(
            name="style",
            label=text("Style"),
            help=text("name of a style; the beginning of it is enough"),
            kind=Named(),
            flags=("style",),
            page="main",
            is_required=True,
        ),
        SAMPLES,
        Option(
            name="size",
            label=text("Longer side"),
            help=text("in pixels, the other side follows; else the result is as large as the picture"),
            kind=Number(_SIDE, offers=(1024, 1536, 2048, 3072)),
            flags=("size",),
            page="main",
        ),
        FORMAT,
        LOGO,
        FILE,
    )

    def kind(self, request: Answers) -> str:
        """Time depends on the style and the number of pictures."""
        return f"stylize:{request['style']['id']}:{request['samples']}"[:160]

    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:  # noqa: ARG002  there are none
        """Say the style."""
        return layout("{icon} {style}", icon=self.icon, style=shorten(request["style"]["name"], 60))

    def is_measured(self, request: Answers) -> bool:
        """Measure the photo where a size is asked for: it has to be in the photo's ratio."""
        return request["size"] is not None

    def order(self, request: Answers, url: str, size: Size | None = None) -> StylizationRequest:
        """Build the request for a photo at a link."""
        return _request(request, size, img_url=url)

    async def prepare(self, task: Task, studio: Studio) -> Prepared:
        """Offer the photo at a link, or send it along."""
        if studio.inputs.is_public:
            return await super().prepare(task, studio)
        fitted = await studio.inputs.fitted(task.request["photo"], _AS_TEXT)
        order = await asyncio.to_thread(_with_picture, task.request, fitted)
        return Prepared(lambda: Stylization(studio.client).submit(order), notes=fitted.changes)


def _with_picture(request: Answers, fitted: Fitted) -> StylizationRequest:
    picture = f"data:{fitted.content_type};base64,{b64encode(fitted.data).decode()}"
    return _request(request, (fitted.width, fitted.height), img_base64=picture)


def _request(request: Answers, size: Size | None, **picture: str) -> StylizationRequest:
    width, height = sides(request["size"], size) if request["size"] and size else (None, None)
    order = StylizationRequest.build(
        model_id=request["style"]["id"],
        samples=request["samples"],
        width=width,
        height=height,
        format=request["format"],
        watermark_config=WATERMARKS[request["logo"]],
        **picture,
    )
    if size:
        order.check_ratio(*size)
    return order


def sides(longer: int, photo: Size) -> Size:
    """Find the size in the photo's ratio whose longer side is this; raise `BadValue` where the vendor makes none."""
    low, high = int(_SIDE.low or 0), int(_SIDE.high or 0)
    least = max(low, math.ceil(low * max(photo) / min(photo)))
    if least > high:
        raise BadValue(
            text(
                "The picture is too long and narrow to choose a size for the result. Leave --size out, and it becomes "
                "as large as the picture."
            )
        )
    if longer < least:
        raise BadValue(
            text(
                "With {longer} px for the longer side the other one would be under {low} px, and the service makes "
                "none so small. For this picture --size needs at least {least}; or leave it out.",
                longer=longer,
                low=low,
                least=least,
            )
        )
    scale = longer / max(photo)
    return max(low, round(photo[0] * scale)), max(low, round(photo[1] * scale))
