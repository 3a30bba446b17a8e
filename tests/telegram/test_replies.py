from collections.abc import Mapping
from typing import Any

import pytest
from telegram import Update

from bot.sandbox.telegram.people.shown import ChatMessage
from bot.store import albums
from bot.store import dialogs as rows
from bot.store.task import Task
from tests.conversations.inventions import register
from tests.telegram.stage import Stage, labels, picture_bytes

GROUP = "Picture friends"


@pytest.fixture(autouse=True)
def _more_capabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)


def files(count: int) -> Mapping[str, bytes]:
    return {f"{n}.jpg": picture_bytes(100 + n, 100) for n in range(count)}


async def album(stage: Stage, words: str, count: int, who: str = "Alice", **more: Any) -> list[ChatMessage]:
    """Send an album whose first picture has these words."""
    return await stage.say(who, words, files=files(count), **more)


def sent(stage: Stage, count: int) -> list[dict[str, Any]]:
    """Give the pictures of the last messages, as answers."""
    messages = [update.message for update in stage.updates[-count:]]
    return [{"file": message.photo[-1].file_id} for message in messages if message is not None]


def written(words: str) -> dict[str, Any]:
    """Give a caption that begins with a command, as Telegram writes it."""
    command = {"type": "bot_command", "offset": 0, "length": words.index(" ")}
    return {"caption": words, "caption_entities": [command]}


def photos_of(tasks: list[Task]) -> list[object]:
    return [task.request["photo"] for task in tasks]


class TestAnAlbumWithACommand:
    """The caption comes with one picture alone, and is meant for all of them."""

    async def test_each_picture_is_ordered(self, stage: Stage) -> None:
        assert await album(stage, "/upscale 3", 4) == []
        tasks = await stage.tasks()
        assert photos_of(tasks) == sent(stage, 4)
        assert [task.request["ratio"] for task in tasks] == [3] * 4
        messages = [update.message for update in stage.updates]
        assert [task.message_id for task in tasks] == [message.message_id for message in messages if message]

    async def test_what_is_refused_is_refused_once(self, stage: Stage) -> None:
        told = await album(stage, "/upscale --perfume", 4)
        assert len(told) == 1
        assert "--perfume" in told[0].text
        assert await stage.tasks() == []

    async def test_what_arrives_twice_is_ordered_once(self, stage: Stage) -> None:
        await album(stage, "/upscale", 2)
        before = await stage.tasks()
        for update in stage.updates[-2:]:
            await stage.parts.app.process_update(update)
        assert await stage.tasks() == before

    async def test_in_a_group_as_far_as_the_bot_sees_them(self, stage: Stage) -> None:
        """Telegram shows it the others only where it is an admin."""
        await album(stage, "/upscale", 3, to=GROUP)
        assert len(await stage.tasks()) == 1
        stage.chat(GROUP).admins.append(stage.sandbox.world.bot.id)
        await album(stage, "/upscale", 3, to=GROUP)
        assert len(await stage.tasks()) == 4
        assert stage.shown(stage.chat(GROUP)) == []

    async def test_one_that_opens_a_panel_is_for_the_first_and_that_is_said_once(self, stage: Stage) -> None:
        shown = await album(stage, "/stylize", 4)
        said = [message for message in shown if "first picture of the album" in message.text]
        assert len(said) == 1
        assert "/stylize" in said[0].text
        second = stage.updates[-3].message
        assert second is not None
        assert said[0].reply_to_message_id == second.message_id
        dialog = await stage.dialog()
        assert dialog is not None
        assert dialog.answers["photo"] == sent(stage, 4)[0]
        assert await stage.tasks() == []

    async def test_one_that_takes_several_gets_the_others(self, stage: Stage) -> None:
        shown = await album(stage, "/gather", 3)
        dialog = await stage.dialog()
        assert dialog is not None
        assert dialog.answers["several"] == sent(stage, 3)
        assert dialog.screen == "main"
        assert "✨ Generate" in labels(shown[-1])
        assert len(shown) == 1

    async def test_a_collection_shows_its_count_once_below_each(self, stage: Stage) -> None:
        [asked] = await stage.say("Alice", "/train")
        [first] = await album(stage, "", 3)
        [second] = await stage.say("Alice", files={"another.jpg": picture_bytes(400, 420)})
        assert asked.message_id < first.message_id < second.message_id
        assert "3 pictures" in first.text
        assert "4 pictures" in second.text
        left = {message.message_id for message in stage.shown(stage.chat("Alice"))}
        assert left == {second.message_id}

    @pytest.mark.parametrize(("command", "name", "count"), [("/train my cat", "photos", 4), ("/gather", "several", 3)])
    async def test_in_a_group_all_of_an_album_answers_a_panel(
        self, stage: Stage, command: str, name: str, count: int
    ) -> None:
        """Though the first of them may have brought another message that asks."""
        stage.person("Alice").language_code = "en"
        [asked] = await stage.say("Alice", command, to=GROUP)
        await album(stage, "", count, to=GROUP, reply_to=asked.message_id)
        dialog = await stage.dialog(chat=GROUP)
        assert dialog is not None
        held = dialog.answers[name]
        assert (held["count"] if name == "photos" else len(held)) == count

    async def test_and_those_that_are_too_many_are_not_ordered_by_themselves(self, stage: Stage) -> None:
        """The dialog is over; the others were meant for it."""
        await album(stage, "/gather", 3)
        dialog = await stage.dialog()
        assert dialog is not None
        async with stage.store.write() as conn:
            await rows.remove(conn, dialog.id)
        last = stage.updates[-1]
        assert last.message is not None
        await stage.parts.app.process_update(last)
        assert await stage.tasks() == []

    async def test_an_answer_to_one_of_it_with_a_command_means_that_one_first(self, stage: Stage) -> None:
        await album(stage, "", 3)
        pictures = sent(stage, 3)
        second = stage.updates[-2].message
        assert second is not None
        await stage.say("Alice", "/upscale", reply_to=second.message_id)
        assert photos_of(await stage.tasks()) == [pictures[1]]
        await stage.say("Alice", "/gather", reply_to=second.message_id)
        assert (await stage.tasks())[-1].request["several"] == [pictures[1], pictures[0], pictures[2]]

    async def test_whose_caption_comes_with_a_later_one(self, stage: Stage) -> None:
        """What came before it has a menu; it and what comes after it are ordered."""
        await album(stage, "", 3)
        updates = stage.updates[-3:]
        async with stage.store.write() as conn:
            await albums.forget(conn, stage.now + 1)
        bodies = [update.to_dict() for update in updates]
        bodies[1]["message"] |= written("/upscale 3")
        for n, body in enumerate(bodies):
            body["update_id"] = 1000 + n
        for body in bodies:
            await stage.parts.app.process_update(Update.de_json(body, stage.bot))
        tasks = await stage.tasks()
        assert photos_of(tasks) == sent(stage, 3)[1:]
        assert [task.request["ratio"] for task in tasks] == [3, 3]


