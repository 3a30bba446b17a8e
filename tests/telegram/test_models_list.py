from collections.abc import Mapping
from typing import Any

import pytest

from bot.capabilities.base import Choice
from bot.locales.text import LANGUAGES, Lang, text
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.sandbox.vendor.faults import Fault
from bot.store import loras, people
from bot.store.loras import Lora
from bot.telegram.models_view import MODELS, MOST_FOUND, PER_PAGE, SHELVES, Item, Manner, Page, found, home
from tests.telegram.restarting import restarted
from tests.telegram.stage import Stage, data_of, labels

GROUP = "Picture friends"


def now_of(stage: Stage, shown: ChatMessage) -> ChatMessage:
    """Read a message as it is now."""
    chat = stage.sandbox.world.chats[shown.chat_id]
    return next(message for message in stage.shown(chat) if message.message_id == shown.message_id)


async def opened(stage: Stage, shelf: str, *, who: str = "Alice", chat: str | None = None) -> ChatMessage:
    [shown] = await stage.say(who, "/models", to=chat)
    data = next(str(button.data) for button in shown.buttons if f":{shelf}:" in str(button.data))
    assert await stage.press(who, shown, data) == ""
    return now_of(stage, shown)


async def chosen(stage: Stage, person_id: int) -> Mapping[str, Any]:
    async with stage.store.read() as conn:
        return await people.choices(conn, person_id, "imagine")


async def test_every_shelf_can_be_opened(stage: Stage) -> None:
    [shown] = await stage.say("Alice", "/models")
    assert len(shown.buttons) == len(SHELVES)
    for button in shown.buttons:
        assert await stage.press("Alice", shown, str(button.data)) == ""
        page = now_of(stage, shown)
        assert "•" in page.text
        assert "/" in page.text.splitlines()[-1]
        assert await stage.press("Alice", page, data_of(page, "« Back")) == ""
        assert now_of(stage, shown).keyboard == shown.keyboard


async def test_says_what_each_model_can_do_and_no_ids_unless_asked(stage: Stage) -> None:
    page = await opened(stage, "imagine.model")
    lines = page.text.splitlines()
    artist, mirage = lines.index("• 秒画 V1.0"), lines.index("• 秒画 0.4.0")
    assert lines[artist + 2] == "pictures from words alone"
    assert lines[mirage + 2] == "pictures from words alone · pictures as a starting point · LoRA · ControlNet"
    assert "cq71d1kq0d02r73hadf0" not in page.text
    await stage.press("Alice", page, data_of(page, "Show ids"))
    page = now_of(stage, page)
    assert "cq71d1kq0d02r73hadf0" in page.text
    await stage.press("Alice", page, data_of(page, "Hide ids"))
    assert "cq71d1kq0d02r73hadf0" not in now_of(stage, page).text


async def test_a_pressed_model_is_the_default(stage: Stage) -> None:
    page = await opened(stage, "imagine.model")
    assert "✓ automatic" in labels(page)
    async with restarted(stage):
        assert await stage.press("Alice", page, data_of(page, "秒画 0.5.0 极速版")) == ""
    page = now_of(stage, page)
    assert page.text.startswith("✓ 秒画 0.5.0 极速版 is now your default for /imagine.")
    assert [label for label in labels(page) if "✓" in label] == ["✓ 秒画 0.5.0 极速版"]
    await stage.say("Alice", "/imagine a fox")
    [task] = await stage.tasks()
    assert task.request["model"]["name"] == "秒画 0.5.0 极速版"
    await stage.press("Alice", page, data_of(page, "automatic"))
    assert (await chosen(stage, stage.person("Alice").id))["model"] is None
    assert "✓ automatic" in labels(now_of(stage, page))


async def test_a_model_that_is_gone_is_out_of_date(stage: Stage) -> None:
    page = await opened(stage, "imagine.model")
    forged = f"l:set:{stage.person('Alice').id}:0123456789:-"
    assert "out of date" in str(await stage.press("Alice", page, forged))
    assert await chosen(stage, stage.person("Alice").id) == {}


