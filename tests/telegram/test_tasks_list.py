from collections.abc import Awaitable, Callable

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
        f"{third.id} 🎨 a fox",
        "🎨 At work for 30 s.",
        f"{second.id} 🎨 a fox",
        "⏳ In the queue: place 2.",
        f"{first.id} 🎨 a <fox>",
        "⏳ In the queue: place 1.",
    ]
    # What is at work already cannot be taken back.
    assert labels(answer) == [f"Cancel no. {second.id}", f"Cancel no. {first.id}"]
    assert await stage.press("Alice", answer, data_of(answer, f"Cancel no. {first.id}")) == ""
    assert (await stage.task(first.id)).state is State.CANCELLED


async def test_what_was_asked_elsewhere_shows_no_words_here(stage: Stage, add_task: Add) -> None:
    task = await add_task(request={"prompt": "a secret"})
    [answer] = await stage.say("Alice", "/tasks", to="Picture friends")
    assert answer.text.startswith(f"{task.id} 🎨 …")
    assert "secret" not in answer.html
    assert answer.buttons == []


async def test_the_longest_list_is_one_message(stage: Stage, add_task: Add) -> None:
    for _ in range(12):
        await add_task(request={"prompt": "🦊" * 1000}, attempts=1)
    [answer] = await stage.say("小明", "/tasks")
    assert "没有" in answer.text
    [answer] = await stage.say("Alice", "/tasks")
    assert answer.text.count("🎨") == 10
    assert len(answer.buttons) == 10
