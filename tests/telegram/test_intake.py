import dataclasses
from typing import Any

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from bot.capabilities.registry import BY_NAME
from bot.errors import DailyLimit, TooFast, TooMany, UserError
from bot.store import dialogs, inbox, people, tables, tasks
from bot.store.dialogs import NewDialog
from bot.store.task import State, Task
from bot.telegram import intake
from bot.telegram.asker import Asker
from bot.telegram.intake import Order
from tests.telegram.stage import REQUEST, Stage

IMAGINE = BY_NAME["imagine"]
UPDATE = 500


@pytest.fixture
def stage_database(database_url: str) -> str:
    return database_url


class Counter:
    """Stands in for the tracker's bell."""

    def __init__(self, stage: Stage) -> None:
        self.rings = 0
        services = dataclasses.replace(stage.parts.services, wake=self.ring)
        stage.parts.app.bot_data = services

    def ring(self) -> None:
        self.rings += 1


@pytest.fixture
def bell(stage: Stage) -> Counter:
    return Counter(stage)


async def arrive(stage: Stage, update_id: int = UPDATE) -> None:
    """Write an update down, as it is when it is handled."""
    async with stage.store.write() as conn:
        await inbox.accept(conn, [{"update_id": update_id}], stage.now)


async def order(
    stage: Stage,
    update_id: int = UPDATE,
    *,
    key: str = "",
    dialog_id: int | None = None,
    is_paced: bool = True,
    **request: Any,
) -> Task | None:
    person = stage.person("Alice").id
    stage.chat("Alice").started = True
    asker = Asker(owner_id=person, chat_id=person, thread_id=None, message_id=1, lang="en", is_private=True)
    wanted = Order(
        key=key or f"update:{update_id}",
        update_id=update_id,
        dialog_id=dialog_id,
        capability=IMAGINE,
        request={**REQUEST, **request},
        remember={"samples": 4},
        is_paced=is_paced,
    )
    return await intake.take_on(stage.parts.app.bot_data, stage.bot, asker, wanted)


async def open_dialog(stage: Stage) -> int:
    person = stage.person("Alice").id
    fields: dict[str, Any] = {"capability": "imagine", "lang": "en", "answers": {}, "screen": "main"}
    new = NewDialog(chat_id=person, owner_id=person, created_at=stage.now, expires_at=stage.now + 60, **fields)
    async with stage.store.write() as conn:
        dialog, _ = await dialogs.put(conn, new)
    return dialog.id


@dataclasses.dataclass(frozen=True)
class Rows:
    """All that an order may change."""

    tasks: list[Task]
    used: int
    updates_open: int
    dialogs: int
    choices: dict[str, Any]


async def rows(stage: Stage) -> Rows:
    async with stage.store.read() as conn:
        return Rows(
            await tasks.in_states(conn, list(State), 100),
            int(await conn.scalar(select(func.sum(tables.allowances.c.used))) or 0),
            await inbox.count_open(conn),
            int(await conn.scalar(select(func.count()).select_from(tables.dialogs)) or 0),
            await people.choices(conn, stage.person("Alice").id, "imagine"),
        )


async def test_an_order_is_one_change_of_all_its_rows(stage: Stage, bell: Counter) -> None:
    await stage.say("Alice", "hello")
    await arrive(stage)
    await order(stage, dialog_id=await open_dialog(stage), samples=3)
    after = await rows(stage)
    [task] = after.tasks
    assert (task.state, task.order_key, task.reserved, task.request["samples"]) == (State.QUEUED, "update:500", 3, 3)
    assert (after.used, after.updates_open, after.dialogs, after.choices) == (3, 0, 0, {"samples": 4})
    assert task.next_at == stage.now
    assert task.deadline_at - stage.now == 6 * 3600
    assert bell.rings == 1
    # It was heard: neither costs a message.
    assert stage.chat("Alice").messages[1].reactions == ["👀"]
    assert [event["action"] for event in await stage.events("action")] == ["upload_photo"]
    assert len(stage.calls("sendMessage")) == 1


@pytest.mark.parametrize("breaks", ["insert", "settle", "choose"])
async def test_where_one_part_fails_nothing_has_changed(
    stage: Stage, bell: Counter, monkeypatch: pytest.MonkeyPatch, breaks: str
) -> None:
    await arrive(stage)
    dialog_id = await open_dialog(stage)
    before = await rows(stage)
    module = {"insert": tasks, "settle": inbox, "choose": people}[breaks]
    done = getattr(module, breaks)

    async def broken(*args: Any) -> None:
        await done(*args)
        raise ConnectionError("the database is away")

    monkeypatch.setattr(module, breaks, broken)
    with pytest.raises(ConnectionError):
        await order(stage, dialog_id=dialog_id)
    monkeypatch.undo()
    assert await rows(stage) == before
    assert before.updates_open == before.dialogs == 1
    assert bell.rings == 0
    await order(stage, dialog_id=dialog_id)
    assert len((await rows(stage)).tasks) == 1


