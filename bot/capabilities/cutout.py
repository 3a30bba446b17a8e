"""What a picture is of, cut out of it (the vendor's family `split`)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from bot.capabilities.common_options import FORMAT, HD_RATIO, MODEL
from bot.capabilities.from_photo import FromPhoto, Size
from bot.capabilities.needs import Answers
from bot.capabilities.options import OneOf, Option, shorten
from bot.locales.text import Text, text, verbatim
from bot.media.fit import VENDOR
from bot.miaohua.split import Split, SplitRequest


class Cutout(FromPhoto):
    """`/cutout`: what has transparency is delivered as a file, so that is no option here."""

    name = "cutout"
    commands = ("cutout",)
    api = Split
    family = Split.name
    bounds = replace(VENDOR, max_side=2000)
    is_instant = True
    icon = "✂️"
    title: ClassVar[Text] = text("Cut out")
    summary: ClassVar[Text] = text("What your picture is of, without its background")
    example = "/cutout --ratio 2"
    options: ClassVar[tuple[Option, ...]] = (
        replace(
            FORMAT,
            help=text("PNG has transparency where the background was, JPG has none"),
            kind=OneOf({"PNG": verbatim("PNG"), "JPG": text("JPG, no transparency")}),
            default="PNG",
            page="main",
            remembered=False,
        ),
        HD_RATIO,
        MODEL,
    )

    def kind(self, request: Answers) -> str:
        """Time depends on the model and the size."""
        return f"cutout:{request['model']['id']}:{request['ratio']:.1f}"[:160]

    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:  # noqa: ARG002  there are none
        """Say how large, and the model."""
        model = shorten(request["model"]["name"], 60)
        return text("{icon} Cut out · ×{ratio} · {model}", icon=self.icon, ratio=f"{request['ratio']:.4g}", model=model)

    def notes(self, request: Answers, size: Size | None) -> tuple[Text, ...]:  # noqa: ARG002  any size
        """Say what a JPG lacks."""
        if request["format"] == "PNG":
            return ()
        return (text("JPG has no transparency. With --png what is left out is see-through."),)

    def order(self, request: Answers, url: str, size: Size | None = None) -> SplitRequest:  # noqa: ARG002  any size
        """Build the request."""
        return SplitRequest.build(
            model_id=request["model"]["id"], img_url=url, hd_ratio=round(request["ratio"], 3), format=request["format"]
        )
