import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store import inbox
from bot.store.engine import Store


def _update(number: int) -> inbox.Update:
    return {"update_id": number, "message": {"text": f"/imagine 狐狸 {number}"}}


async def test_a_second_arrival_is_not_new(store: Store) -> None:
    async with store.write() as conn:
        assert await inbox.accept(conn, [_update(5), _update(3)], 1.0) == [_update(5), _update(3)]
    async with store.write() as conn:
        assert await inbox.accept(conn, [_update(3), _update(4), _update(5), _update(4)], 2.0) == [_update(4)]
        assert await inbox.accept(conn, [], 2.0) == []
        assert await inbox.count_open(conn) == 3


async def test_two_who_accept_the_same_at_once_share_it_out(store: Store) -> None:
    async def accept() -> list[inbox.Update]:
        async with store.write() as conn:
            return await inbox.accept(conn, [_update(number) for number in range(20)], 1.0)

    first, second, third = await asyncio.gather(accept(), accept(), accept())
    assert sorted(each["update_id"] for each in first + second + third) == list(range(20))


async def test_settled_once(store: Store) -> None:
    async with store.write() as conn:
        await inbox.accept(conn, [_update(3), _update(1), _update(2)], 1.0)
        assert await inbox.settle(conn, 2, 2.0)
        assert not await inbox.settle(conn, 2, 3.0)
        assert not await inbox.settle(conn, 99, 3.0)
        assert await inbox.unsettled(conn, 10) == [_update(1), _update(3)]
        assert await inbox.unsettled(conn, 1) == [_update(1)]
        assert await inbox.count_open(conn) == 2


async def test_what_breaks_every_start_is_given_up(store: Store) -> None:
    async with store.write() as conn:
        await inbox.accept(conn, [_update(2), _update(1)], 1.0)
        for _ in range(inbox.MAX_ATTEMPTS):
            assert await inbox.mark_replayed(conn, 2.0) == []
        await inbox.accept(conn, [_update(3)], 2.0)
        assert await inbox.mark_replayed(conn, 3.0) == [_update(1), _update(2)]
        assert await inbox.unsettled(conn, 10) == [_update(3)]
        assert await inbox.mark_replayed(conn, 4.0) == []


async def test_only_what_is_settled_long_ago_is_forgotten(store: Store) -> None:
    async with store.write() as conn:
        await inbox.accept(conn, [_update(1), _update(2), _update(3)], 1.0)
        await inbox.settle(conn, 1, 10.0)
        await inbox.settle(conn, 2, 20.0)
        assert await inbox.forget(conn, 20.0) == 1
        assert await inbox.accept(conn, [_update(1), _update(2), _update(3)], 30.0) == [_update(1)]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(st.integers(0, 6), max_size=6), max_size=6))
async def test_every_update_is_new_exactly_once(store: Store, batches: list[list[int]]) -> None:
    async with store.write() as conn:
        await inbox.forget(conn, 1e9)
        new = [each["update_id"] for batch in batches for each in await inbox.accept(conn, [*map(_update, batch)], 1.0)]
        for number in new:
            await inbox.settle(conn, number, 2.0)
    assert new == list(dict.fromkeys(number for batch in batches for number in batch))
