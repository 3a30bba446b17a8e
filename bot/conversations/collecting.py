"""How many pictures are asked for: over as many messages as it takes, with one message that keeps count.

Beside its own screen, `ask-NAME`, it has `ask-NAME-K`, which shows the picture at place K, and `ask-NAME-anew`, which
asks whether all are to be taken out.
"""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace

from bot.capabilities.base import Studio
from bot.capabilities.collection import Collection, CollectionNeed, worked_from
from bot.capabilities.needs import Source
from bot.conversations.asking import Asking, in_group, way_out
from bot.conversations.form import Form, Outdated, number
from bot.conversations.view import Button, Buttons, Drawn, View, joined
from bot.errors import BadValue, UserError
from bot.locales.text import Text, layout, plural, text, verbatim
from bot.media.fit import Bounds
from bot.store import collected
from bot.store.collected import NewCollected

# What Telegram shows of a photo; long and narrow ones of what the vendor takes are within its ratio.
_SHOWN = Bounds(min_side=32, max_side=1280, max_bytes=2_000_000, formats=frozenset({"JPEG"}))


class AskingCollection(Asking):
    """Asks for pictures until there are enough; what cannot be used is counted rather than refused one by one."""

    stays = True

    async def view(self, form: Form, need: CollectionNeed, buttons: Buttons, studio: Studio) -> View:
        """Draw the count, one of the pictures, or the question whether to start over."""
        held = need.held(form.answers)
        match form.parts:
            case ["ask", _]:
                return _overview(form, need, held, buttons, studio)
            case ["ask", _, "anew"]:
                return _question(need, held, buttons)
            case ["ask", _, place]:
                return await _picture(need, held, number(place), buttons, studio)
            case _:
                raise Outdated(form.screen)

    async def begun(self, form: Form, need: CollectionNeed, studio: Studio) -> Form:
        """Collect what came with the command."""
        return await _collected(form, need, (), studio) if need.held(form.answers).waiting else form

    async def typed(self, form: Form, need: CollectionNeed, words: str, studio: Studio) -> Form:  # noqa: ARG002
        """Say that pictures are wanted."""
        raise BadValue(text("I am waiting for pictures. Send more, or press Done once there are enough."))

    async def sent(self, form: Form, need: CollectionNeed, source: Source, studio: Studio) -> Form:
        """Collect one more picture, if it is one and not there yet."""
        return await _collected(form, need, (source,), studio)

    async def pressed(self, form: Form, need: CollectionNeed, argument: str, studio: Studio) -> Form:
        """Be done, take one picture out, or all of them."""
        match argument.split("-"):
            case ["done"]:
                return await _done(await self.begun(form, need, studio), need, studio)
            case ["drop", picture]:
                return await _dropped(form, need, number(picture), studio)
            case ["anew"]:
                return await _anew(form, need, studio)
            case _:
                raise Outdated(argument)


async def _collected(form: Form, need: CollectionNeed, sources: Sequence[Source], studio: Studio) -> Form:
    held = need.held(form.answers)
    waiting = (*held.waiting, *sources)
    held = replace(held, id=held.id or form.id, waiting=())
    for source in waiting:
        held = await _taken(held, source, studio) if held.count < need.most else replace(held, surplus=held.surplus + 1)
    # Pictures may still come in while something else is asked for already.
    return _at(form, need, held) if form.need == need else _with(form, need, held)


async def _taken(held: Collection, source: Source, studio: Studio) -> Collection:
    try:
        await _check_free(held, studio)
        fitted = await studio.inputs.fitted(source)
        digest = await asyncio.to_thread(_digest, fitted.data)
        name = await studio.inputs.collect(held.id, digest, fitted)
    except UserError as error:
        return replace(held, unusable=held.unusable + 1, fault=error.sentence.dump())
    new = NewCollected(collection_id=held.id, source=dict(source), digest=digest, name=name, created_at=time.time())
    async with studio.store.write() as conn:
        is_new = await collected.add(conn, new)
        count = await collected.count(conn, held.id)
    return replace(held, count=count, duplicates=held.duplicates + (not is_new))


