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
from bot.limits.allowance import Reservation, release, release_all, reserve, settle
from bot.limits.rules import InGroup, Limits
from bot.locales.text import verbatim
from bot.store import tasks
from bot.store.engine import Store
from bot.store.tables import allowances, group_allowances
from bot.store.task import NewTask, State, Task

Make = Callable[..., NewTask]

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = 1_767_240_000.0  # 2026-01-01 12:00 in Shanghai
GROUP, MOVED = -100, -200
WIDE = Limits(running=1000, daily=10, interval=0)


async def _order(
    conn: AsyncConnection,
    make: Make,
    pictures: int,
    *,
    owner_id: int = 7,
    limits: Limits = WIDE,
    now: float = NOON,
    group: InGroup | None = None,
) -> Task:
    held = await reserve(conn, owner_id=owner_id, pictures=pictures, limits=limits, now=now, zone=SHANGHAI, group=group)
    place = group.chat_id if group else owner_id
    new = make(owner_id=owner_id, chat_id=place, allowance_day=held.day, reserved=held.pictures)
    return await tasks.insert(conn, new)


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


async def test_a_refusal_names_the_oldest_where_it_holds(store: Store, new_task: Make) -> None:
    one = Limits(running=1, daily=10, interval=0)
    async with store.write() as conn:
        elsewhere = await _order(conn, new_task, 1)
        here = await _order(conn, new_task, 1, group=InGroup(GROUP, WIDE))
        for limits, group, oldest in ((one, None, elsewhere), (WIDE, InGroup(GROUP, one), here)):
            with pytest.raises(TooMany, match=f": no. {oldest.id}$"):
                await reserve(
                    conn,
                    owner_id=7,
                    pictures=1,
                    limits=limits,
                    group=group,
                    now=NOON,
                    zone=SHANGHAI,
                    named=lambda task: verbatim(f"no. {task.id}"),
                )


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


def _group(chat_id: int = GROUP, *, member: Limits = WIDE, daily: int | None = None) -> InGroup:
    return InGroup(chat_id, member, daily)


async def _shares(conn: AsyncConnection, chat_id: int = GROUP) -> dict[int, int]:
    """What is used in a group, by member; 0 is all together."""
    held = group_allowances.c
    rows = await conn.execute(select(held.member_id, held.used).where(held.chat_id == chat_id))
    return {member_id: used for member_id, used in rows}  # noqa: C416  rows are no pairs to mypy


