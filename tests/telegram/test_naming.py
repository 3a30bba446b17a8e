import re
from dataclasses import replace
from typing import Any

import pytest

from bot.store.task import State
from bot.telegram.asker import Asker
from bot.telegram.naming import named
from tests.telegram.stage import Stage

GROUP, FORUM = "Picture friends", "Picture forum"
BOB = Asker(owner_id=7, chat_id=7, thread_id=None, message_id=None, lang="en", is_private=True)


class TestWhoeverHasAsManyTasksAsAreAllowed:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"max_running_tasks": 2}

    async def test_is_told_which_is_the_oldest(self, stage: Stage) -> None:
        for words in ("a red fox", "a wolf"):
            await stage.say("Bob", f"/imagine {words}")
        [refused] = await stage.say("Bob", "/imagine an owl")
        assert "You have 2 tasks under way" in refused.text
        assert re.search(r"\nThe oldest of them: \S+ Imagine: a red fox$", refused.text)
        assert "<a " not in refused.html
        await stage.change((await stage.tasks())[0], state=State.DELIVERED)
        await stage.say("Bob", "/imagine an owl")
        [refused] = await stage.say("Bob", "/imagine an owl")
        assert refused.text.endswith("Imagine: a wolf")

    async def test_gets_a_link_where_messages_have_one(self, stage: Stage) -> None:
        topic = next(iter(stage.chat(FORUM).topics))
        await stage.say("Alice", "/limits running 1", to=FORUM)
        await stage.say("Bob", "/imagine at home")
        await stage.say("Bob", "/imagine a red fox", to=FORUM, thread_id=topic)
        [task] = [task for task in await stage.tasks() if task.chat_id < 0]
        expected = f"https://t.me/c/{str(stage.chat(FORUM).id).removeprefix('-100')}/{task.message_id}"
        await stage.change(next(task for task in await stage.tasks() if task.chat_id > 0), state=State.DELIVERED)
        [refused] = await stage.say("Bob", "/imagine an owl", to=FORUM, thread_id=topic)
        assert "You have 1 task under way in this group" in refused.text
        assert refused.text.endswith("This is it: 🎨 Imagine: a red fox")
        assert f'href="{expected}"' in refused.html

    async def test_is_told_in_a_group_nothing_of_another_chat(self, stage: Stage) -> None:
        for words in ("a red fox", "a wolf"):
            await stage.say("Bob", f"/imagine {words}")
        [refused] = await stage.say("Bob", "/imagine an owl", to=GROUP)
        assert refused.text.endswith("The oldest of them: a task in another chat")

    async def test_of_a_groups_limit_it_is_the_groups_oldest(self, stage: Stage) -> None:
        await stage.say("Alice", "/limits running 1", to=GROUP)
        await stage.say("Bob", "/imagine at home")
        await stage.say("Bob", "/imagine a red fox", to=GROUP)
        await stage.change((await stage.tasks())[0], state=State.DELIVERED)
        await stage.say("Bob", "/imagine at home again")
        await stage.change((await stage.tasks())[-1], state=State.DELIVERED)
        [refused] = await stage.say("Bob", "/imagine an owl", to=GROUP)
        assert "<a " not in refused.html  # a plain group's messages have no links
        assert "a red fox" in refused.text


async def test_a_task_of_another_version_is_named_all_the_same(stage: Stage) -> None:
    await stage.say("Bob", "/imagine a fox")
    [task] = await stage.tasks()
    assert named(replace(task, capability="dance"), BOB).plain("en") == "dance"