class TestLimits:
    @pytest.fixture
    def settings(self) -> dict[str, int]:
        return {"min_interval_seconds": 60, "daily_limit": 3}

    async def test_the_interval_is_not_for_the_others_but_the_allowance_is(self, stage: Stage) -> None:
        answers = await album(stage, "/upscale", 5)
        tasks = await stage.tasks()
        assert [task.reserved for task in tasks] == [1, 1, 1]
        assert photos_of(tasks) == sent(stage, 5)[:3]
        # The first that came too late says so below itself, and for those after it.
        [answer] = answers
        assert "used up" in answer.text
        [late] = [update.message.message_id for update in stage.updates[-2:-1] if update.message]
        assert answer.reply_to_message_id == late

    async def test_the_first_waits_for_its_turn(self, stage: Stage) -> None:
        await stage.say("Alice", "/say a fox")
        [answer, *_] = await album(stage, "/upscale", 2)
        assert "60 s" in answer.text


class TestABarePicture:
    async def test_in_private_is_asked_about(self, stage: Stage) -> None:
        [menu] = await stage.say("Alice", files=files(1))
        message = stage.updates[-1].message
        assert message is not None
        assert menu.reply_to_message_id == message.message_id
        assert "m:upscale" in [button.data for button in menu.buttons]

    async def test_an_album_is_asked_about_once(self, stage: Stage) -> None:
        [menu] = await album(stage, "", 4)
        first = stage.updates[-4].message
        assert first is not None
        assert menu.reply_to_message_id == first.message_id

    async def test_with_words_it_is_the_same(self, stage: Stage) -> None:
        [menu] = await stage.say("Alice", "look at this", files=files(1))
        assert "What shall I do" in menu.text

    async def test_in_a_group_it_is_nobodys_business(self, stage: Stage) -> None:
        await stage.say("Bob", "/imagine a fox", to=GROUP)
        [listed] = await stage.say("Bob", "/tasks", to=GROUP)
        assert await stage.say("Bob", files=files(1), to=GROUP, reply_to=listed.message_id) == []

    async def test_other_files_in_a_group_are_nobodys_business_either(self, stage: Stage) -> None:
        await stage.say("Bob", "/imagine a fox", to=GROUP)
        [listed] = await stage.say("Bob", "/tasks", to=GROUP)
        await stage.say("Bob", "/upscale", to=GROUP)
        for reply_to in (None, listed.message_id):
            pdf = {"a.pdf": b"%PDF-1.7"}
            assert await stage.say("Bob", files=pdf, media="document", to=GROUP, reply_to=reply_to) == []

    async def test_a_file_that_is_no_picture_is_said_to_be_none(self, stage: Stage) -> None:
        [answer] = await stage.say("Alice", files={"a.pdf": b"%PDF-1.7"}, media="document")
        assert "application/pdf" in answer.text
        assert answer.buttons == []

    async def test_while_a_dialog_is_open_it_is_its_answer(self, stage: Stage) -> None:
        await stage.say("Alice", "/upscale")
        shown = await stage.say("Alice", files=files(1))
        assert "What shall I do" not in str(shown)
        dialog = await stage.dialog()
        assert dialog is not None
        assert dialog.answers["photo"] == sent(stage, 1)[0]
