"""Faces looked for in a picture (the vendor's family `face`): an errand of `/swap`."""

from collections.abc import Sequence
from typing import ClassVar

from bot.capabilities.base import Capability, Studio
from bot.capabilities.needs import Answers, Need
from bot.capabilities.options import Option
from bot.locales.text import Text, text
from bot.miaohua.face import DetectRequest, FaceSwap
from bot.store.task import Task
from bot.tracker.ports import Prepared


class Detect(Capability):
    """Its request is `{"photo": <source>, "face": "normal" or "anime"}`, and it finds boxes, no pictures."""

    name = "detect"
    commands = ()
    family = "face/detect"  # asked about elsewhere than swaps
    patience = 180.0
    is_errand = True
    icon = "🔎"
    title: ClassVar[Text] = text("Look for faces")
    summary: ClassVar[Text] = text("Where the faces of a picture are")
    example = ""
    needs: ClassVar[tuple[Need, ...]] = ()
    options: ClassVar[tuple[Option, ...]] = ()

    def pictures(self, request: Answers) -> int:  # noqa: ARG002  it makes none
        """Cost nothing."""
        return 0

    def kind(self, request: Answers) -> str:
        """Time depends on the kind of faces."""
        return f"detect:{request['face']}"

    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:  # noqa: ARG002  there is no picture
        """Name it."""
        return self.title

    async def prepare(self, task: Task, studio: Studio) -> Prepared:
        """Offer the picture."""
        offered = await studio.inputs.offer(task, 0, task.request["photo"])
        request = DetectRequest.build(img_url=offered.url, type=task.request["face"])
        return Prepared(lambda: FaceSwap(studio.client).detect(request))
