from bot.store import chat_log, chats, group_allowances, tasks
from bot.store.chat_log import KEPT, Entry
from bot.store.engine import Store
from bot.store.group_allowances import EVERYBODY, Share

DAY = "2026-01-01"


def entry(number: int, chat_id: int = -1) -> Entry:
    return Entry(chat_id=chat_id, actor_id=7, actor="Ann", change={"daily": [None, number]}, at=float(number))


async def test_blocked_until_it_is_not(store: Store) -> None:
    async with store.write() as conn:
        assert not await chats.is_blocked(conn, -1)
        await chats.meet(conn, -1, "Friends")
        await chats.block(conn, -1, 5.0)
        await chats.block(conn, -1, 6.0)
        assert await chats.is_blocked(conn, -1)
        assert not await chats.is_blocked(conn, -2)
        await chats.meet(conn, -1, "Friends")
        assert not await chats.is_blocked(conn, -1)


async def test_a_move_is_known_even_where_the_chat_was_blocked(store: Store) -> None:
    async with store.write() as conn:
        assert await chats.migrated(conn, -1) is None
        await chats.block(conn, -1, 5.0)
        await tasks.move_chat(conn, -1, -2)
        assert await chats.migrated(conn, -1) == -2
        assert await chats.is_blocked(conn, -1)


async def test_rules_are_written_and_cleared(store: Store) -> None:
    async with store.write() as conn:
        assert await chats.rules(conn, -1) is None
        assert await chats.lock_rules(conn, -1) is None
        await chats.set_rules(conn, -1, {"daily": 3})
        await chats.block(conn, -1, 5.0)
        assert await chats.lock_rules(conn, -1) == {"daily": 3}
        await chats.set_rules(conn, -1, None)
        assert await chats.rules(conn, -1) is None
        assert await chats.is_blocked(conn, -1)


async def test_all_that_was_set_and_used_moves_and_a_second_move_changes_nothing(store: Store) -> None:
    async with store.write() as conn:
        await chats.meet(conn, -1, "Friends")
        await chats.set_rules(conn, -1, {"daily": 3})
        await chat_log.add(conn, entry(3))
        for member in (EVERYBODY, 7):
            await group_allowances.lock(conn, -1, member, DAY)
            await group_allowances.take(conn, -1, member, DAY, 2, 9.0)
        for _ in range(2):
            await tasks.move_chat(conn, -1, -2)
            assert await chats.rules(conn, -2) == {"daily": 3}
            assert await chat_log.newest(conn, -2, 9) == [entry(3, -2)]
            assert await chat_log.newest(conn, -1, 9) == []
            assert await group_allowances.last_at(conn, -2, 7) == 9.0
            assert await group_allowances.of_member(conn, 7, DAY, 9) == [Share(-2, "Friends", {"daily": 3}, 2)]


async def test_what_was_set_after_the_move_stays(store: Store) -> None:
    async with store.write() as conn:
        await chats.set_rules(conn, -1, {"daily": 3})
        await tasks.move_chat(conn, -1, -2)
        await chats.set_rules(conn, -2, {"daily": 5})
        await tasks.move_chat(conn, -1, -2)
        assert await chats.rules(conn, -2) == {"daily": 5}


async def test_of_a_log_the_newest_are_kept(store: Store) -> None:
    async with store.write() as conn:
        for number in range(KEPT + 3):
            await chat_log.add(conn, entry(number))
        await chat_log.add(conn, entry(0, -2))
        kept = await chat_log.newest(conn, -1, KEPT + 3)
        assert [each.at for each in kept] == [float(number) for number in range(KEPT + 2, 2, -1)]
        assert await chat_log.newest(conn, -2, 9) == [entry(0, -2)]


async def test_the_groups_that_somebody_used_today_the_most_first(store: Store) -> None:
    async with store.write() as conn:
        for chat_id, member, day, pictures in (
            (-1, 7, DAY, 1),
            (-2, 7, DAY, 4),
            (-3, 8, DAY, 9),
            (-4, 7, "2025-12-31", 9),
        ):
            await group_allowances.lock(conn, chat_id, member, day)
            await group_allowances.take(conn, chat_id, member, day, pictures, 5.0)
        await group_allowances.lock(conn, -5, 7, DAY)
        assert await group_allowances.of_member(conn, 7, DAY, 9) == [Share(-2, None, None, 4), Share(-1, None, None, 1)]
        assert len(await group_allowances.of_member(conn, 7, DAY, 1)) == 1
