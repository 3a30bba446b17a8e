"""Smart selection: the mask of the object under a rough mark (the vendor's family `erase`)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from bot.capabilities.base import Studio
from bot.capabilities.common_options import MODEL
from bot.capabilities.masked import Masked, OfferedMask
from bot.capabilities.needs import Answers
from bot.capabilities.options import Option
from bot.locales.text import Text, text
from bot.miaohua.erase import CutoutRequest, Erase
from bot.store.task import Task
from bot.tracker.ports import Prepared


class Snap(Masked):
    """An errand: a dialog asks for it while somebody marks a photo."""

    name = "snap"
    commands = ()
    is_errand = True
    api = Erase
    family = Erase.name
    patience = 120.0
    icon = "🧲"
    title: ClassVar[Text] = text("Snap to object")
    summary: ClassVar[Text] = text("The outline of what is marked")
    example = ""
    options: ClassVar[tuple[Option, ...]] = (MODEL,)

    async def settle(self, answers: Answers, studio: Studio) -> dict[str, Any]:
        """Take the family's first model."""
        return await super().settle({**self.start({}), **answers}, studio)

    def pictures(self, request: Answers) -> int:  # noqa: ARG002  none, whatever it is
        """Cost nothing."""
        return 0

    def kind(self, request: Answers) -> str:  # noqa: ARG002  always the same
        """Take all of them for alike."""
        return "snap"

    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:  # noqa: ARG002  nobody reads it
        """Give its title."""
        return self.title

    async def prepare(self, task: Task, studio: Studio) -> Prepared:
        """Settle what a dialog asked for, and make it ready."""
        return await super().prepare(replace(task, request=await self.settle(task.request, studio)), studio)

    def masked(self, request: Answers, url: str, mask: OfferedMask) -> CutoutRequest:
        """Build the request, for a PNG, in which black stays black."""
        return CutoutRequest.build(
            model_id=request["model"]["id"],
            img_url=url,
            mask_img_url=mask.url,
            mask_type="smear" if mask.mask_type == "free" else mask.mask_type,
            format="PNG",
        )
