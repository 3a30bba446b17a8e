"""Updates by long polling: numbered, confirmed, filtered, and for one poller only."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import Conflict

from bot.sandbox.chat import ChatClient
from bot.sandbox.telegram.people.shown import Person, ShownChat
from bot.sandbox.telegram.state import Sandbox

Updates = Callable[[], Awaitable[list[dict[str, Any]]]]
Post = Callable[..., Awaitable[httpx.Response]]
KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go:7")]])


async def test_offset_confirms(bot: Bot, chat: ChatClient, alice: Person) -> None:
    await chat.send(alice.id, alice.id, "two")
    first, second = await bot.get_updates()
    assert second.update_id == first.update_id + 1
    assert [update.update_id for update in await bot.get_updates(limit=1)] == [first.update_id]
    assert [update.update_id for update in await bot.get_updates(offset=second.update_id)] == [second.update_id]
    assert await bot.get_updates(offset=second.update_id + 1) == ()
    assert await bot.get_updates() == ()


async def test_a_negative_offset_keeps_the_last(bot: Bot, chat: ChatClient, alice: Person) -> None:
    await chat.send(alice.id, alice.id, "last")
    [update] = await bot.get_updates(offset=-1)
    assert update.message
    assert update.message.text == "last"


async def test_a_long_poll_ends_with_the_first_update(
    bot: Bot, chat: ChatClient, alice: Person, sandbox: Sandbox, updates: Updates
) -> None:
    await updates()
    poll = asyncio.create_task(bot.get_updates(timeout=50))
    assert await sandbox.updates.changed.wait(20)  # until the poll is there
    assert not poll.done()
    await chat.send(alice.id, alice.id, "now")
    [update] = await poll
    assert update.message
    assert update.message.text == "now"


async def test_a_second_poller_ends_the_first(bot: Bot, sandbox: Sandbox, post: Post) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=50))
    assert await sandbox.updates.changed.wait(20)  # until the poll is there
    answer = await post("getUpdates", timeout=0)
    assert answer.json() == {"ok": True, "result": []}
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first


async def test_who_hangs_up_loses_nothing(
    address: str, sandbox: Sandbox, chat: ChatClient, alice: Person, updates: Updates
) -> None:
    await updates()
    async with httpx.AsyncClient(trust_env=False) as client:
        url = f"{address}/bot{sandbox.options.token}/getUpdates"
        poll = asyncio.create_task(client.get(url, params={"timeout": 50}))
        assert await sandbox.updates.changed.wait(20)  # until the poll is there
        poll.cancel()
        await asyncio.wait([poll])
    await chat.send(alice.id, alice.id, "kept")
    assert [update["message"]["text"] for update in await updates()] == ["kept"]


async def test_kinds_are_remembered_and_others_are_not_made(
    bot: Bot, chat: ChatClient, alice: Person, updates: Updates
) -> None:
    await updates()
    await bot.get_updates(allowed_updates=["edited_message"])
    [said] = await chat.send(alice.id, alice.id, "typo")
    await chat.edit(alice.id, said, "fixed")
    [update] = await bot.get_updates()
    assert update.edited_message
    assert update.edited_message.text == "fixed"
    assert (await bot.get_webhook_info()).allowed_updates == ("edited_message",)


async def test_an_update_can_arrive_a_second_time(chat: ChatClient, alice: Person, updates: Updates) -> None:
    [first] = await updates()
    assert await updates() == []
    await chat.act("redeliver", update_id=first["update_id"])
    assert await updates() == [first]
    assert await updates() == []


async def test_a_pressed_button_is_answered_once(bot: Bot, chat: ChatClient, alice: Person, updates: Updates) -> None:
    await updates()
    await bot.send_message(alice.id, "?", reply_markup=KEYS)
    shown = await chat.wait_for_message(alice.id)
    query_id = await chat.press(alice.id, shown, "Go")
    [update] = await bot.get_updates()
    query = update.callback_query
    assert query
    assert query.message
    assert (query.id, query.data, query.from_user.id, query.message.message_id) == (
        query_id,
        "go:7",
        alice.id,
        shown.message_id,
    )
    await query.answer("on it", show_alert=True)
    event = await chat.wait_for(lambda event: event.query_id == query_id)
    assert (event.type, event.user_id, event.text, event.show_alert) == ("answer", alice.id, "on it", True)
    with pytest.raises(Exception, match="Query is too old and response timeout expired or query id is invalid"):
        await query.answer()


async def test_a_late_answer_is_refused(bot: Bot, chat: ChatClient, alice: Person, clock: list[float]) -> None:
    await bot.send_message(alice.id, "?", reply_markup=KEYS)
    query_id = await chat.press(alice.id, await chat.wait_for_message(alice.id), "go:7")
    clock[0] += 16
    with pytest.raises(Exception, match="Query is too old"):
        await bot.answer_callback_query(query_id)


async def test_updates_of_the_bots_own_standing(
    bot: Bot, chat: ChatClient, alice: Person, group: ShownChat, updates: Updates
) -> None:
    await updates()
    await chat.act("blocks", user_id=alice.id, blocked=True)
    await chat.act("members", chat_id=group.id, user_id=bot.id, member=False)
    blocked, kicked = await bot.get_updates()
    assert blocked.my_chat_member
    assert (blocked.my_chat_member.old_chat_member.status, blocked.my_chat_member.new_chat_member.status) == (
        "member",
        "kicked",
    )
    assert kicked.my_chat_member
    assert kicked.my_chat_member.new_chat_member.status == "left"
    with pytest.raises(Exception, match="bot was kicked from the group chat"):
        await bot.send_message(group.id, "x")


async def test_updates_of_others_come_when_asked_for_and_to_an_admin(
    bot: Bot, chat: ChatClient, bob: Person, group: ShownChat, updates: Updates
) -> None:
    await bot.get_updates(allowed_updates=["chat_member"])
    await chat.act("admins", chat_id=group.id, user_id=bob.id, admin=True)
    assert await updates() == []
    await chat.act("admins", chat_id=group.id, user_id=bot.id, admin=True)
    await chat.act("admins", chat_id=group.id, user_id=bob.id, admin=False)
    [update] = await updates()
    assert update["chat_member"]["new_chat_member"]["status"] == "member"
    assert update["chat_member"]["old_chat_member"]["status"] == "administrator"
