"""Pictures continued beyond their edges (the vendor's family `outpaint`)."""

from collections.abc import Sequence
from typing import Any, ClassVar

from bot.capabilities.base import Studio
from bot.capabilities.canvas import Canvas, around, of_size
from bot.capabilities.common_options import WATERMARKS
from bot.capabilities.expand_options import MARGINS, OPTIONS, POSITIONS, check_ways
from bot.capabilities.from_photo import FromPhoto, Size
from bot.capabilities.needs import Answers
from bot.capabilities.options import Option, shorten
from bot.errors import BadValue
from bot.locales.text import Text, layout, text
from bot.media.fit import VENDOR
from bot.miaohua.outpaint import FreeOutpaintRequest, Outpaint, OutpaintRequest

# The smallest picture there is: what is impossible with it is impossible with any.
_SMALLEST = (VENDOR.min_side, VENDOR.min_side)


class Expand(FromPhoto):
    """`/expand`: so many times as large in the picture's own ratio, to a canvas of any size, or by margins."""

    name = "expand"
    commands = ("expand", "outpaint")
    api = Outpaint
    family = Outpaint.name
    icon = "↔️"
    title: ClassVar[Text] = text("Expand")
    summary: ClassVar[Text] = text("Your picture continued beyond its edges")
    example = "/expand --left 256 --right 256"
    lead = "ratio"
    options: ClassVar[tuple[Option, ...]] = OPTIONS

    def read(self, line: str) -> dict[str, Any]:
        """Read what is typed; raise `BadValue` for what does not go together, too."""
        answers = super().read(line)
        check_ways(answers)
        return answers

    async def settle(self, answers: Answers, studio: Studio) -> dict[str, Any]:
        """Check that there is one way of expanding, and only one."""
        check_ways([option.name for option in self.options if answers[option.name] != option.default])
        if answers["at"] and not answers["to"]:
            raise BadValue(text("--at says where the picture lies on a canvas; say with --to how large that is to be."))
        return await super().settle(answers, studio)

    def kind(self, request: Answers) -> str:
        """Time depends on the model, the number of pictures, and how large they are."""
        way = "free" if self.is_measured(request) else f"{request['ratio']:.1f}"
        return f"expand:{request['model']['id']}:{request['samples']}:{way}"[:160]

    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:  # noqa: ARG002  there are none
        """Say how it was expanded, and the model."""
        how, model = _how(request), shorten(request["model"]["name"], 60)
        return layout("{icon} {how} · {model}", icon=self.icon, how=how, model=model)

    def is_measured(self, request: Answers) -> bool:
        """Measure the photo for a free canvas."""
        return bool(request["to"]) or _has_margins(request)

    def notes(self, request: Answers, size: Size | None) -> tuple[Text, ...]:
        """Say how large a canvas became where the vendor's steps added to the margins."""
        if size is None or request["to"]:
            return ()
        canvas = _canvas(request, size)
        wanted = size[0] + request["left"] + request["right"], size[1] + request["up"] + request["down"]
        if (canvas.width, canvas.height) == wanted:
            return ()
        return (
            text(
                "The canvas became {width}×{height} px, larger than you asked for: the service works in steps of "
                "64 px, from 640 px a side on.",
                width=canvas.width,
                height=canvas.height,
            ),
        )

    def order(self, request: Answers, url: str, size: Size | None = None) -> OutpaintRequest | FreeOutpaintRequest:
        """Build the request of either kind."""
        usual = {
            "model_id": request["model"]["id"],
            "img_url": url,
            "samples": request["samples"],
            "format": request["format"],
            "watermark_config": WATERMARKS[request["logo"]],
        }
        if not self.is_measured(request):
            return OutpaintRequest.build(outpaint_ratio=request["ratio"], align_position=request["align"], **usual)
        size = size or _SMALLEST
        canvas = _canvas(request, size)
        order = FreeOutpaintRequest.build(
            width=canvas.width, height=canvas.height, free_x=canvas.x, free_y=canvas.y, **usual
        )
        order.check_room(*size)
        return order


def _canvas(request: Answers, size: Size) -> Canvas:
    if request["to"]:
        return of_size(size, request["to"], request["at"])
    return around(size, {name: request[name] for name in MARGINS})


def _has_margins(request: Answers) -> bool:
    return any(request[name] for name in MARGINS)


def _how(request: Answers) -> str:
    if request["to"]:
        return "{}×{}".format(*request["to"])
    if _has_margins(request):
        return " ".join(f"{sign}{request[name]}" for name, sign in MARGINS.items() if request[name])
    return f"×{request['ratio']:g} {POSITIONS[request['align']]}"