async def test_the_same_update_orders_once(stage: Stage, bell: Counter) -> None:
    await arrive(stage)
    assert await order(stage) is not None
    before = await rows(stage)
    assert await order(stage, samples=4) is None
    assert await rows(stage) == before
    assert bell.rings == 1
    second = await order(stage, UPDATE + 1)
    assert second is not None
    assert [task.id for task in (await rows(stage)).tasks] == [before.tasks[0].id, second.id]


async def test_what_no_update_ordered_settles_none(stage: Stage, bell: Counter) -> None:
    """As what a dialog orders by itself, once its errand is back."""
    await arrive(stage)
    asker = Asker(owner_id=7, chat_id=7, thread_id=None, message_id=None, lang="en", is_private=True)
    wanted = Order(key="dialog:9", capability=IMAGINE, request=REQUEST)
    for _ in range(2):
        await intake.take_on(stage.parts.app.bot_data, stage.bot, asker, wanted)
    after = await rows(stage)
    assert [task.order_key for task in after.tasks] == ["dialog:9"]
    assert (after.updates_open, after.choices, bell.rings) == (1, {}, 1)


class TestLimits:
    @pytest.mark.parametrize(
        ("settings", "error"),
        [
            ({"daily_limit": 3}, DailyLimit),
            ({"max_running_tasks": 1}, TooMany),
            ({"min_interval_seconds": 10}, TooFast),
        ],
        ids=lambda value: value.__name__ if isinstance(value, type) else "",
    )
    async def test_an_order_beyond_changes_nothing(self, stage: Stage, bell: Counter, error: type[UserError]) -> None:
        await arrive(stage)
        await order(stage, samples=2)
        await arrive(stage, UPDATE + 1)
        dialog_id = await open_dialog(stage)
        before = await rows(stage)
        with pytest.raises(error):
            await order(stage, UPDATE + 1, dialog_id=dialog_id, samples=2)
        assert await rows(stage) == before
        assert before.updates_open == before.dialogs == 1
        assert bell.rings == 1


class TestTheOthersOfAnAlbum:
    @pytest.fixture
    def settings(self) -> dict[str, int]:
        return {"min_interval_seconds": 10, "daily_limit": 5}

    async def test_come_all_at_once_and_count_all_the_same(self, stage: Stage) -> None:
        await order(stage, samples=2)
        with pytest.raises(TooFast):
            await order(stage, UPDATE + 1)
        await order(stage, UPDATE + 1, is_paced=False, samples=2)
        assert (await rows(stage)).used == 4
        with pytest.raises(DailyLimit):
            await order(stage, UPDATE + 2, is_paced=False, samples=2)
        with pytest.raises(TooFast):  # for what is typed, the time counts from the last of them
            await order(stage, UPDATE + 3)
        assert (await rows(stage)).used == 4


async def test_a_result_that_is_gone_on_from_is_the_orders_parent(stage: Stage) -> None:
    source = await order(stage)
    assert source is not None
    photo = {"task": source.id, "index": 1}
    answers = {**BY_NAME["upscale"].start({}), "photo": photo}
    settled = await intake.settled(stage.parts.services.studio, "update:7", BY_NAME["upscale"], answers)
    assert (settled.parent_id, settled.parent_index, settled.request["photo"]) == (source.id, 1, photo)
    assert settled.remember == BY_NAME["upscale"].remember(answers, settled.request)
    with pytest.raises(UserError):
        await intake.settled(
            stage.parts.services.studio, "k", BY_NAME["upscale"], {**answers, "model": {"name": "nonsense"}}
        )


async def test_a_chat_that_takes_no_reactions_gets_its_picture_all_the_same(stage: Stage) -> None:
    await stage.say("Alice", "hello")
    stage.refuse("setMessageReaction", 400, "Bad Request: REACTION_INVALID")
    stage.refuse("sendChatAction", 403, "Forbidden: bot was kicked")
    with capture_logs() as logs:
        await order(stage)
    assert [entry["event"] for entry in logs] == ["not_acknowledged"] * 2
    assert len((await rows(stage)).tasks) == 1


async def test_last_choices(stage: Stage) -> None:
    person = stage.person("Alice").id
    asker = Asker(owner_id=person, chat_id=person, thread_id=None, message_id=1, lang="en", is_private=True)
    assert await intake.beginning(stage.parts.services, asker, IMAGINE) == IMAGINE.start({})
    await order(stage)
    assert (await intake.beginning(stage.parts.services, asker, IMAGINE))["samples"] == 4
