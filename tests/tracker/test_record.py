from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store import pictures
from bot.store.task import Picture, State, Task
from bot.tracker import record
from bot.tracker.record import LostLease
from bot.tracker.states import LEGAL, IllegalTransition
from tests.tracker.fakes import START, Rows

_SHARED = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def brought(rows: Rows, task: Task, good: int, bad: int) -> None:
    async with rows.store.write() as conn:
        codes = [""] * good + ["Sensitive"] * bad
        await pictures.put(
            conn, [Picture(task_id=task.id, index=index, error_code=code) for index, code in enumerate(codes)]
        )


async def advance(rows: Rows, task: Task, after: State, **changes: Any) -> Task:
    async with rows.store.write() as conn:
        return await record.advance(conn, task, after, **changes)


@_SHARED
@given(wanted=st.lists(st.sampled_from(State), min_size=1, max_size=10))
async def test_a_walk_follows_the_table(rows: Rows, wanted: list[State]) -> None:
    task = await rows.add()
    for after in wanted:
        if after in LEGAL[task.state]:
            task = await advance(rows, task, after)
            assert task.state is after
        else:
            with pytest.raises(IllegalTransition):
                await advance(rows, task, after)
        assert await rows.get(task) == task


async def test_a_lost_lease_changes_nothing(rows: Rows) -> None:
    task = await rows.claimed()
    await rows.steal(task)
    held = await rows.get(task)
    with pytest.raises(LostLease):
        async with rows.store.write() as conn:
            await record.keep(conn, task, next_at=None)
    with pytest.raises(LostLease):
        await advance(rows, task, State.SUBMITTING)
    with pytest.raises(LostLease):
        async with rows.store.write() as conn:
            await record.end(conn, task, State.FAILED, now=START)
    assert await rows.get(task) == held
    assert await rows.used() == 2


async def test_a_state_that_has_gone_on_is_a_lost_lease(rows: Rows) -> None:
    task = await rows.claimed()
    await advance(rows, task, State.SUBMITTING)
    with pytest.raises(LostLease):
        await advance(rows, task, State.SUBMITTING)


async def test_an_end_gives_the_allowance_back_and_is_due_to_be_told(rows: Rows) -> None:
    task = await rows.claimed(reserved=3, attempts=4)
    async with rows.store.write() as conn:
        await record.end(conn, task, State.REFUSED, now=START + 9, error_code=18)
    ended = await rows.get(task)
    assert (ended.state, ended.next_at, ended.finished_at) == (State.REFUSED, START + 9, START + 9)
    assert (ended.attempts, ended.error_code, ended.reserved) == (0, 18, 0)
    assert await rows.used() == 0


async def test_a_delivered_task_uses_what_was_made_and_gives_back_what_was_not(rows: Rows) -> None:
    task = await rows.claimed(reserved=4, state=State.DELIVERING)
    await brought(rows, task, good=3, bad=1)
    async with rows.store.write() as conn:
        await record.deliver(conn, task)
    done = await rows.get(task)
    assert (done.state, done.next_at, done.reserved) == (State.DELIVERED, None, 0)
    assert await rows.used() == 3
    with pytest.raises(LostLease):
        async with rows.store.write() as conn:
            await record.deliver(conn, task)
    assert await rows.used() == 3


async def test_more_pictures_than_were_reserved_cost_no_more(rows: Rows) -> None:
    task = await rows.claimed(reserved=2, state=State.DELIVERING)
    await brought(rows, task, good=3, bad=1)
    async with rows.store.write() as conn:
        await record.deliver(conn, task)
    assert await rows.used() == 2


async def test_an_abandoned_task_is_paid_as_a_delivered_one_and_is_not_told(rows: Rows) -> None:
    task = await rows.claimed(reserved=4, state=State.DELIVERING)
    await brought(rows, task, good=3, bad=1)
    async with rows.store.write() as conn:
        await record.abandon(conn, task)
    done = await rows.get(task)
    assert (done.state, done.next_at, done.error_code, done.reserved) == (State.FAILED, None, 7, 0)
    assert await rows.used() == 3
