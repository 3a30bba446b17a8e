from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs
from telegram import Update

from bot.store import inbox
from bot.store.engine import Store
from bot.telegram import reception as module
from bot.telegram.reception import Overloaded, Reception
from tests.telegram.stage import Stage


@pytest.fixture
def stage_database(database_url: str) -> str:
    return database_url


@pytest.fixture
def reception(stage: Stage) -> Reception:
    return stage.parts.reception


def raw(update_id: int, words: str = "hello") -> dict[str, Any]:
    chat = {"id": 7, "type": "private"}
    sender = {"id": 7, "is_bot": False, "first_name": "Ann"}
    return {
        "update_id": update_id,
        "message": {"message_id": 1, "date": 1, "chat": chat, "from": sender, "text": words},
    }


def handed(stage: Stage) -> list[int]:
    """Take out what waits for the handlers."""
    queue = stage.parts.app.update_queue
    return [cast("Update", queue.get_nowait()).update_id for _ in range(queue.qsize())]


async def left_open(stage: Stage) -> list[int]:
    async with stage.store.read() as conn:
        return [update["update_id"] for update in await inbox.unsettled(conn, 100)]


def read(stage: Stage, update_id: int) -> Update:
    return Update.de_json(raw(update_id), stage.bot)


async def test_updates_are_written_down_and_handed_over_in_order(stage: Stage, reception: Reception) -> None:
    await reception.accept([raw(1), raw(2)])
    await reception.accept([raw(3)])
    assert await left_open(stage) == [1, 2, 3]
    assert handed(stage) == [1, 2, 3]


async def test_what_is_handed_over_is_what_came(stage: Stage, reception: Reception) -> None:
    await reception.accept([raw(1, "🦊")])
    update = cast("Update", stage.parts.app.update_queue.get_nowait())
    assert update.message is not None
    assert update.message.text == "🦊"
    assert update.get_bot() is stage.bot


async def test_a_second_arrival_is_handed_over_once(stage: Stage, reception: Reception) -> None:
    await reception.accept([raw(1)])
    await reception.accept([raw(1), raw(2), raw(2)])
    assert handed(stage) == [1, 2]
    await reception.settle(read(stage, 1))
    await reception.accept([raw(1), raw(2)])
    assert handed(stage) == []
    assert await left_open(stage) == [2]


async def test_what_was_written_down_but_not_handed_over_comes_again_and_is_handled_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off = Reception(stage.store, stage.parts.app)

    async def killed(update: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cut_off, "_hand_over", killed)
    with pytest.raises(KeyboardInterrupt):
        await cut_off.accept([raw(1)])
    assert handed(stage) == []
    # Telegram did not hear that it was taken, so it sends it again.
    await stage.parts.reception.accept([raw(1)])
    await stage.parts.reception.accept([raw(1)])
    assert handed(stage) == [1]
    await stage.parts.reception.settle(read(stage, 1))
    assert await left_open(stage) == []


async def test_what_cannot_be_written_down_is_not_taken(
    stage: Stage, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(inbox, "accept", broken)
    with pytest.raises(ConnectionError):
        await reception.accept([raw(1)])
    monkeypatch.undo()
    assert handed(stage) == []
    await reception.accept([raw(1)])
    assert handed(stage) == [1]


async def test_what_its_handler_settles_while_it_comes_again_is_not_handled_again(stage: Stage) -> None:
    late = LateStore(stage.store)
    reception = Reception(cast("Store", late), stage.parts.app)
    await reception.accept([raw(1)])

    async def settle() -> None:
        late.then = None
        await reception.settle(read(stage, 1))

    late.then = settle
    await reception.accept([raw(1)])
    assert handed(stage) == [1]


class LateStore:
    """Lets something happen between a transaction's end and whoever waits for it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.then: Callable[[], Awaitable[None]] | None = None

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        async with self._store.write() as conn:
            yield conn
        if self.then is not None:
            await self.then()


async def test_a_start_hands_over_what_was_left(stage: Stage) -> None:
    await Reception(stage.store, stage.parts.app).accept([raw(2), raw(1), raw(3)])
    await stage.parts.reception.settle(read(stage, 2))
    handed(stage)
    restarted = Reception(stage.store, stage.parts.app)
    await restarted.replay()
    assert handed(stage) == [1, 3]
    # Telegram may send them again at the same time.
    await restarted.accept([raw(1), raw(3), raw(4)])
    assert handed(stage) == [4]


async def test_what_every_start_fails_on_is_given_up_and_logged(stage: Stage) -> None:
    await stage.parts.reception.accept([raw(1)])
    handed(stage)
    for _ in range(inbox.MAX_ATTEMPTS):
        await Reception(stage.store, stage.parts.app).replay()
        assert handed(stage) == [1]
    with capture_logs() as logs:
        await Reception(stage.store, stage.parts.app).replay()
    assert handed(stage) == []
    assert await left_open(stage) == []
    assert logs == [{"event": "update_abandoned", "update": 1, "log_level": "error"}]


async def test_there_is_a_bound(stage: Stage, reception: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_IN_HAND", 2)
    await reception.accept([raw(1), raw(2), raw(3)])
    with pytest.raises(Overloaded):
        await reception.accept([raw(4)])
    assert await left_open(stage) == [1, 2, 3]  # the rest stays with Telegram
    await reception.settle(read(stage, 1))
    await reception.accept([raw(4)])
    assert handed(stage) == [1, 2, 3, 4]


async def test_an_update_that_the_library_cannot_read_stops_no_other(stage: Stage, reception: Reception) -> None:
    unreadable = {"update_id": 2, "message": {"message_id": 1}}
    with capture_logs() as logs:
        await reception.accept([raw(1), unreadable, raw(3)])
    assert handed(stage) == [1, 3]
    assert [(entry["event"], entry["update"]) for entry in logs] == [("update_unreadable", 2)]
    # A newer version may be able to: it stays open for some more starts.
    assert await left_open(stage) == [1, 2, 3]
    with capture_logs():
        for _ in range(inbox.MAX_ATTEMPTS + 1):
            await Reception(stage.store, stage.parts.app).replay()
    assert 2 not in await left_open(stage)


async def test_settling_something_else_does_nothing(stage: Stage, reception: Reception) -> None:
    await reception.accept([raw(1)])
    await reception.settle("no update")
    await reception.settle(read(stage, 99))
    assert await left_open(stage) == [1]


async def test_an_update_without_any_effect_is_settled_when_its_handlers_are_done(stage: Stage) -> None:
    await stage.say("Alice", "chatter", to="Picture friends")
    await stage.say("Alice", "hello")
    assert await left_open(stage) == []
