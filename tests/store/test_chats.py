from bot.store import chats, tasks
from bot.store.engine import Store


async def test_blocked_until_it_is_not(store: Store) -> None:
    async with store.write() as conn:
        assert not await chats.is_blocked(conn, -1)
        await chats.unblock(conn, -1)
        await chats.block(conn, -1, 5.0)
        await chats.block(conn, -1, 6.0)
        assert await chats.is_blocked(conn, -1)
        assert not await chats.is_blocked(conn, -2)
        await chats.unblock(conn, -1)
        assert not await chats.is_blocked(conn, -1)


async def test_a_move_is_known_even_where_the_chat_was_blocked(store: Store) -> None:
    async with store.write() as conn:
        assert await chats.migrated(conn, -1) is None
        await chats.block(conn, -1, 5.0)
        await tasks.move_chat(conn, -1, -2)
        assert await chats.migrated(conn, -1) == -2
        assert await chats.is_blocked(conn, -1)
