from collections.abc import Callable

from bot.store import broadcasts, chats, tasks
from bot.store.broadcasts import Broadcast, Post, Receivers
from bot.store.engine import Store
from bot.store.task import NewTask


async def drafted(store: Store) -> Broadcast:
    async with store.write() as conn:
        return await broadcasts.draft(conn, 7, "en", "<b>News</b>", 5.0)


async def meet(store: Store, *chat_ids: int) -> None:
    async with store.write() as conn:
        for chat_id in chat_ids:
            await chats.meet(conn, chat_id, "Friends" if chat_id < 0 else None)


async def drained(store: Store, broadcast: Broadcast, became: Post) -> set[int]:
    reached = set()
    async with store.write() as conn:
        while (chat_id := await broadcasts.next_due(conn, broadcast.id)) is not None:
            reached.add(chat_id)
            await broadcasts.settle(conn, broadcast.id, chat_id, became)
    return reached


async def test_it_goes_to_every_chat_that_is_known_and_open(store: Store, new_task: Callable[..., NewTask]) -> None:
    await meet(store, 1, 2, -1, -2)
    async with store.write() as conn:
        await chats.block(conn, 2, 5.0)
        await tasks.move_chat(conn, -1, -3)
        await chats.meet(conn, -3, "Friends")
        await tasks.insert(conn, new_task(chat_id=4))
        assert await broadcasts.receivers(conn) == Receivers(people=2, groups=2)
    broadcast = await drafted(store)
    async with store.write() as conn:
        assert await broadcasts.begin(conn, broadcast.id, 6.0)
        assert not await broadcasts.begin(conn, broadcast.id, 6.0)
    assert await drained(store, broadcast, Post.SENT) == {1, 4, -2, -3}
    async with store.read() as conn:
        assert await broadcasts.tally(conn, broadcast.id) == {Post.SENT: 4}


async def test_who_comes_later_does_not_get_it(store: Store) -> None:
    await meet(store, 1)
    broadcast = await drafted(store)
    async with store.write() as conn:
        await broadcasts.begin(conn, broadcast.id, 6.0)
    await meet(store, 2)
    assert await drained(store, broadcast, Post.FAILED) == {1}


async def test_the_oldest_that_is_under_way_is_next(store: Store) -> None:
    first, second = await drafted(store), await drafted(store)
    async with store.write() as conn:
        assert await broadcasts.under_way(conn) is None
        for each in (second, first):
            await broadcasts.show(conn, each.id, 70 + each.id)
            await broadcasts.begin(conn, each.id, 6.0)
        found = await broadcasts.under_way(conn)
        assert found is not None
        assert (found.id, found.message_id, found.body, found.begun_at) == (first.id, 70 + first.id, "<b>News</b>", 6.0)
        assert await broadcasts.end(conn, first.id, 7.0)
        assert not await broadcasts.end(conn, first.id, 8.0)
        found = await broadcasts.under_way(conn)
        assert found is not None
        assert found.id == second.id


async def test_a_preview_can_be_dropped_and_what_has_begun_cannot(store: Store) -> None:
    first, second = await drafted(store), await drafted(store)
    async with store.write() as conn:
        assert await broadcasts.discard(conn, first.id)
        assert not await broadcasts.discard(conn, first.id)
        assert not await broadcasts.end(conn, second.id, 6.0)
        await broadcasts.begin(conn, second.id, 6.0)
        assert not await broadcasts.discard(conn, second.id)
        assert await broadcasts.get(conn, first.id) is None
        assert await broadcasts.get(conn, second.id) is not None


async def test_a_group_that_moves_gets_it_once(store: Store) -> None:
    await meet(store, -1, -2, -3)
    broadcast = await drafted(store)
    async with store.write() as conn:
        await broadcasts.begin(conn, broadcast.id, 6.0)
        await broadcasts.settle(conn, broadcast.id, -2, Post.SENT)
        await tasks.move_chat(conn, -1, -2)  # has it already
        await tasks.move_chat(conn, -3, -4)
    assert await drained(store, broadcast, Post.SENT) == {-4}


async def test_what_is_over_goes_in_the_end_with_its_posts(store: Store) -> None:
    await meet(store, 1)
    ended, fresh, lasting, draft = [await drafted(store) for _ in range(4)]
    async with store.write() as conn:
        for each in (ended, fresh, lasting):
            await broadcasts.begin(conn, each.id, 6.0)
        await broadcasts.end(conn, ended.id, 99.0)
        await broadcasts.end(conn, fresh.id, 101.0)
        await broadcasts.expire(conn, draft.created_at)
        assert await broadcasts.get(conn, draft.id) is not None
        await broadcasts.expire(conn, 100.0)
        left = [each for each in (ended, fresh, lasting, draft) if await broadcasts.get(conn, each.id)]
        assert left == [fresh, lasting]
        tallies = [await broadcasts.tally(conn, each.id) for each in (ended, fresh, lasting)]
        assert [tally.total() for tally in tallies] == [0, 1, 1]
