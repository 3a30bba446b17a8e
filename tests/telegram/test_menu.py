import pytest

from bot.capabilities import registry
from bot.capabilities.needs import PhotoNeed
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.store import people
from tests.telegram.stage import Stage, data_of, labels, picture_bytes


@pytest.fixture
async def menu(stage: Stage) -> ChatMessage:
    [shown] = await stage.say("Alice", files={"a.jpg": picture_bytes()})
    return shown


def picture(stage: Stage) -> tuple[int, dict[str, str]]:
    """Give the message of the picture that was sent first, and its source."""
    message = stage.updates[0].message
    assert message is not None
    return message.message_id, {"file": message.photo[-1].file_id}


def test_every_button_is_one_that_the_handler_takes() -> None:
    for capability in registry.OFFERED:
        assert f"m:{capability.name}".isascii()
        assert len(f"m:{capability.name}") <= 64


async def test_it_offers_whatever_a_picture_is_good_for(stage: Stage, menu: ChatMessage) -> None:
    offered = [button.data for button in menu.buttons]
    takers = [one for one in registry.OFFERED if any(isinstance(need, PhotoNeed) for need in one.needs)]
    assert offered == [f"m:{one.name}" for one in takers]
    assert {"m:imagine", "m:upscale"} <= set(offered)
    assert max(len(row) for row in menu.keyboard or []) <= 3
    [chinese] = await stage.say("小明", files={"a.jpg": picture_bytes()})
    assert labels(chinese) != labels(menu)


async def test_what_is_instant_is_ordered_at_once_as_an_answer_to_the_picture(stage: Stage, menu: ChatMessage) -> None:
    message_id, source = picture(stage)
    assert await stage.press("Alice", menu, data_of(menu, "🔍")) == ""
    [task] = await stage.tasks()
    assert (task.capability, task.request["photo"], task.message_id) == ("upscale", source, message_id)
    assert stage.chat("Alice").messages[message_id].reactions == ["👀"]
    assert stage.shown(stage.chat("Alice")) == []  # the menu goes


async def test_what_is_not_opens_its_panel_with_the_picture_in_it(stage: Stage, menu: ChatMessage) -> None:
    message_id, source = picture(stage)
    assert await stage.press("Alice", menu, data_of(menu, "↔️")) == ""
    [panel] = stage.shown(stage.chat("Alice"))
    assert panel.reply_to_message_id == message_id
    assert await stage.tasks() == []
    await stage.press("Alice", panel, data_of(panel, "✨"))
    [task] = await stage.tasks()
    assert (task.request["photo"], task.message_id) == (source, message_id)


async def test_with_what_somebody_chose_last(stage: Stage, menu: ChatMessage) -> None:
    async with stage.store.write() as conn:
        await people.choose(conn, stage.person("Alice").id, "upscale", {"format": "PNG"}, stage.now)
    await stage.press("Alice", menu, data_of(menu, "🔍"))
    [task] = await stage.tasks()
    assert task.request["format"] == "PNG"


class TestLimits:
    @pytest.fixture
    def settings(self) -> dict[str, int]:
        return {"daily_limit": 1}

    async def test_are_told_and_the_menu_stays(self, stage: Stage, menu: ChatMessage) -> None:
        await stage.say("Alice", "/imagine a fox")
        assert "used up" in str(await stage.press("Alice", menu, data_of(menu, "🔍")))
        assert [message.message_id for message in stage.shown(stage.chat("Alice"))] == [menu.message_id]
        assert len(await stage.tasks()) == 1


class TestAPictureThatCanNoLongerBeSeen:
    async def test_it_was_removed(self, stage: Stage, menu: ChatMessage) -> None:
        message_id, _ = picture(stage)
        chat = stage.chat("Alice")
        del chat.messages[message_id]
        chat.messages[menu.message_id].reply_to = None  # as Telegram then shows it
        assert "no longer see" in str(await stage.press("Alice", menu, data_of(menu, "🔍")))
        assert await stage.tasks() == []

    async def test_the_menu_is_out_of_reach(self, stage: Stage, menu: ChatMessage) -> None:
        assert "no longer see" in str(await stage.press("Alice", menu, data_of(menu, "🔍"), gone=True))
        assert await stage.tasks() == []

    @pytest.mark.parametrize("name", ["perfume", "snap", "detect"])
    async def test_or_that_nothing_is_made_of(self, stage: Stage, menu: ChatMessage, name: str) -> None:
        """A capability that there is no longer, and errands, which only dialogs send."""
        assert await stage.press("Alice", menu, f"m:{name}") != ""
        assert await stage.tasks() == []
        assert len(stage.shown(stage.chat("Alice"))) == 1


async def test_in_words_that_name_the_picture(stage: Stage, menu: ChatMessage) -> None:
    """Imagine takes a picture, but cannot do without words."""
    assert await stage.press("Alice", menu, data_of(menu, "🎨")) == ""
    [question] = stage.shown(stage.chat("Alice"))
    assert "What shall I draw" in question.text
    [panel] = await stage.say("Alice", "a fox")
    await stage.press("Alice", panel, data_of(panel, "✨"))
    [task] = await stage.tasks()
    assert (task.request["photo"], task.request["prompt"]) == (picture(stage)[1], "a fox")