async def _check_free(held: Collection, studio: Studio) -> None:
    """Raise `NotAllowed` where a task works from the collection, ordered before this dialog was opened or since."""
    async with studio.store.read() as conn:
        if await collected.is_worked_from(conn, held.id):
            raise worked_from()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def _done(form: Form, need: CollectionNeed, studio: Studio) -> Form:
    held = need.held(form.answers)
    async with studio.store.read() as conn:
        count = await collected.count(conn, held.id)
    if count < need.least:
        raise BadValue(text("These are too few: at least {least} are needed.", least=need.least))
    return form.answered({**form.answers, need.name: replace(held, count=count, is_done=True).dump()}, back="main")


async def _dropped(form: Form, need: CollectionNeed, picture_id: int, studio: Studio) -> Form:
    held, place = need.held(form.answers), number(form.parts[-1])
    await _check_free(held, studio)
    async with studio.store.write() as conn:
        if not await collected.drop(conn, held.id, picture_id):
            raise Outdated(str(picture_id))
        count = await collected.count(conn, held.id)
    return _at(form, need, replace(held, count=count), str(min(place, count - 1)) if count else "")


async def _anew(form: Form, need: CollectionNeed, studio: Studio) -> Form:
    held = need.held(form.answers)
    await _check_free(held, studio)
    async with studio.store.write() as conn:
        await collected.clear(conn, held.id)
    await studio.inputs.discard(held.id)
    return _at(form, need, Collection(held.id))


def _at(form: Form, need: CollectionNeed, held: Collection, screen: str = "") -> Form:
    return _with(form, need, held).go(f"ask-{need.name}-{screen}" if screen else f"ask-{need.name}")


def _with(form: Form, need: CollectionNeed, held: Collection) -> Form:
    return replace(form, answers={**form.answers, need.name: held.dump()})


def _overview(form: Form, need: CollectionNeed, held: Collection, buttons: Buttons, studio: Studio) -> View:
    lines = [need.question, *in_group(studio)]
    if any((held.count, held.duplicates, held.unusable, held.surplus)):
        lines += [verbatim(""), _count(need, held)]
    rows: list[list[Button]] = []
    if held.count >= need.least:
        rows.append([buttons.need(text("✅ Done"), "done", style="success")])
    if held.count:
        look = buttons.go(text("👁 Look through"), f"ask-{need.name}-0")
        rows.append([look, buttons.go(text("🗑 Start over"), f"ask-{need.name}-anew")])
    return View(joined(lines), [*rows, way_out(form, need, buttons)])


def _count(need: CollectionNeed, held: Collection) -> Text:
    lines = [layout("<b>{count}</b>", count=plural("{count} picture", "{count} pictures", held.count))]
    if held.count < need.least:
        missing = need.least - held.count
        lines.append(plural("{count} more is needed.", "{count} more are needed.", missing))
    if held.duplicates:
        lines.append(
            plural(
                "{count} was there already, and counts once.",
                "{count} were there already, and count once.",
                held.duplicates,
            )
        )
    if held.unusable:
        fault = Text.load(held.fault) if held.fault else verbatim("")
        lines.append(
            plural("{count} could not be used: {why}", "{count} could not be used: {why}", held.unusable, why=fault)
        )
    if held.surplus:
        lines.append(
            plural(
                "{count} was left out: there can be {most} at most.",
                "{count} were left out: there can be {most} at most.",
                held.surplus,
                most=need.most,
            )
        )
    return joined(lines)


def _question(need: CollectionNeed, held: Collection, buttons: Buttons) -> View:
    body = plural("Take the picture out and start over?", "Take all {count} pictures out and start over?", held.count)
    yes = buttons.need(text("🗑 Start over"), "anew", style="danger")
    return View(body, [[yes, buttons.back(f"ask-{need.name}")]])


async def _picture(need: CollectionNeed, held: Collection, place: int, buttons: Buttons, studio: Studio) -> View:
    async with studio.store.read() as conn:
        picture = await collected.at(conn, held.id, place) if place >= 0 else None
    if picture is None:
        raise Outdated(str(place))

    async def draw() -> bytes:
        return (await studio.inputs.fitted(picture.source, _SHOWN)).data

    turns = [
        buttons.go(verbatim(sign), f"ask-{need.name}-{to}")
        for sign, to in (("◀️", place - 1), ("▶️", place + 1))
        if 0 <= to < held.count
    ]
    drop = buttons.need(text("🗑 Take it out"), f"drop-{picture.id}", style="danger")
    body = text("Picture {place} of {count}", place=place + 1, count=held.count)
    rows = [*([turns] if turns else []), [drop, buttons.back(f"ask-{need.name}")]]
    return View(body, rows, picture=Drawn(f"collected-{picture.id}", draw))
