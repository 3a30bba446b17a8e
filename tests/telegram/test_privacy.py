from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from bot.limits import allowance
from bot.limits.rules import day_of
from bot.locales.text import LANGUAGES, Lang
from bot.sandbox.telegram.entities import units
from bot.sandbox.telegram.parsing import parse_html
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.store import collected, forgetting, tasks
from bot.store.collected import NewCollected
from bot.store.tables import metadata
from bot.store.task import State, Task
from bot.telegram import privacy
from bot.telegram.delivery import Delivery
from bot.tracker import record
from tests.telegram.stage import Stage, data_of, delivery_of, picture_bytes, shelf_of

GROUP = "Picture friends"

AddTask = Callable[..., Awaitable[Task]]


@pytest.fixture
def stage_database(database_url: str) -> str:
    return database_url


async def naming(stage: Stage, person_id: int) -> Mapping[str, list[dict[str, Any]]]:
    """Find the rows of all tables that name a person anywhere."""
    found: dict[str, list[dict[str, Any]]] = {}
    async with stage.store.read() as conn:
        for name, table in metadata.tables.items():
            rows = [dict(row) for row in (await conn.execute(sa.select(table))).mappings()]
            if mine := [row for row in rows if str(person_id) in repr(row)]:
                found[name] = mine
    return found


async def used(stage: Stage) -> int:
    day = day_of(stage.now, stage.parts.services.settings.limits_timezone)
    async with stage.store.read() as conn:
        return (await allowance.standing_of(conn, stage.person("Alice").id, day)).used


async def ask(stage: Stage) -> ChatMessage:
    return (await stage.say("Alice", "/forget"))[-1]


@pytest.mark.parametrize("lang", list(LANGUAGES))
@pytest.mark.parametrize("days", [0, 1, 90])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_text_is_one_that_telegram_takes(stage: Stage, lang: Lang, days: int) -> None:
    settings = stage.parts.services.settings.model_copy(update={"history_days": days})
    for sentence in (privacy.kept(settings), privacy.question(), privacy.forgotten()):
        words, _ = parse_html(sentence.html(lang))
        assert 0 < units(words) <= 4096
        assert "{" not in words


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_kept_and_how_long(stage: Stage) -> None:
    [said] = await stage.say("Alice", "/privacy")
    assert "90 days after they end" in said.text
    [said] = await stage.say("Alice", "/privacy", to=GROUP)
    assert "/forget" in said.text


class TestForEver:
    @pytest.fixture
    def settings(self) -> dict[str, int]:
        return {"history_days": 0}

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    async def test_says_so(self, stage: Stage) -> None:
        [said] = await stage.say("Alice", "/privacy")
        assert "Until you send /forget" in said.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_in_a_group_it_is_not_done(stage: Stage) -> None:
    await stage.say("Alice", "/imagine a fox", to=GROUP)
    [said] = await stage.say("Alice", "/forget", to=GROUP)
    assert "in our private chat" in said.text
    assert "in our private chat" in str(await stage.press("Alice", said, "f:yes"))
    assert len(await stage.tasks()) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_who_thinks_better_of_it_keeps_everything(stage: Stage) -> None:
    await stage.say("Alice", "/imagine a fox")
    question = await ask(stage)
    assert "cannot be undone" in question.text
    assert await stage.press("Alice", question, data_of(question, "Keep")) == ""
    assert len(await stage.tasks()) == 1
    assert question.message_id not in stage.chat("Alice").messages


async def test_nothing_is_left_but_what_is_said_to_stay(stage: Stage, delivering: AddTask) -> None:
    alice = stage.person("Alice").id
    await stage.say("Alice", "/start")
    shown = await deliver(stage, await delivering())
    await stage.say("Alice", "/preset save Fox", reply_to=shown.message_id)
    await stage.say("Alice", "/imagine a cat --n 2")
    await stage.say("Alice", "/imagine an owl --n 3", to=GROUP)
    await stage.say("Alice", files={"a.jpg": picture_bytes(), "b.jpg": picture_bytes(64, 64)})
    await stage.say("Alice", "/imagine")
    await stage.say("Bob", "/imagine a dog")
    known = await naming(stage, alice)
    assert {"tasks", "presets", "people", "chats", "dialogs", "albums", "allowances"} <= set(known)
    question = await ask(stage)
    assert await stage.press("Alice", question, data_of(question, "🗑 Yes")) == ""
    assert "forgotten" in stage.shown(stage.chat("Alice"))[-1].text
    left = await naming(stage, alice)
    today = day_of(stage.now, stage.parts.services.settings.limits_timezone)
    assert set(left) <= {"allowances", "group_allowances"}
    assert all(row["day"] == today for rows in left.values() for row in rows)
    assert [task.owner_id for task in await stage.tasks()] == [stage.person("Bob").id]
    assert await used(stage) == 0  # what waited is given back
    assert "no longer here" in str(await stage.press("Alice", shown, data_of(shown, "🔁")))


