"""Things erased from a picture (the vendor's family `erase`)."""

from collections.abc import Sequence
from typing import ClassVar

from bot.capabilities.common_options import FILE, FORMAT, LOGO, MODEL, SAMPLES, WATERMARKS
from bot.capabilities.mask_options import MASK_TYPE, YES
from bot.capabilities.masked import Masked, OfferedMask
from bot.capabilities.needs import Answers
from bot.capabilities.options import Option, shorten
from bot.locales.text import Text, text
from bot.miaohua.erase import Erase as Family
from bot.miaohua.erase import EraseRequest


class Erase(Masked):
    """`/erase`: what is marked goes, and the gap is closed."""

    name = "erase"
    commands = ("erase",)
    api = Family
    family = Family.name
    icon = "🧽"
    title: ClassVar[Text] = text("Erase")
    summary: ClassVar[Text] = text("Things taken out of your picture")
    example = "/erase --n 2"
    options: ClassVar[tuple[Option, ...]] = (SAMPLES, MASK_TYPE, FORMAT, LOGO, MODEL, FILE, YES)

    def kind(self, request: Answers) -> str:
        """Time depends on the model and the number of pictures."""
        return f"erase:{request['model']['id']}:{request['samples']}"[:160]

    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:  # noqa: ARG002  there are none
        """Say what was done, and the model."""
        return text("{icon} Erased · {model}", icon=self.icon, model=shorten(request["model"]["name"], 60))

    def masked(self, request: Answers, url: str, mask: OfferedMask) -> EraseRequest:
        """Build the request."""
        return EraseRequest.build(
            model_id=request["model"]["id"],
            samples=request["samples"],
            img_url=url,
            mask_img_url=mask.url,
            mask_type=mask.mask_type,
            format=request["format"],
            watermark_config=WATERMARKS[request["logo"]],
        )
