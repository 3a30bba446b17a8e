from collections.abc import Awaitable, Callable

from bot.sandbox.telegram.people.membership import add_group, block, migrate, set_member
from bot.sandbox.telegram.people.requests import Block, MemberChange, Migration, NewGroup
from bot.sandbox.telegram.wire import chat_json, member_json, user_json
from bot.store import broadcasts, chats, dialogs, inbox
from bot.store.broadcasts import Receivers
from bot.store.task import Task
from tests.telegram.stage import Stage

Add = Callable[..., Awaitable[Task]]


async def is_blocked(stage: Stage, chat_id: int) -> bool:
    async with stage.store.read() as conn:
        assert await inbox.count_open(conn) == 0
        return await chats.is_blocked(conn, chat_id)


async def test_tasks_and_dialogs_move_with_their_group(stage: Stage, add_task: Add) -> None:
    group, alice = stage.chat("Picture friends"), stage.person("Alice")
    task = await add_task(chat_id=group.id, message_id=5)
    await stage.say("Alice", "/imagine", to="Picture friends")
    new = migrate(stage.sandbox, Migration(chat_id=group.id))
    await stage.handle()
    assert [update.message.migrate_to_chat_id for update in stage.updates[-2:] if update.message] == [new, None]
    moved = await stage.task(task.id)
    assert (moved.chat_id, moved.message_id) == (new, None)
    async with stage.store.read() as conn:
        assert await chats.migrated(conn, group.id) == new
        assert await dialogs.get(conn, group.id, None, alice.id, stage.now) is None
        held = await dialogs.get(conn, new, None, alice.id, stage.now)
        assert held is not None
        assert held.message_id is None
        assert await inbox.count_open(conn) == 0


async def test_a_person_blocks_the_bot_and_lets_it_write_again(stage: Stage) -> None:
    alice = stage.person("Alice").id
    for blocked in (True, False, True):
        block(stage.sandbox, Block(user_id=alice, blocked=blocked))
        await stage.handle()
        assert await is_blocked(stage, alice) is blocked


async def test_the_bot_is_put_out_of_a_group_and_taken_in_again(stage: Stage) -> None:
    group, me = stage.chat("Picture friends").id, stage.sandbox.world.bot.id
    for member in (False, True):
        set_member(stage.sandbox, MemberChange(chat_id=group, user_id=me, member=member))
        await stage.handle()
        assert await is_blocked(stage, group) is not member


async def test_a_new_group_is_met_without_a_word(stage: Stage) -> None:
    people = [stage.person("Alice").id, stage.person("Bob").id]
    made = add_group(stage.sandbox, NewGroup(title="New", members=people, admins=people[:1]))
    await stage.handle()
    assert not await is_blocked(stage, made.id)
    assert stage.shown(made) == []


async def test_a_channel_is_no_chat_to_write_to(stage: Stage) -> None:
    alice, me = stage.person("Alice"), stage.sandbox.world.bot
    channel = stage.sandbox.world.channel_of(alice)
    channel.members += [alice.id, me.id]
    channel.admins += [alice.id, me.id]
    member = member_json(channel, me)
    assert member["status"] == "administrator"
    change = {"chat": chat_json(channel), "from": user_json(alice), "date": int(stage.now)}
    left = {"user": user_json(me), "status": "left"}
    stage.sandbox.updates.push("my_chat_member", {**change, "old_chat_member": left, "new_chat_member": member})
    await stage.handle()
    assert stage.updates[-1].my_chat_member is not None
    async with stage.store.read() as conn:
        assert await inbox.count_open(conn) == 0
        assert await broadcasts.receivers(conn) == Receivers(people=0, groups=0)
