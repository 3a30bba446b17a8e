from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.sandbox.telegram.people.membership import block, migrate, set_member
from bot.sandbox.telegram.people.requests import Block, MemberChange, Migration
from bot.store import chats
from bot.store.task import Task
from bot.telegram.faults import translated
from bot.tracker.ports import NotNow, Undeliverable
from tests.telegram.stage import Stage

Add = Callable[..., Awaitable[Task]]


async def meet(stage: Stage, chat_id: int, error: Exception) -> None:
    async with translated(stage.store, chat_id):
        raise error


async def write_to(stage: Stage, chat_id: int) -> None:
    async with translated(stage.store, chat_id):
        await stage.bot.send_message(chat_id, "hello")


async def is_blocked(stage: Stage, chat_id: int) -> bool:
    async with stage.store.read() as conn:
        return await chats.is_blocked(conn, chat_id)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (RetryAfter(7), 7),
        (TimedOut(), 30),
        (NetworkError("Bad Gateway (502)"), None),
        (InvalidToken(), None),
        (TelegramError("something new"), None),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_a_wait_can_heal(stage: Stage, error: TelegramError, seconds: float | None) -> None:
    with pytest.raises(NotNow) as raised:
        await meet(stage, 70, error)
    assert raised.value.seconds == seconds
    assert not await is_blocked(stage, 70)


@pytest.mark.parametrize(
    "reason",
    [
        "Bad Request: chat not found",
        "Bad Request: CHAT_WRITE_FORBIDDEN",
        "Bad Request: not enough rights to send photos to the chat",
        "Bad Request: message thread not found",
        "Bad Request: TOPIC_DELETED",
        "Bad Request: TOPIC_CLOSED",
        "Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN",
    ],
)
async def test_refusals_for_good(stage: Stage, reason: str) -> None:
    stage.chat("Alice").started = True
    stage.refuse("sendMessage", 400, reason)
    with pytest.raises(Undeliverable):
        await write_to(stage, stage.person("Alice").id)


async def test_a_refusal_that_may_be_our_own_fault_stays_what_it_is(stage: Stage) -> None:
    with capture_logs() as logs, pytest.raises(BadRequest):
        await meet(stage, 70, BadRequest("Can't parse entities"))
    assert logs == [{"event": "message_refused", "chat": 70, "reason": "Can't parse entities", "log_level": "warning"}]


async def test_other_faults_pass(stage: Stage) -> None:
    with pytest.raises(ZeroDivisionError):
        await meet(stage, 70, ZeroDivisionError())


async def test_a_chat_that_blocked_the_bot_is_written_down(stage: Stage) -> None:
    alice, group = stage.person("Alice"), stage.chat("Picture friends")
    stage.chat("Alice").started = True
    await write_to(stage, alice.id)
    block(stage.sandbox, Block(user_id=alice.id))
    set_member(stage.sandbox, MemberChange(chat_id=group.id, user_id=stage.sandbox.world.bot.id, member=False))
    for chat_id in (alice.id, group.id, stage.person("Bob").id):
        with pytest.raises(Undeliverable):
            await write_to(stage, chat_id)
        assert await is_blocked(stage, chat_id)
    with pytest.raises(Undeliverable):
        await meet(stage, 70, Forbidden("Forbidden: user is deactivated"))
    assert await is_blocked(stage, 70)


async def test_what_belongs_to_a_group_moves_with_it(stage: Stage, add_task: Add) -> None:
    group = stage.chat("Picture friends")
    task = await add_task(chat_id=group.id, message_id=5, status_message_id=6)
    other = await add_task()
    new = migrate(stage.sandbox, Migration(chat_id=group.id))
    with pytest.raises(NotNow) as raised:
        await write_to(stage, group.id)
    assert raised.value.seconds == 0
    moved = await stage.task(task.id)
    assert (moved.chat_id, moved.message_id, moved.status_message_id) == (new, None, None)
    assert await stage.task(other.id) == other
    async with stage.store.read() as conn:
        assert await chats.migrated(conn, group.id) == new
    await write_to(stage, moved.chat_id)


async def test_a_group_without_rows_moves_too(stage: Stage) -> None:
    with pytest.raises(NotNow):
        await meet(stage, -70, ChatMigrated(-1070))
    async with stage.store.read() as conn:
        assert await chats.migrated(conn, -70) == -1070
