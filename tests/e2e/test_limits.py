"""The limits of a person and of a group, as people meet them."""

import re
from typing import Literal

import pytest

from bot.sandbox.telegram.people.shown import ChatMessage
from bot.sandbox.vendor.vendor import Vendor
from tests.e2e.studio import PATIENCE, Studio, has_result


@pytest.fixture
def settings() -> dict[str, str]:
    return {"DAILY_LIMIT": "3", "MAX_RUNNING_TASKS": "1"}


async def test_the_days_allowance(studio: Studio) -> None:
    await studio.say("Alice", "/imagine a fox --n 2")
    await studio.answer("Alice", has_result)
    await studio.say("Alice", "/imagine a fox --n 2")
    refused = await studio.answer("Alice")
    assert "2 of today's 3 pictures are used" in refused.text
    assert re.search(r"new ones in \d+ (h|min|s)\b", refused.text)
    await studio.say("小明", "/imagine 狐狸 --n 4")
    assert "请少要几张" in (await studio.answer("小明")).text
    assert len(studio.orders()) == 1


class TestRunning:
    @pytest.fixture
    def vendor(self) -> Vendor:
        return Vendor(task_seconds=30)

    async def test_one_at_a_time(self, studio: Studio) -> None:
        await studio.say("Alice", "/imagine a fox")
        await studio.chat.wait_for(lambda event: event.type == "reaction")
        await studio.say("Alice", "/imagine a wolf")
        refused = await studio.answer("Alice", lambda m: "under way" in m.text)
        assert "You have 1 task under way, and more is not allowed at once" in refused.text
        await studio.say("Alice", "/tasks")
        assert "a fox" in (await studio.answer("Alice", lambda m: "a fox" in m.text)).text


class TestInterval:
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"MIN_INTERVAL_SECONDS": "600"}

    async def test_too_fast(self, studio: Studio) -> None:
        await studio.say("Alice", "/imagine a fox")
        await studio.answer("Alice", has_result)
        await studio.say("Alice", "/imagine a wolf")
        assert "seconds" in (await studio.answer("Alice")).text
        assert len(studio.orders()) == 1


class TestQueue:
    @pytest.fixture
    def vendor(self) -> Vendor:
        return Vendor(task_seconds=30)

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"VENDOR_CONCURRENCY": "1"}

    async def test_the_place_in_the_queue_is_told_and_what_waits_can_be_cancelled(self, studio: Studio) -> None:
        await studio.say("Alice", "/imagine a fox")
        await studio.answer("Alice", lambda message: "At work" in message.text)
        await studio.say("Bob", "/imagine a wolf")
        status = await studio.answer("Bob", lambda message: "place 1" in message.text)
        await studio.press("Bob", status, "Cancel")
        told = await studio.answer("Bob", lambda message: "Cancelled" in message.text)
        assert "allowance" in told.text
        assert [order["prompt"] for order in studio.orders()] == ["a fox"]


class TestGroup:
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {}

    async def test_what_an_admin_sets_holds_for_its_members_there(self, studio: Studio) -> None:
        friends = InGroup(studio, "Picture friends")
        set_ = await friends.say("Alice", "/limits daily 1")
        assert "Pictures a day for each member: 1" in set_.text
        await friends.say("Bob", "/imagine a fox", result=True)
        refused = await friends.say("Bob", "/imagine a wolf")
        assert "Today's pictures are used up: 1 of 1 (your allowance in this group)" in refused.text
        assert "There will be new ones in" in refused.text
        await studio.say("Bob", "/imagine a wolf")
        await studio.answer("Bob", has_result)
        await studio.bot.kill()
        await studio.bot.start()
        assert "1 of 1" in (await friends.say("Bob", "/imagine a bear")).text
        assert len(studio.orders()) == 2

    async def test_a_member_at_the_buttons_changes_nothing_also_after_a_kill(self, studio: Studio) -> None:
        friends = InGroup(studio, "Picture friends")
        panel = await friends.say("Alice", "/limits")
        await studio.bot.kill()
        await studio.bot.start()
        assert "Only this group's admins" in await friends.press("Bob", panel, "g:page:daily")
        assert await friends.press("Alice", panel, "g:page:daily") == ""
        page = await friends.shown(panel, "By words")
        assert "Only this group's admins" in await friends.press("Bob", page, "g:set:daily:5")
        assert "not set here" in (await friends.shown(panel, "By words")).text
        await friends.press("Alice", page, "g:set:daily:5")
        assert "Pictures a day for each member: 5" in (await friends.shown(panel, "member: 5")).text

    async def test_an_anonymous_admin_may(self, studio: Studio) -> None:
        forum = InGroup(studio, "Picture forum")
        panel = await forum.say("Alice", "/limits", voice="group")
        await forum.press("Alice", panel, "g:page:daily")
        page = await forum.shown(panel, "By words")
        await forum.press("Alice", page, "g:set:daily:5")
        assert "member: 5" in (await forum.say("Alice", "/limits daily 5", voice="group")).text

    async def test_after_a_migration_all_holds(self, studio: Studio) -> None:
        friends = InGroup(studio, "Picture friends")
        await friends.say("Alice", "/limits daily 1")
        await friends.say("Bob", "/imagine a fox", result=True)
        friends.id = (await studio.chat.act("migrations", chat_id=friends.id))["new_chat_id"]
        assert "1 of 1" in (await friends.say("Bob", "/imagine a wolf")).text
        assert "Alice: Pictures a day" in (await friends.say("Alice", "/limits log")).text


class InGroup:
    """People in one group."""

    def __init__(self, studio: Studio, title: str) -> None:
        self.studio = studio
        self.id = studio.state.chat(title).id

    async def say(
        self, name: str, words: str, *, voice: Literal["user", "group"] = "user", result: bool = False
    ) -> ChatMessage:
        """Write, and wait for the answer; for a `result` that it is."""
        [said] = await self.studio.chat.send(self.studio.state.person(name).id, self.id, words, voice=voice)
        return await self.studio.chat.wait_for_message(
            self.id,
            lambda message: message.reply_to_message_id == said.message_id and has_result(message) is result,
            PATIENCE,
        )

    async def press(self, name: str, message: ChatMessage, data: str) -> str:
        """Press a button; give the words of the answer."""
        query = await self.studio.chat.press(self.studio.state.person(name).id, message, data)
        answer = await self.studio.chat.wait_for(lambda event: event.query_id == query, PATIENCE)
        return answer.text or ""

    async def shown(self, message: ChatMessage, words: str) -> ChatMessage:
        """Give a message as it is shown now."""
        held = await self.studio.chat.history(self.id)
        now = next(one for one in held if one.message_id == message.message_id)
        assert words in now.text
        return now
