from collections.abc import Awaitable, Callable

import pytest

from bot.store.task import FINISHED, State, Task
from tests.telegram.stage import Stage, data_of, labels

Add = Callable[..., Awaitable[Task]]


async def test_nothing(stage: Stage, add_task: Add) -> None:
    for state in sorted(FINISHED):
        await add_task(state=state)
    await add_task(owner_id=stage.person("Bob").id)
    [answer] = await stage.say("Alice", "/tasks")
    assert "Nothing is under way" in answer.text


async def test_each_with_its_words_and_where_it_stands(stage: Stage, add_task: Add) -> None:
    first = await add_task(request={"prompt": "a <fox>"})
    second = await add_task()
    third = await add_task(state=State.RUNNING, submitted_at=stage.now - 30, created_at=stage.now + 1)
    [answer] = await stage.say("Alice", "/tasks")
    assert answer.text.splitlines() == [
        f"{third.id} 🎨 Imagine: a fox",
        "🎨 At work for 30 s.",
        f"{second.id} 🎨 Imagine: a fox",
        "⏳ In the queue: place 2.",
        f"{first.id} 🎨 Imagine: a <fox>",
        "⏳ In the queue: place 1.",
    ]
    # What is at work already cannot be taken back.
    assert labels(answer) == [f"Cancel no. {second.id}", f"Cancel no. {first.id}"]
    assert await stage.press("Alice", answer, data_of(answer, f"Cancel no. {first.id}")) == ""
    assert (await stage.task(first.id)).state is State.CANCELLED


async def test_what_was_asked_elsewhere_shows_no_words_in_a_group(stage: Stage, add_task: Add) -> None:
    task = await add_task(request={"prompt": "a secret"})
    [answer] = await stage.say("Alice", "/tasks", to="Picture friends")
    assert answer.text.startswith(f"{task.id} 🎨 Imagine: …")
    assert "secret" not in answer.html
    assert answer.buttons == []


async def test_in_private_it_does(stage: Stage, add_task: Add) -> None:
    task = await add_task(chat_id=stage.chat("Picture friends").id)
    [answer] = await stage.say("Alice", "/tasks")
    assert answer.text.startswith(f"{task.id} 🎨 Imagine: a fox")
    assert await stage.press("Alice", answer, data_of(answer, f"Cancel no. {task.id}")) == ""
    assert (await stage.task(task.id)).state is State.CANCELLED


async def test_what_needs_no_words_shows_its_title(stage: Stage, add_task: Add) -> None:
    task = await add_task(capability="upscale")
    [answer] = await stage.say("Alice", "/tasks")
    assert answer.text.splitlines()[0] == f"{task.id} 🔍 Upscale"


async def test_errands_are_nobodys_business(stage: Stage, add_task: Add) -> None:
    await add_task(order_key="errand:1:1:0")
    [answer] = await stage.say("Alice", "/tasks")
    assert "Nothing is under way" in answer.text


async def test_what_is_made_is_on_its_way(stage: Stage, add_task: Add) -> None:
    for state in (State.SUCCEEDED, State.DELIVERING):
        await add_task(state=state, submitted_at=stage.now - 30)
    [answer] = await stage.say("Alice", "/tasks")
    assert answer.text.splitlines()[1::2] == ["📦 It is made, and on its way to you."] * 2


@pytest.mark.parametrize(("progress", "can_be_cancelled"), [(None, True), (0.0, True), (0.5, False)])
async def test_a_training_can_be_cancelled_while_it_waits_at_the_vendor(
    stage: Stage, add_task: Add, progress: float | None, *, can_be_cancelled: bool
) -> None:
    task = await add_task(
        {"name": "my cat"}, capability="train", state=State.RUNNING, submitted_at=stage.now, progress=progress
    )
    [answer] = await stage.say("Alice", "/tasks")
    assert answer.text.startswith(f"{task.id} 🎓 Train: my cat")
    assert labels(answer) == ([f"Cancel no. {task.id}"] if can_be_cancelled else [])


async def test_the_longest_list_is_one_message(stage: Stage, add_task: Add) -> None:
    for _ in range(12):
        await add_task(request={"prompt": "🦊" * 1000}, attempts=1)
    [answer] = await stage.say("小明", "/tasks")
    assert "没有" in answer.text
    [answer] = await stage.say("Alice", "/tasks")
    assert answer.text.count("🎨 Imagine") == 10
    assert len(answer.buttons) == 10
