import asyncio
from collections.abc import Callable
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import DailyLimit, TooFast, TooMany, UserError
from bot.limits.allowance import Reservation, release, reserve, settle
from bot.limits.rules import Limits
from bot.store import tasks
from bot.store.engine import Store
from bot.store.tables import allowances
from bot.store.task import NewTask, State, Task

Make = Callable[..., NewTask]

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = 1_767_240_000.0  # 2026-01-01 12:00 in Shanghai
WIDE = Limits(running=1000, daily=10, interval=0)


async def _order(
    conn: AsyncConnection, make: Make, pictures: int, *, owner_id: int = 7, limits: Limits = WIDE, now: float = NOON
) -> Task:
    held = await reserve(conn, owner_id=owner_id, pictures=pictures, limits=limits, now=now, zone=SHANGHAI)
    return await tasks.insert(conn, make(owner_id=owner_id, allowance_day=held.day, reserved=held.pictures))


async def _used(conn: AsyncConnection, owner_id: int = 7) -> int | None:
    used: int | None = await conn.scalar(select(allowances.c.used).where(allowances.c.subject_id == owner_id))
    return used


async def _held(conn: AsyncConnection, task: Task) -> int:
    now = await tasks.get(conn, task.id)
    assert now is not None
    return now.reserved


async def test_reserves_of_the_day_it_is(store: Store) -> None:
    async with store.write() as conn:
        held = await reserve(conn, owner_id=7, pictures=4, limits=WIDE, now=NOON, zone=SHANGHAI)
        assert held == Reservation("2026-01-01", 4)
        assert await _used(conn) == 4


async def test_a_new_day_begins_with_nothing_used(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        await _order(conn, new_task, 10)
        tomorrow = await _order(conn, new_task, 10, now=NOON + 12 * 3600)
        assert tomorrow.allowance_day == "2026-01-02"


async def test_a_refusal_changes_nothing_though_the_transaction_goes_on(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        with pytest.raises(DailyLimit):
            await _order(conn, new_task, 11)
        assert await conn.scalar(select(func.count()).select_from(allowances)) == 0
        await _order(conn, new_task, 8)
        with pytest.raises(DailyLimit):
            await _order(conn, new_task, 3, now=NOON + 60)
        last = await conn.scalar(select(allowances.c.last_at))
    async with store.read() as conn:
        assert (await _used(conn), last) == (8, NOON)


async def test_a_transaction_that_fails_holds_nothing(store: Store, new_task: Make) -> None:
    async def fail() -> None:
        async with store.write() as conn:
            await _order(conn, new_task, 8)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with store.read() as conn:
        assert await _used(conn) is None


async def test_too_fast_also_across_midnight(store: Store, new_task: Make) -> None:
    limits = Limits(running=9, daily=10, interval=5)
    before_midnight = NOON + 12 * 3600 - 1
    async with store.write() as conn:
        await _order(conn, new_task, 1, limits=limits, now=before_midnight)
        with pytest.raises(TooFast):
            await _order(conn, new_task, 1, limits=limits, now=before_midnight + 2)
        await _order(conn, new_task, 1, limits=limits, now=before_midnight + 2, owner_id=8)
        await _order(conn, new_task, 1, limits=limits, now=before_midnight + 5)


async def test_a_finished_task_makes_room(store: Store, new_task: Make) -> None:
    limits = Limits(running=1, daily=10, interval=0)
    async with store.write() as conn:
        task = await _order(conn, new_task, 1, limits=limits)
        with pytest.raises(TooMany):
            await _order(conn, new_task, 1, limits=limits)
        await tasks.update(conn, task, state=State.DELIVERED)
        await _order(conn, new_task, 1, limits=limits)


@pytest.mark.parametrize(("limits", "allowed"), [(WIDE, 10), (Limits(running=3, daily=50, interval=0), 3)])
async def test_a_hundred_at_once_get_what_is_allowed(
    store: Store, new_task: Make, limits: Limits, allowed: int
) -> None:
    async def ask() -> bool:
        try:
            async with store.write() as conn:
                await _order(conn, new_task, 1, limits=limits)
        except UserError:
            return False
        return True

    assert sum(await asyncio.gather(*(ask() for _ in range(100)))) == allowed
    async with store.read() as conn:
        assert await _used(conn) == allowed
        assert await tasks.count_running(conn, 7) == allowed


async def test_given_back_once_however_often(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        task, other = await _order(conn, new_task, 4), await _order(conn, new_task, 3)
        assert [await release(conn, task) for _ in range(3)] == [4, 0, 0]
        assert (await _used(conn), await _held(conn, task), await _held(conn, other)) == (3, 0, 3)


async def test_given_back_once_by_many_at_once(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        task, _ = await _order(conn, new_task, 4), await _order(conn, new_task, 3)

    async def give_back() -> int:
        async with store.write() as conn:
            return await release(conn, task)

    assert sorted(await asyncio.gather(*(give_back() for _ in range(5)))) == [0, 0, 0, 0, 4]
    async with store.read() as conn:
        assert await _used(conn) == 3


async def test_two_of_four_delivered_gives_two_back(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        task = await _order(conn, new_task, 4)
        assert await release(conn, task, 2) == 2
        await settle(conn, task)
        assert (await _used(conn), await _held(conn, task)) == (2, 0)
        assert await release(conn, task) == 0
        assert await release(conn, task, 2) == 0
        assert await _used(conn) == 2


async def test_a_task_that_holds_nothing_gives_nothing_back(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        task = await tasks.insert(conn, new_task())
        assert await release(conn, task) == 0
        await settle(conn, task)


owners = count(100)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), st.integers(1, 5)),
        st.tuples(st.sampled_from(["release", "settle"]), st.integers(0, 3)),
        st.tuples(st.just("part"), st.integers(0, 3)),
    ),
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=steps)
async def test_what_is_used_is_what_is_held_and_kept(
    store: Store, new_task: Make, history: list[tuple[str, int]]
) -> None:
    owner = next(owners)
    made: list[Task] = []
    kept: dict[int, int] = {}
    given_back: dict[int, int] = {}
    async with store.write() as conn:
        for what, number in history:
            if what == "reserve":
                try:
                    made.append(await _order(conn, new_task, number, owner_id=owner))
                except DailyLimit:
                    assert sum([await _held(conn, task) for task in made]) + sum(kept.values()) + number > WIDE.daily
            elif made:
                task = made[number % len(made)]
                if what == "settle":
                    kept[task.id] = kept.get(task.id, 0) + await _held(conn, task)
                    await settle(conn, task)
                else:
                    back = await release(conn, task, 2 if what == "part" else None)
                    given_back[task.id] = given_back.get(task.id, 0) + back
            held = {task.id: await _held(conn, task) for task in made}
            assert (await _used(conn, owner) or 0) == sum(held.values()) + sum(kept.values()) <= WIDE.daily
            for task in made:
                assert held[task.id] + kept.get(task.id, 0) + given_back.get(task.id, 0) == task.reserved
