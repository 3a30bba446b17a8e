"""Every screen of every capability, reached by pressing and typing."""

from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.capabilities import registry
from bot.capabilities.base import Capability, Studio
from bot.capabilities.options import LONGEST_NAME, Named, Words
from bot.conversations.form import Form
from bot.conversations.screens import View, view
from bot.errors import UserError
from bot.locales.text import LANGUAGES, Lang
from bot.sandbox.telegram.entities import units
from bot.sandbox.telegram.keyboards import read_markup
from bot.sandbox.telegram.parsing import parse_html
from bot.sandbox.telegram.world import Chat
from bot.telegram.messages import keyboard, markup_of
from tests.capabilities.workshop import PHOTO, Workshop
from tests.conversations.pressing import DIALOG, ENDS, press, verb_of

MOST_SCREENS = 2000
PRIVATE, GROUP = Chat(7, "private"), Chat(-7, "group")


@pytest.fixture(params=registry.ALL, ids=lambda one: one.name)
def capability(request: pytest.FixtureRequest) -> Capability:
    assert isinstance(request.param, Capability)
    return request.param


async def test_every_screen_can_be_shown_in_both_languages(capability: Capability, workshop: Workshop) -> None:
    walked = [found async for found in walk(capability, workshop.studio)]
    screens = {form.screen for form, _ in walked}
    assert {"main", "more"} <= screens
    for option in capability.options:
        assert screens & {f"opt-{option.name}", f"pick-{option.name}-0"}
        if isinstance(option.kind, Named) and option.kind.fields:
            reached = {screen.rpartition("-")[2] for screen in screens if screen.startswith(f"field-{option.name}-0-")}
            assert reached
    for form, drawn in walked:
        assert len(form.screen) <= 64
        for lang in LANGUAGES:
            check(drawn, lang)


async def test_back_leads_to_the_beginning(capability: Capability, workshop: Workshop) -> None:
    async for form, drawn in walk(capability, workshop.studio):
        steps = 0
        while form.screen != "main":
            backs = [data for label, data in buttons(drawn) if label == "« Back"]
            if not backs:
                assert capability.missing(form.answers)  # an answer without which there is no panel: Cancel ends it
                assert [verb_of(data) for _, data in buttons(drawn)] == ["end"]
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
        if capability.missing(form.answers) is None:
            try:
                await capability.settle(form.answers, workshop.studio)
                ordered += 1
            except UserError:
                refused += 1
    assert ordered > refused


async def walk(capability: Capability, studio: Studio) -> AsyncIterator[tuple[Form, View]]:
    """Follow every button and type every kind of answer, breadth first, each screen once in each shape."""
    waiting = deque(openings(capability))
    seen: set[object] = set()
    while waiting:
        form = waiting.popleft()
        if shape(form) in seen:
            continue
        seen.add(shape(form))
        assert len(seen) < MOST_SCREENS
        drawn = await view(form, DIALOG, studio)
        yield form, drawn
        waiting += await nexts(form, drawn, studio)


def openings(capability: Capability) -> list[Form]:
    start: dict[str, Any] = {**capability.start({}), "photo": None}
    needed = {need.name: "a fox" for need in capability.needs}
    longest = {need.name: "🦊" * (need.kind.limit // 2) for need in capability.needs}
    for option in capability.options:
        if isinstance(option.kind, Words):
            longest[option.name] = "&" * option.kind.limit
    typed = {
        option.name: [{"name": "<" * LONGEST_NAME}] * option.most
        for option in capability.options
        if isinstance(option.kind, Named) and option.most > 1
    }
    forms = [start, {**start, **needed, "photo": PHOTO}, {**start, **longest, **typed, "photo": PHOTO}]
    return [Form.opened(capability, answers) for answers in forms]


def shape(form: Form) -> object:
    """Tell screens apart by what they show, not by every value that was chosen elsewhere."""
    match form.parts:
        case ["pick", name, _]:
            names = sorted(one["name"] for one in form.held(name))
            return form.screen, names[0] if len(names) == 1 else len(names)
        case ["item" | "field" | "ask", name, index, *_]:
            return form.screen, form.chosen(name, int(index))["name"]
        case _:
            return form.screen, bool(form.answers.get("photo")), len(str(form.answers)) > 2000


async def nexts(form: Form, drawn: View, studio: Studio) -> list[Form]:
    pressed = [data for _, data in buttons(drawn) if verb_of(data) not in ENDS]
    reached = []
    for data in pressed:
        try:
            reached.append(await press(form, data, studio))
        except UserError as refused:
            assert "chosen" in str(refused)  # noqa: PT017  as many as there may be
    if form.awaits == "photo":
        reached.append(form.with_answer("photo", PHOTO))
    elif form.awaits is not None:
        reached.append(form.typed(answer_to(form)))
    return reached


def answer_to(form: Form) -> str:
    if any(need.name == form.awaits for need in form.capability.needs):
        return "a hare"
    return next(iter(form.kind.presets()), "canny")


def check(drawn: View, lang: Lang) -> None:
    """Check a view against Telegram's bounds."""
    shown, _ = parse_html(drawn.body.html(lang))
    assert shown.strip()
    assert units(shown) <= 4096
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
