import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from bot.store import inbox, tables
from bot.store.engine import Store

_numbers = st.integers(0, 6)


def _update(number: int) -> inbox.Update:
    return {"update_id": number, "message": {"text": f"/imagine 狐狸 {number}"}}


async def test_a_second_arrival_is_due_until_it_is_settled(store: Store) -> None:
    async with store.write() as conn:
        assert await inbox.accept(conn, [_update(5), _update(3)], 1.0) == [_update(5), _update(3)]
        await inbox.settle(conn, 3, 1.5)
    async with store.write() as conn:
        assert await inbox.accept(conn, [_update(3), _update(4), _update(5), _update(4)], 2.0) == [
            _update(4),
            _update(5),
        ]
        assert await inbox.accept(conn, [], 2.0) == []
        assert await inbox.count_open(conn) == 2


async def test_accepted_at_once_by_several_each_is_written_down_once(store: Store) -> None:
    batch = [_update(number) for number in range(20)]

    async def accept() -> list[inbox.Update]:
        async with store.write() as conn:
            return await inbox.accept(conn, batch, 1.0)

    assert list(await asyncio.gather(accept(), accept(), accept())) == [batch] * 3
    async with store.read() as conn:
        assert await inbox.unsettled(conn, 100) == batch


async def test_settled_once(store: Store) -> None:
    async with store.write() as conn:
        await inbox.accept(conn, [_update(3), _update(1), _update(2)], 1.0)
        assert await inbox.settle(conn, 2, 2.0)
        assert not await inbox.settle(conn, 2, 3.0)
        assert not await inbox.settle(conn, 99, 3.0)
        assert await inbox.unsettled(conn, 10) == [_update(1), _update(3)]
        assert await inbox.unsettled(conn, 1) == [_update(1)]
        assert await inbox.count_open(conn) == 2


async def test_what_a_settled_update_said_is_gone(store: Store) -> None:
    async with store.write() as conn:
        await inbox.accept(conn, [_update(1), _update(2)], 1.0)
        await inbox.settle(conn, 1, 2.0)
        held = await conn.execute(select(tables.inbox.c.body).order_by(tables.inbox.c.update_id))
        assert [row.body for row in held] == [{}, _update(2)]
        assert await inbox.accept(conn, [_update(1)], 3.0) == []


async def test_what_breaks_every_start_is_given_up(store: Store) -> None:
    async with store.write() as conn:
        await inbox.accept(conn, [_update(2), _update(1)], 1.0)
        for _ in range(inbox.MAX_ATTEMPTS):
            assert await inbox.mark_replayed(conn, 2.0) == []
        await inbox.accept(conn, [_update(3)], 2.0)
        assert await inbox.mark_replayed(conn, 3.0) == [1, 2]
        assert await inbox.unsettled(conn, 10) == [_update(3)]
        assert await inbox.mark_replayed(conn, 4.0) == []


async def test_only_what_is_settled_long_ago_is_forgotten(store: Store) -> None:
    async with store.write() as conn:
        await inbox.accept(conn, [_update(1), _update(2), _update(3)], 1.0)
        await inbox.settle(conn, 1, 10.0)
        await inbox.settle(conn, 2, 20.0)
        assert await inbox.forget(conn, 20.0) == 1
        assert await inbox.accept(conn, [_update(1), _update(2)], 30.0) == [_update(1)]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(st.tuples(st.lists(_numbers, max_size=6), st.sets(_numbers)), max_size=6))
async def test_an_update_is_due_until_it_is_settled(store: Store, history: list[tuple[list[int], set[int]]]) -> None:
    arrived: set[int] = set()
    settled: set[int] = set()
    async with store.write() as conn:
        await conn.execute(delete(tables.inbox))  # what the last example left
        for batch, done in history:
            due = [each["update_id"] for each in await inbox.accept(conn, [*map(_update, batch)], 1.0)]
            assert due == [number for number in dict.fromkeys(batch) if number not in settled]
            arrived |= set(batch)
            assert {number for number in done if await inbox.settle(conn, number, 2.0)} == (arrived & done) - settled
            settled |= arrived & done
            assert await inbox.count_open(conn) == len(arrived - settled)
