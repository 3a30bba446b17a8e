"""Faces replaced by those of other photos (the vendor's family `face`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from bot.capabilities import swap_options
from bot.capabilities.base import Capability, Studio
from bot.capabilities.casting import Casting, picture_key
from bot.capabilities.checking import LATER, in_plain_words
from bot.capabilities.common_options import WATERMARKS
from bot.capabilities.faces import FacesNeed
from bot.capabilities.inputs import Offered
from bot.capabilities.needs import Answers, Need, Source
from bot.capabilities.options import Option
from bot.capabilities.photo import PHOTO
from bot.locales.text import Text, layout, plural, text
from bot.miaohua.face import SWAP_MODELS, FaceSwap, SwapRequest
from bot.store.task import Task
from bot.tracker.ports import Prepared


class SwapFaces(Capability):
    """`/swap`: up to four faces of the base picture at a time."""

    name = "swap"
    commands = ("swap",)
    family = FaceSwap.name
    patience = 900.0
    preparation = 240.0  # five pictures
    needs_link = True
    icon = "🎭"
    title: ClassVar[Text] = text("Swap faces")
    summary: ClassVar[Text] = text("Other faces on a picture, from photos that you send")
    example = "/swap --similarity 0.3 --onto 2,1"
    needs: ClassVar[tuple[Need, ...]] = (
        replace(
            PHOTO,
            label=text("🖼 Picture"),
            question=text("Send me the picture whose faces are to be replaced, as a photo or as a file."),
            hint=text("the picture to change"),
        ),
        FacesNeed(
            name="faces",
            label=text("🙂 Faces"),
            question=text(
                "Now send me the new face: a clear photo, the face towards the camera. For several faces send a photo "
                "of each, up to four."
            ),
            hint=text("a photo of the new face"),
        ),
    )
    options: ClassVar[tuple[Option, ...]] = swap_options.OPTIONS

    def placed(self, answered: Sequence[Source], sent: Sequence[Source]) -> dict[str, Any]:
        """Take the first picture as the base; of an album that is answered with face photos only that one is meant."""
        pictures = [*(answered[:1] if sent else answered), *sent]
        answers = super().placed((), pictures)
        over = len(pictures) - sum(need.most for need in self.needs)
        return {**answers, "faces": {**answers["faces"], "over": over}} if over > 0 else answers

    def needs_link_for(self, answers: Answers) -> bool:
        """Need none where all pictures are results; what is still missing will be sent."""
        casting = Casting.of(answers)
        is_whole = bool(casting.base and casting.photos)
        return not is_whole or any("file" in source for source in casting.sources)

    async def settle(self, answers: Answers, studio: Studio) -> dict[str, Any]:
        """Check that every face has its place, and that the pictures can be offered."""
        self.check(answers)
        casting = Casting.of(answers)
        self.check_link(answers, studio)
        with in_plain_words():
            _order(answers, {picture_key(source): LATER for source in casting.sources})
        return dict(answers)

    def pictures(self, request: Answers) -> int:  # noqa: ARG002  always the same
        """Cost one, whatever the number of faces."""
        return 1

    def kind(self, request: Answers) -> str:
        """Time depends on the model and the number of faces."""
        return f"swap:{request['face']}:{len(Casting.of(request).used)}"

    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:  # noqa: ARG002  there are none
        """Say how many faces, and of which kind."""
        return layout(
            "{icon} {faces} · {kind}",
            icon=self.icon,
            faces=plural("{count} face", "{count} faces", len(Casting.of(request).used)),
            kind=self.option("face").show(request["face"]),
        )

    async def prepare(self, task: Task, studio: Studio) -> Prepared:
        """Offer each picture once, and build the order."""
        casting = Casting.of(task.request)
        offered: dict[str, Offered] = {}
        for place, source in enumerate([task.request["photo"], *casting.used]):
            if picture_key(source) not in offered:
                offered[picture_key(source)] = await studio.inputs.offer(task, place, source)
        order = _order(task.request, {key: one.url for key, one in offered.items()})
        notes = (*_changes(offered.values()), *casting.remarks)
        return Prepared(lambda: FaceSwap(studio.client).submit(order), notes)


def _order(request: Answers, urls: Mapping[str, str]) -> SwapRequest:
    casting = Casting.of(request)
    return SwapRequest.build(
        model_id=SWAP_MODELS[request["face"]],
        base_img={"url": urls[picture_key(request["photo"])]},
        faces=[
            {"url": urls[picture_key(swap.photo)], "index": swap.index, "base_index": swap.base_index}
            for swap in casting.swaps
        ],
        dino_scale=request["similarity"],
        guidance_scale=request["guidance"],
        prompt=request["words"] or None,
        format=request["format"],
        watermark_config=WATERMARKS[request["logo"]],
    )


def _changes(offered: Iterable[Offered]) -> list[Text]:
    """List what was changed about the pictures, each sentence once."""
    said: list[Text] = []
    for one in offered:
        said += [change for change in one.changes if change not in said]
    return said
