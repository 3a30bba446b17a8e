"""Every screen of every capability, reached by pressing, typing and sending."""

import hashlib
import io
import re
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import delete, insert

from bot.capabilities import registry
from bot.capabilities.base import Capability, Studio
from bot.capabilities.collection import Collection, CollectionNeed
from bot.capabilities.needs import Brought, Errand, Need, PhotoNeed, WordsNeed
from bot.capabilities.options import LONGEST_NAME, Kind, Named, Words
from bot.conversations.form import Form
from bot.conversations.screens import view
from bot.conversations.view import View
from bot.errors import UserError
from bot.locales.text import LANGUAGES, Lang, text
from bot.miaohua.face import Face
from bot.sandbox.telegram.entities import units
from bot.sandbox.telegram.keyboards import read_markup
from bot.sandbox.telegram.parsing import parse_html
from bot.sandbox.telegram.world import Chat
from bot.store import tables
from bot.store.task import Picture
from bot.telegram.messages import keyboard, markup_of
from tests.capabilities.workshop import PHOTO, Workshop, task_of
from tests.conversations.pressing import DIALOG, ENDS, press, send, verb_of, write

MOST_SCREENS = 2000
PRIVATE, GROUP = Chat(7, "private"), Chat(-7, "group")
CAPTION, TEXT = 1024, 4096
FACES = [Face(index=n, top=10, right=40 * n + 30, bottom=60, left=40 * n).model_dump() for n in range(2)]


@pytest.fixture(params=registry.OFFERED, ids=lambda one: one.name)
def capability(request: pytest.FixtureRequest) -> Capability:
    assert isinstance(request.param, Capability)
    return request.param


async def test_every_screen_can_be_shown_in_both_languages(capability: Capability, workshop: Workshop) -> None:
    walked = [found async for found in walk(capability, workshop.studio)]
    screens = {form.screen for form, _ in walked}
    assert "main" in screens
    for option in capability.options:
        assert option.page in screens
        assert screens & {f"opt-{option.name}", f"pick-{option.name}-0"}
        if isinstance(option.kind, Named) and option.kind.fields:
            reached = {screen.rpartition("-")[2] for screen in screens if screen.startswith(f"field-{option.name}-0-")}
            assert reached
    for need in capability.needs:
        assert f"ask-{need.name}" in screens
    for form, drawn in walked:
        assert len(form.screen) <= 64
        for lang in LANGUAGES:
            check(drawn, lang)


async def test_every_picture_on_a_screen_is_one_that_telegram_shows(capability: Capability, workshop: Workshop) -> None:
    checked: dict[str, bytes] = {}
    async for _, drawn in walk(capability, workshop.studio):
        if drawn.picture is None or drawn.picture.key in checked:
            continue
        assert 1 <= len(drawn.picture.key) <= 64
        checked[drawn.picture.key] = await drawn.picture.draw()
    for data in checked.values():
        with Image.open(io.BytesIO(data)) as picture:
            assert picture.format == "JPEG"
            assert sum(picture.size) <= 10_000
            assert max(picture.size) <= 20 * min(picture.size)


async def test_back_leads_to_the_beginning(capability: Capability, workshop: Workshop) -> None:
    async for form, drawn in walk(capability, workshop.studio):
        steps = 0
        while form.screen != "main":
            backs = [data for label, data in buttons(drawn) if label == "« Back"]
            if not backs:
                assert not form.is_complete  # an answer without which there is no panel: Cancel ends it
                assert "end" in [verb_of(data) for _, data in buttons(drawn)]
                break
            form = await press(form, backs[0], workshop.studio)  # noqa: PLW2901  going back
            drawn = await view(form, DIALOG, workshop.studio)  # noqa: PLW2901  the same
            steps += 1
            assert steps < 5


async def test_the_panel_orders_or_says_why_not(capability: Capability, workshop: Workshop) -> None:
    ordered, refused = 0, 0
    async for form, drawn in walk(capability, workshop.studio):
        runs = [data for _, data in buttons(drawn) if verb_of(data) == "run"]
        assert bool(runs) == (form.screen == "main")
        if form.is_complete:
            try:
                await capability.settle(form.given, workshop.studio)
                ordered += 1
            except UserError:
                refused += 1
    assert ordered > refused


async def walk(capability: Capability, studio: Studio) -> AsyncIterator[tuple[Form, View]]:
    """Follow every button and answer with every kind of answer, breadth first, each screen once in each shape."""
    waiting = deque([form async for form in openings(capability, studio)])
    seen: set[object] = set()
    while waiting:
        form = waiting.popleft()
        await stock(capability, studio)
        drawn = await view(form, DIALOG, studio)
        if shape(form, drawn) in seen:
            continue
        seen.add(shape(form, drawn))
        assert len(seen) < MOST_SCREENS
        yield form, drawn
        waiting += await nexts(form, drawn, studio)


