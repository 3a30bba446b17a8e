"""How a mark is asked for: painted over the photo, sent as a black-and-white picture, or chosen on a grid.

Screens: `ask-NAME`, which asks, waits for smart selection, or shows the mask until it is agreed to, and
`ask-NAME-grid`.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.capabilities.base import Studio
from bot.capabilities.marks import (
    GRID,
    Mark,
    MaskNeed,
    closed,
    digest,
    inverted,
    of_grid,
    refusal,
    settled,
    shape,
    snapping,
    toggled,
    unsnapped,
)
from bot.capabilities.masks import mask_of, packed_mask_of, preview_of
from bot.capabilities.needs import Answers, Source
from bot.capabilities.photo import PHOTO
from bot.conversations.asking import Asking, in_group, way_out
from bot.conversations.form import Form, Outdated, number
from bot.conversations.view import Button, Buttons, Drawn, View, in_rows, joined
from bot.errors import BadPicture, BadValue, NotFound, Unavailable, UserError
from bot.locales.text import Text, layout, plural, text, verbatim
from bot.media.fit import in_turn
from bot.media.masks.numbered import numbered_grid
from bot.media.masks.packed import Packed
from bot.media.masks.previews import overlay

_CHANGES: Final[dict[str, Callable[[Mark], dict[str, Any]]]] = {
    "use": settled,
    "invert": inverted,
    "snap": snapping,
    "own": unsnapped,
}


class AskingMask(Asking):
    """Asks for a mark, and shows what was understood before it is used."""

    async def view(self, form: Form, need: MaskNeed, buttons: Buttons, studio: Studio) -> View:
        """Draw the screen; a mark that cannot be drawn is said to be none, and asked for anew."""
        drawing = _Drawing(form, need, buttons, studio)
        mark = need.made(form.answers)
        if _is_grid(form):
            return drawing.grid()
        if mark is None:
            return await drawing.question()
        if mark.get("snap"):
            return drawing.waiting()
        try:
            mask = await packed_mask_of(form.answers, need, studio)
        except UserError as error:
            return await drawing.lost(mark, error)
        return drawing.check(mark, mask)

    async def typed(self, form: Form, need: MaskNeed, words: str, studio: Studio) -> Form:  # noqa: ARG002  there are none
        """Say what is waited for: a mark cannot be typed."""
        raise BadValue(text("I am waiting for your mark: send the photo painted over, or use the buttons."))

    async def sent(self, form: Form, need: MaskNeed, source: Source, studio: Studio) -> Form:
        """Take a sent picture as the mark, or as the photo where the one that there is cannot be read.

        Raises `BadPicture` where it marks nothing, and leaves the form as it was.
        """
        answers = {**form.answers, need.name: need.taken(form.answers, source)}
        try:
            await packed_mask_of(answers, need, studio)
        except (BadPicture, NotFound):
            if await _is_readable(form.answers, studio):
                raise
            return form.with_answer(PHOTO.name, dict(source))
        return form.answered(answers, back="main")

    async def pressed(self, form: Form, need: MaskNeed, argument: str, studio: Studio) -> Form:
        """Take a button of the grid, or of the mask that is shown."""
        if _is_grid(form):
            return await _pressed_on_grid(form, need, argument, studio)
        mark = need.made(form.answers)
        if mark is None or argument not in _allowed(mark):
            raise Outdated(argument)
        if argument == "anew":
            return form.with_answer(need.name, None)
        if argument == "use":
            await packed_mask_of(form.answers, need, studio)
        return form.with_answer(need.name, _CHANGES[argument](mark))


def _is_grid(form: Form) -> bool:
    match form.parts[2:]:
        case []:
            return False
        case ["grid"]:
            return True
        case _:
            raise Outdated(form.screen)


def _allowed(mark: Mark) -> frozenset[str]:
    if mark.get("snap"):
        return frozenset({"own", "anew"})
    return frozenset({"use", "invert", "anew", "own" if "snapped" in mark else "snap"})


async def _pressed_on_grid(form: Form, need: MaskNeed, argument: str, studio: Studio) -> Form:
    grid = _grid(form, need)
    if argument == "done":
        answers = {**form.answers, need.name: closed(grid)}
        await packed_mask_of(answers, need, studio)
        return form.answered(answers, back="main")
    if not 1 <= number(argument) <= GRID**2:
        raise Outdated(argument)
    return replace(form, answers={**form.answers, need.name: toggled(grid, number(argument))})


def _grid(form: Form, need: MaskNeed) -> Mark:
    mark = need.mark(form.answers)
    return mark if mark is not None and mark["by"] == "grid" else of_grid(_photo(form.answers))


def _photo(answers: Answers) -> Source:
    photo: Source | None = answers.get(PHOTO.name)
    if not photo:
        raise Outdated(PHOTO.name)
    return photo


async def _is_readable(answers: Answers, studio: Studio) -> bool:
    """Say whether the photo can be read: of a picture that is broken, only its decoder knows."""
    with suppress(BadPicture, NotFound):
        await preview_of(_photo(answers), studio)
        return True
    return False


@dataclass(frozen=True, slots=True)
class _Drawing:
    form: Form
    need: MaskNeed
    buttons: Buttons
    studio: Studio

    async def question(self, fault: Text | None = None) -> View:
        ways = text(
            "• Open this photo in Telegram's editor, paint over that part with the brush, and send it back.\n"
            "• Or send a picture of the same shape as a file: black where it should change, white where not.\n"
            "• Or choose cells on a grid."
        )
        lines = [layout("<b>{question}</b>", question=self.need.question), ways, *in_group(self.studio)]
        grid = self.buttons.go(text("🔢 Choose on a grid"), f"ask-{self.need.name}-grid")
        return await self._on_photo([fault, verbatim(""), *lines] if fault else lines, [grid])

    def grid(self) -> View:
        cells = _grid(self.form, self.need)["cells"]
        keys = [self._press(verbatim(_ticked(cell, cells)), str(cell)) for cell in range(1, GRID**2 + 1)]
        chosen = plural("{count} cell is chosen.", "{count} cells are chosen.", len(cells))
        body = layout(
            "{how}\n{chosen}", how=text("Press the numbers of the cells that should change, then Done."), chosen=chosen
        )
        last = [self.buttons.back(f"ask-{self.need.name}"), self._press(text("Done"), "done", style="success")]
        return View(body, [*in_rows(keys, GRID), last], picture=self._numbered())

    def waiting(self) -> View:
        body = text("🧲 The image service is looking for the object under your mark. That takes a few seconds.")
        rows = [[self._press(text("Do not wait"), "own")], [self._anew(), self.buttons.cancel()]]
        return View(body, rows, picture=self._overlay())

    def check(self, mark: Mark, mask: Packed) -> View:
        refused = refusal(mark)
        body = joined([*([refused, verbatim("")] if refused else []), _understood(mask)])
        use = self._press(text("✅ Use it"), "use", style="success")
        invert = self._press(text("🔄 Invert"), "invert")
        snap = self._own() if "snapped" in mark else self._press(text("🧲 Snap to object"), "snap")
        rows = [
            [invert, use] if mask.mostly_black else [use, invert],
            [snap, self._anew()],
            way_out(self.form, self.need, self.buttons),
        ]
        return View(body, rows, picture=self._overlay())

    async def lost(self, mark: Mark, error: UserError) -> View:
        if "snapped" not in mark:
            return await self.question(error.sentence)
        again = [self.buttons.go(text("🔄 Try again"), f"ask-{self.need.name}")]
        ways = [*(again if isinstance(error, Unavailable) else []), self._own(), self._anew()]
        return await self._on_photo([error.sentence], ways)

    async def _on_photo(self, lines: Sequence[Text], ways: Sequence[Button]) -> View:
        """Show the photo, or ask for another where it cannot be read."""
        out = way_out(self.form, self.need, self.buttons)
        try:
            shown = await preview_of(_photo(self.form.answers), self.studio)
        except (BadPicture, NotFound) as fault:
            return View(joined([fault.sentence, PHOTO.question]), [out], PHOTO.hint)

        async def draw() -> bytes:
            return shown

        key = f"photo-{digest(_photo(self.form.answers))}"
        return View(joined(lines), [ways, out], picture=Drawn(key, draw))

    def _press(self, label: Text, argument: str, **style: Any) -> Button:  # noqa: ANN401  as Buttons takes it
        return self.buttons.need(label, argument, **style)

    def _own(self) -> Button:
        return self._press(text("↩️ My own mark"), "own")

    def _anew(self) -> Button:
        return self._press(text("🖌 Start over"), "anew")

    def _numbered(self) -> Drawn:
        photo = _photo(self.form.answers)

        async def draw() -> bytes:
            data = await self.studio.inputs.read(photo)
            return await in_turn(lambda: numbered_grid(data))

        return Drawn(f"grid-{digest(photo)}", draw)

    def _overlay(self) -> Drawn:
        answers = self.form.answers
        mark = shape(answers[self.need.name])

        async def draw() -> bytes:
            mask = await mask_of(answers, self.need, self.studio)
            data = await self.studio.inputs.read(_photo(answers))
            return await in_turn(lambda: overlay(data, mask))

        return Drawn(f"mask-{digest(mark)}", draw)


def _understood(mask: Packed) -> Text:
    percent = round(100 * mask.coverage)
    share = text("{percent} % of the picture", percent=percent) if percent else text("less than 1 % of the picture")
    if mask.mostly_black:
        return text(
            "What is tinted changes: {share}, more than half of it. "
            "Is it meant the other way round? Then press Invert.",
            share=share,
        )
    return text("What is tinted changes: {share}. Is that right?", share=share)


def _ticked(cell: int, chosen: list[int]) -> str:
    return f"✓ {cell}" if cell in chosen else str(cell)
