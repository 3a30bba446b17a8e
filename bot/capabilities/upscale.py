"""Pictures made larger (the vendor's family `sup_res`)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from bot.capabilities.common_options import FILE, FORMAT, HD_RATIO, LOGO, MODEL, WATERMARKS
from bot.capabilities.from_photo import FromPhoto, Size
from bot.capabilities.needs import Answers
from bot.capabilities.options import Option, shorten
from bot.locales.text import Text, layout, text
from bot.media.fit import VENDOR
from bot.miaohua.sup_res import SupRes, SupResRequest


class Upscale(FromPhoto):
    """`/upscale`: sides of at most 2000 pixels keep the result within the vendor's 6000."""

    name = "upscale"
    commands = ("upscale",)
    api = SupRes
    family = SupRes.name
    bounds = replace(VENDOR, max_side=2000)
    is_instant = True
    icon = "🔍"
    title: ClassVar[Text] = text("Upscale")
    summary: ClassVar[Text] = text("Your picture larger and sharper")
    example = "/upscale 2 --png"
    lead = "ratio"
    options: ClassVar[tuple[Option, ...]] = (replace(HD_RATIO, default=2), FORMAT, LOGO, MODEL, FILE)

    def kind(self, request: Answers) -> str:
        """Time depends on the model and the size."""
        return f"upscale:{request['model']['id']}:{request['ratio']:.1f}"[:160]

    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:  # noqa: ARG002  there are none
        """Say how much larger, and the model."""
        model = shorten(request["model"]["name"], 60)
        return layout("{icon} ×{ratio} · {model}", icon=self.icon, ratio=f"{request['ratio']:.4g}", model=model)

    def order(self, request: Answers, url: str, size: Size | None = None) -> SupResRequest:  # noqa: ARG002  any size
        """Build the request."""
        return SupResRequest.build(
            model_id=request["model"]["id"],
            img_url=url,
            hd_ratio=round(request["ratio"], 3),
            format=request["format"],
            watermark_config=WATERMARKS[request["logo"]],
        )