async def openings(capability: Capability, studio: Studio) -> AsyncIterator[Form]:
    """Begin with nothing, with a word or a picture for each need, and with as much as there may be."""
    start = capability.start({})
    few = start | {need.name: answer for need in capability.needs if (answer := answer_for(need)) is not None}
    longest: dict[str, Any] = {
        need.name: most_words(need.kind) for need in capability.needs if isinstance(need, WordsNeed)
    }
    for option in capability.options:
        if isinstance(option.kind, Words):
            longest[option.name] = "&" * option.kind.limit
        if isinstance(option.kind, Named) and option.most > 1:
            longest[option.name] = [{"name": "<" * LONGEST_NAME}] * option.most
    for option in capability.options:
        if option.is_required:
            choice = (await capability.choices(option.name, few, studio))[0]
            few[option.name] = {"id": choice.id, "name": choice.name}
    for answers in (start, few, {**few, **longest}):
        yield replace(Form.opened(capability, answers), id=DIALOG)


def answer_for(need: Need) -> Any:
    """Answer as somebody would in the command; None for what is answered by buttons alone."""
    if isinstance(need, WordsNeed):
        return "a fox"
    if isinstance(need, CollectionNeed):
        return Collection(DIALOG, need.least, is_done=True).dump()
    return dict(PHOTO) if isinstance(need, PhotoNeed) else None


def most_words(kind: Words) -> str:
    return next(words for words in ("🦊" * (kind.limit // 2), "&" * kind.limit) if kind.length(words) <= kind.limit)


async def stock(capability: Capability, studio: Studio) -> None:
    """Have as many pictures collected as the answers say, whatever was thrown away on another way."""
    least = next((need.least for need in capability.needs if isinstance(need, CollectionNeed)), 0)
    if least:
        # The photo that is sent on the way is one of them, so that there are never more.
        digests = [hashlib.sha256((await studio.inputs.fitted(PHOTO)).data).hexdigest(), *"abcdefgh"[1:least]]
        rows = [
            {"id": n, "collection_id": DIALOG, "source": PHOTO, "digest": digest, "name": digest, "created_at": 1.0}
            for n, digest in enumerate(digests)
        ]
        async with studio.store.write() as conn:
            await conn.execute(delete(tables.collected))
            await conn.execute(insert(tables.collected), rows)


def shape(form: Form, drawn: View) -> object:
    """Tell screens apart by what they show, not by every value that was chosen elsewhere."""
    match form.parts:
        case _ if form.need is not None:
            shown = [drawn.body.plain("en"), *(label for label, _ in buttons(drawn))]
            return form.screen, frozenset(re.sub(r"\d+", "#", words) for words in shown)
        case ["pick", name, _]:
            names = sorted(one["name"] for one in form.held(name))
            return form.screen, names[0] if len(names) == 1 else len(names)
        case ["item" | "field" | "ask", name, index, *_]:
            return form.screen, form.chosen(name, int(index))["name"]
        case _:
            return form.screen, bool(form.answers.get("photo")), len(str(form.answers)) > 2000


async def nexts(form: Form, drawn: View, studio: Studio) -> list[Form]:
    capability = form.capability
    reached: list[Form | None] = []
    for data in [data for _, data in buttons(drawn) if verb_of(data) not in ENDS]:
        await stock(capability, studio)
        try:
            reached.append(await press(form, data, studio))
        except UserError as refused:
            assert form.need or "chosen" in str(refused)  # noqa: PT017  as many as there may be
    if form.awaits_value:
        reached.append(await write(form, value_of(form.kind), studio))
    elif form.need is not None:
        for answer in (write(form, "a hare", studio), send(form, PHOTO["file"], studio)):
            with suppress(UserError):  # it says what it waits for instead
                reached.append(await answer)
    for need, errand in capability.errands(form.answers):
        reached += [form.answered(need.heard(form.answers, one), back="main") for one in outcomes(errand)]
    return [one for one in reached if one is not None]


def value_of(kind: Kind) -> str:
    """Find something that may be typed."""
    for raw in (*kind.presets(), "canny", "1536x1024", "128,0", "2,1", "1"):
        with suppress(ValueError):
            kind.parse(raw)
            return raw
    raise AssertionError(kind.allowed().plain("en"))


def outcomes(errand: Errand) -> list[Brought]:
    """Let an errand end well, with nothing, and badly."""
    task = task_of(registry.BY_NAME[errand.capability], {**errand.request, "dialog": DIALOG, "need": ""})
    well = replace(task, found={"faces": FACES})
    return [
        Brought(well, (Picture(task_id=task.id, index=0, raw_url="http://127.0.0.1/gone"),)),
        Brought(replace(task, found={"faces": []})),
        Brought(task, reason=text("The image service took too long. Please try again.")),
    ]


def check(drawn: View, lang: Lang) -> None:
    """Check a view against Telegram's bounds."""
    shown, _ = parse_html(drawn.body.html(lang))
    assert shown.strip()
    assert units(shown) <= (TEXT if drawn.picture is None else CAPTION)
    flat = [data for _, data in buttons(drawn)]
    assert 1 <= len(flat) <= 100
    assert len(set(flat)) == len(flat)
    assert max(len(row) for row in drawn.rows) <= 8
    for row in drawn.rows:
        for button in row:
            assert button.label.plain(lang).strip()
            assert 1 <= len(button.data.encode()) <= 64
    markup = keyboard(drawn.rows, lang)
    assert markup is not None
    read_markup(markup.to_dict(), PRIVATE)
    read_markup(markup_of(drawn, lang, is_private=False).to_dict(), GROUP)


def buttons(drawn: View) -> list[tuple[str, str]]:
    return [(button.label.plain("en"), button.data) for row in drawn.rows for button in row]