async def test_a_request_in_a_group_is_counted_three_times_and_one_at_home_once(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        await _order(conn, new_task, 2, group=_group())
        await _order(conn, new_task, 3, owner_id=8, group=_group())
        await _order(conn, new_task, 1)
        assert (await _used(conn), await _used(conn, 8)) == (3, 3)
        assert await _shares(conn) == {0: 5, 7: 2, 8: 3}


@pytest.mark.parametrize(
    ("group", "whose"),
    [
        (InGroup(GROUP, Limits(9, 2, 0)), "your allowance in this group"),
        (InGroup(GROUP, WIDE, 2), "this group's allowance"),
    ],
)
async def test_a_groups_refusal_changes_nothing_and_is_not_met_elsewhere(
    store: Store, new_task: Make, group: InGroup, whose: str
) -> None:
    async with store.write() as conn:
        await _order(conn, new_task, 2, group=group)
        with pytest.raises(DailyLimit, match=whose):
            await _order(conn, new_task, 1, group=group)
        assert (await _used(conn), await _shares(conn)) == (2, {0: 2, 7: 2})
        await _order(conn, new_task, 1)
        await _order(conn, new_task, 1, group=_group(GROUP - 1))


async def test_running_and_interval_are_counted_in_the_group_alone(store: Store, new_task: Make) -> None:
    group = _group(member=Limits(running=1, daily=10, interval=60))
    async with store.write() as conn:
        await _order(conn, new_task, 1)
        first = await _order(conn, new_task, 1, group=group)
        with pytest.raises(TooMany, match="in this group"):
            await _order(conn, new_task, 1, group=group)
        await tasks.update(conn, first, state=State.DELIVERED)
        with pytest.raises(TooFast, match="60 s between"):
            await _order(conn, new_task, 1, group=group, now=NOON + 59)
        await _order(conn, new_task, 1, group=group, owner_id=8, now=NOON + 59)
        await _order(conn, new_task, 1, group=group, now=NOON + 60)


@pytest.mark.parametrize(
    "group", [InGroup(GROUP, Limits(1000, 10, 0)), InGroup(GROUP, Limits(1000, 99, 0), 10)], ids=["member", "together"]
)
async def test_a_hundred_at_once_in_a_group_get_what_is_allowed(store: Store, new_task: Make, group: InGroup) -> None:
    ample = Limits(running=1000, daily=1000, interval=0)
    together = group.daily is not None

    async def ask(number: int) -> bool:
        owner = 7 + number % 4 if together else 7
        try:
            async with store.write() as conn:
                await _order(conn, new_task, 1, limits=ample, group=group, owner_id=owner)
        except DailyLimit:
            return False
        return True

    assert sum(await asyncio.gather(*(ask(number) for number in range(100)))) == 10
    async with store.read() as conn:
        shares = await _shares(conn)
    assert shares.pop(0) == sum(shares.values()) == 10


async def test_many_give_back_while_many_ask_and_none_waits_for_ever(store: Store, new_task: Make) -> None:
    ample = Limits(running=1000, daily=1000, interval=0)
    groups = [_group(GROUP - place, member=ample) for place in range(2)]
    people = range(7, 11)

    async def order(owner: int, group: InGroup) -> Task:
        async with store.write() as conn:
            return await _order(conn, new_task, 1, limits=ample, owner_id=owner, group=group)

    async def give_back(ended: list[Task]) -> None:
        async with store.write() as conn:
            await release_all(conn, ended)

    made = [await order(owner, group) for owner in people for group in groups for _ in range(3)]
    returns = [give_back(made[place::4]) for place in range(4)]
    asked = [order(owner, group) for owner in reversed(people) for group in reversed(groups)]
    async with asyncio.timeout(60):
        await asyncio.gather(*returns, *asked)
    async with store.read() as conn:
        assert [await _used(conn, owner) for owner in people] == [2, 2, 2, 2]
        for group in groups:
            assert await _shares(conn, group.chat_id) == {0: 4, **dict.fromkeys(people, 1)}


async def test_a_group_that_moved_gets_back_what_was_reserved_before(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        task, kept = await _order(conn, new_task, 4, group=_group()), await _order(conn, new_task, 3, group=_group())
        await _order(conn, new_task, 1, group=_group(MOVED))
        await tasks.move_chat(conn, GROUP, MOVED)
        assert (await _shares(conn), await _shares(conn, MOVED)) == ({}, {0: 8, 7: 8})
        assert [await release(conn, task) for _ in range(2)] == [4, 0]  # as it was read before the move
        await settle(conn, kept)
        assert (await _used(conn), await _shares(conn, MOVED)) == (4, {0: 4, 7: 4})


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
    group = InGroup(-owner, Limits(1000, 8, 0), 9) if owner % 2 else None
    most = 8 if group else WIDE.daily
    made: list[Task] = []
    kept: dict[int, int] = {}
    given_back: dict[int, int] = {}
    async with store.write() as conn:
        for what, number in history:
            if what == "reserve":
                try:
                    made.append(await _order(conn, new_task, number, owner_id=owner, group=group))
                except DailyLimit:
                    assert sum([await _held(conn, task) for task in made]) + sum(kept.values()) + number > most
            elif made:
                task = made[number % len(made)]
                if what == "settle":
                    kept[task.id] = kept.get(task.id, 0) + await _held(conn, task)
                    await settle(conn, task)
                else:
                    back = await release(conn, task, 2 if what == "part" else None)
                    given_back[task.id] = given_back.get(task.id, 0) + back
            held = {task.id: await _held(conn, task) for task in made}
            used = sum(held.values()) + sum(kept.values())
            assert (await _used(conn, owner) or 0) == used <= most
            assert await _shares(conn, -owner) == ({0: used, owner: used} if group and made else {})
            for task in made:
                assert held[task.id] + kept.get(task.id, 0) + given_back.get(task.id, 0) == task.reserved