async def test_loras_are_those_that_one_may_use_with_ones_own_marked(stage: Stage) -> None:
    async with stage.store.write() as conn:
        for who, name in (("Alice", "my cat"), ("Bob", "my dog")):
            owner = stage.person(who).id
            lora = Lora(
                id=f"of-{who}",
                owner_id=owner,
                task_id=None,
                name=name,
                base_model_type="MH-0.4",
                trigger_words="meow",
                created_at=1.0,
            )
            await loras.insert(conn, lora)
    page = await opened(stage, "imagine.loras")
    assert page.text.splitlines()[1:3] == ["• my cat", "⭐ yours · trigger words: meow · for models of type MH-0.4"]
    assert page.text.count("yours") == 1
    assert "/imagine --lora NAME" in page.text
    while "▶️" in labels(page):
        assert "my dog" not in page.text
        await stage.press("Alice", page, data_of(page, "▶️"))
        page = now_of(stage, page)
    assert "漫画 Halftone comic" in page.text  # also those for other models than the default


class TestSearch:
    async def test_finds_in_all_shelves(self, stage: Stage) -> None:
        [shown] = await stage.say("Alice", "/models WATERCOLOUR")
        assert "LoRA" in shown.text
        assert "水彩 Watercolour" in shown.text
        assert shown.buttons == []

    async def test_a_found_model_can_be_made_the_default(self, stage: Stage) -> None:
        [shown] = await stage.say("Alice", "/models 0.4.0 极速版")
        assert await stage.press("Alice", shown, data_of(shown, "Make")) == ""
        assert "is now your default" in now_of(stage, shown).text
        assert (await chosen(stage, stage.person("Alice").id))["model"]["name"] == "秒画 0.4.0 极速版"

    async def test_finds_nothing(self, stage: Stage) -> None:
        [shown] = await stage.say("Alice", "/models <b>unheard of</b>")
        assert "nothing for “<b>unheard of</b>”" in shown.text

    async def test_says_when_the_service_does_not_answer(self, stage: Stage) -> None:
        stage.vendor.faults.add(Fault(on="models", times=100, code=503))
        [shown] = await stage.say("Alice", "/models fox")
        assert "does not answer" in shown.text


class TestWhoMayPress:
    async def test_its_owner_alone(self, stage: Stage) -> None:
        page = await opened(stage, "imagine.model", chat=GROUP)
        for button in page.buttons:
            assert "somebody else" in str(await stage.press("Bob", page, str(button.data)))
        assert now_of(stage, page) == page
        for who in ("Alice", "Bob"):
            assert await chosen(stage, stage.person(who).id) == {}

    async def test_nobody_chooses_for_somebody_else_in_private(self, stage: Stage) -> None:
        alice = stage.person("Alice").id
        page = await opened(stage, "imagine.model", who="Bob")
        data = data_of(page, "秒画 V1.0").replace(str(stage.person("Bob").id), str(alice))
        await stage.press("Bob", page, data)
        assert await chosen(stage, alice) == {}

    @pytest.mark.parametrize(
        "data", ["l:home:1:2", "l:shelf:1:imagine.size:0:-", "l:shelf:1:imagine.model:x:-", "l:x:1"]
    )
    async def test_buttons_that_nobody_made_are_out_of_date(self, stage: Stage, data: str) -> None:
        [shown] = await stage.say("Alice", "/models")
        assert "out of date" in str(await stage.press("Alice", shown, data))


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_the_longest_pages_are_ones_that_telegram_takes(lang: Lang) -> None:
    owner, name = -1009999999999, "画" * 128
    notes = (text("⭐ yours"), text("trigger words: {words}", words=name[:60]))
    items = [Item(Choice(f"{name}{index}"[-128:], name, name * 2), notes) for index in range(PER_PAGE * 100)]
    manner = Manner(has_ids=True, is_setting=True)
    pages = [
        Page(owner_id=owner, shelf=shelf, items=items, number=50, manner=manner, headline=notes[0]).view()
        for shelf in SHELVES.values()
    ]
    for view in [*pages, home(owner), found(owner, name, [(MODELS, item) for item in items[: MOST_FOUND + 1]])]:
        assert len(view.body.html(lang)) <= 4096
        for row in view.rows:
            for button in row:
                assert len(button.data.encode()) <= 64