async def deliver(stage: Stage, task: Task) -> ChatMessage:
    await stage.bring(task, picture_bytes())
    outlet: Delivery = delivery_of(stage)
    await outlet.deliver(task)
    async with stage.store.write() as conn:
        await record.deliver(conn, task, now=stage.now)
    return stage.shown(stage.sandbox.world.chats[task.chat_id])[-1]


async def test_what_the_vendor_is_at_work_on_still_counts_and_is_let_go(stage: Stage) -> None:
    await stage.say("Alice", "/imagine a cat --n 2")
    await stage.say("Alice", "/imagine a cat --n 3")
    running, _ = await stage.tasks()
    async with stage.store.write() as conn:
        running = await record.advance(conn, running, State.SUBMITTING)
        running = await record.advance(conn, running, State.RUNNING, vendor_id="v", lease_token=4)
    assert await used(stage) == 5
    question = await ask(stage)
    await stage.press("Alice", question, "f:yes")
    assert (await stage.tasks(), await used(stage)) == ([], 2)
    with pytest.raises(record.LostLease):  # as the tracker would find
        async with stage.store.write() as conn:
            await record.advance(conn, running, State.SUCCEEDED)
    await stage.press("Alice", question, "f:yes")
    assert await used(stage) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_copies_and_messages_about_it_go_along(stage: Stage) -> None:
    await stage.say("Alice", "/imagine a cat")
    [task] = await stage.tasks()
    [status] = await stage.say("Alice", "/tasks")
    shelf = shelf_of(stage)
    names = [await shelf.put(holder, 1, picture_bytes(), "jpg") for holder in (f"t{task.id}", "d77", "d78")]
    async with stage.store.write() as conn:
        await tasks.note(conn, task.id, status_message_id=status.message_id)
        for collection_id, name in zip((77, 78), names[1:], strict=True):
            new: dict[str, Any] = {"source": {}, "digest": "5", "name": name, "created_at": stage.now}
            await collected.add(conn, NewCollected(collection_id=collection_id, **new))
        await collected.set_ordered(conn, 77, task.id)
    question = await ask(stage)
    await stage.press("Alice", question, "f:yes")
    assert [(stage.shelf / name).exists() for name in names] == [False, False, True]
    assert status.message_id not in stage.chat("Alice").messages
    async with stage.store.read() as conn:
        assert [await collected.count(conn, number) for number in (77, 78)] == [0, 1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_killed_in_between_it_is_done_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.say("Alice", "/imagine a cat")
    question = await ask(stage)

    async def die(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as killed:
        killed.setattr("bot.store.forgetting.forget", die)
        await stage.press("Alice", question, "f:yes")
    assert len(await stage.tasks()) == 1
    await stage.press("Alice", question, "f:yes")
    assert await stage.tasks() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_training_that_waits_at_the_vendor_is_taken_back(
    stage: Stage, add_task: AddTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await add_task(
        capability="train", state=State.RUNNING, vendor_id="v1", reserved=1, allowance_day="2024-01-01"
    )
    asked: list[int] = []

    async def cancel(_self: object, given: Task, _studio: object) -> bool:
        asked.append(given.id)
        return True

    monkeypatch.setattr("bot.capabilities.train.Train.cancel", cancel)
    await stage.say("Alice", "/start")
    question = await ask(stage)
    await stage.press("Alice", question, "f:yes")
    assert (asked, await stage.tasks()) == ([task.id], [])


TRAINING: dict[str, Any] = {
    "capability": "train",
    "vendor_id": "v1",
    "request": {"name": "my Anna", "trigger": "anna", "base": {"id": "b", "type": "MH"}},
    "reserved": 1,
    "allowance_day": "2024-01-01",
}


async def forget_alice(stage: Stage) -> Task:
    """Let everything be forgotten but one training, and give that."""
    question = await ask(stage)
    assert await stage.press("Alice", question, "f:yes") == ""
    [left] = await stage.tasks()
    return left


@pytest.mark.parametrize("state", [State.RUNNING, State.UNCERTAIN])
async def test_a_training_that_cannot_be_taken_back_goes_on_for_nobody(
    stage: Stage, add_task: AddTask, state: State
) -> None:
    await add_task(**TRAINING, state=state)
    await stage.say("Alice", "/start")
    left = await forget_alice(stage)
    assert (left.owner_id, left.state, left.vendor_id) == (forgetting.NOBODY, state, "v1")
    assert "Anna" not in repr(left)
    assert str(stage.person("Alice").id) not in repr(left)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_how_it_ends_nobody_is_told(stage: Stage, add_task: AddTask) -> None:
    await add_task(**TRAINING, state=State.RUNNING)
    await stage.say("Alice", "/start")
    left, outlet, progress = await forget_alice(stage), delivery_of(stage), stage.parts.progress
    called = stage.sandbox.calls.last(1000)
    await progress.beat()
    assert not progress._at_work
    await outlet.tell(left)
    made = await stage.change(left, state=State.SUCCEEDED, finished_at=stage.now, found={"lora_id": "l"})
    await outlet.deliver(made)
    assert stage.sandbox.calls.last(1000) == called
