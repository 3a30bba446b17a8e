from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.store import pictures
from bot.store.counters import step_of
from bot.store.tables import counters
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
        await record.deliver(conn, task, now=START)
    done = await rows.get(task)
    assert (done.state, done.next_at, done.reserved) == (State.DELIVERED, None, 0)
    assert await rows.used() == 3
    with pytest.raises(LostLease):
        async with rows.store.write() as conn:
            await record.deliver(conn, task, now=START)
    assert await rows.used() == 3


async def figures(rows: Rows) -> dict[tuple[str, int, str, str], int]:
    async with rows.store.read() as conn:
        return {(row.day, row.chat_id, row.name, row.label): row.value for row in await conn.execute(select(counters))}


@pytest.mark.parametrize(("chat_id", "counted_for"), [(70, 0), (-70, -70)])
async def test_what_came_of_a_task_is_counted_once(rows: Rows, chat_id: int, counted_for: int) -> None:
    task = await rows.claimed(reserved=4, state=State.DELIVERING, chat_id=chat_id)
    await brought(rows, task, good=3, bad=1)
    for _ in range(2):
        with suppress(LostLease):
            async with rows.store.write() as conn:
                await record.deliver(conn, task, now=task.created_at + 20)
    day = task.allowance_day or ""
    assert await figures(rows) == {
        (day, counted_for, "tasks", f"{task.capability}:delivered"): 1,
        (day, counted_for, "pictures", task.capability): 3,
        (day, counted_for, "waits", str(step_of(20))): 1,
    }


async def test_ends_and_their_codes_are_counted(rows: Rows) -> None:
    alone, *several = [await rows.claimed(state=State.RUNNING) for _ in range(3)]
    async with rows.store.write() as conn:
        await record.end(conn, alone, State.FAILED, now=START, error_code=16)
        ending = record.ending(State.REFUSED, now=START, error_code=18)
        await record.change_many(conn, [(task, ending) for task in several])
    day, name = alone.allowance_day or "", alone.capability
    assert await figures(rows) == {
        (day, 0, "tasks", f"{name}:failed"): 1,
        (day, 0, "tasks", f"{name}:refused"): 2,
        (day, 0, "errors", "16"): 1,
        (day, 0, "errors", "18"): 2,
    }


@pytest.mark.parametrize("before", [State.QUEUED, State.DELIVERING])
async def test_only_the_vendors_codes_are_counted(rows: Rows, before: State) -> None:
    task = await rows.claimed(state=before)
    async with rows.store.write() as conn:
        await record.end(conn, task, State.FAILED, now=START, error_code=13)
    assert [name for _, _, name, _ in await figures(rows)] == ["tasks"]


async def test_errands_are_not_counted(rows: Rows) -> None:
    task = await rows.claimed(reserved=0, state=State.RUNNING)
    async with rows.store.write() as conn:
        task = await record.keep(conn, task, allowance_day=None)
        await record.end(conn, task, State.FAILED, now=START, error_code=16)
    assert await figures(rows) == {}


async def test_what_nobody_takes_is_used_all_the_same(rows: Rows) -> None:
    task = await rows.claimed(reserved=2, state=State.DELIVERING)
    await brought(rows, task, good=2, bad=0)
    async with rows.store.write() as conn:
        await record.abandon(conn, task)
    found = {(name, label): value for (_, _, name, label), value in (await figures(rows)).items()}
    name = task.capability
    assert found == {("tasks", f"{name}:failed"): 1, ("pictures", name): 2}


async def test_more_pictures_than_were_reserved_cost_no_more(rows: Rows) -> None:
    task = await rows.claimed(reserved=2, state=State.DELIVERING)
    await brought(rows, task, good=3, bad=1)
    async with rows.store.write() as conn:
        await record.deliver(conn, task, now=START)
    assert await rows.used() == 2


@pytest.mark.parametrize("found", [{"lora_id": "l"}, {"faces": []}])
async def test_what_was_found_is_used_as_a_whole(rows: Rows, found: dict[str, Any]) -> None:
    task = await rows.claimed(reserved=4, state=State.DELIVERING, found=found)
    async with rows.store.write() as conn:
        await record.deliver(conn, task, now=START)
    assert (await rows.get(task)).reserved == 0
    assert await rows.used() == 4


async def test_many_change_at_once_and_those_that_end_give_their_allowance_back(rows: Rows) -> None:
    tasks = [await rows.claimed(state=State.RUNNING, owner_id=9 - place) for place in range(5)]
    await rows.steal(tasks[1])
    changes: list[tuple[Task, dict[str, Any]]] = [
        (tasks[0], record.ending(State.FAILED, now=START, error_code=13)),
        (tasks[1], record.ending(State.FAILED, now=START)),
        (tasks[2], {"next_at": START + 9}),
        (tasks[3], {"state": State.SUCCEEDED}),
        (tasks[4], record.ending(State.EXPIRED, now=START)),
    ]
    async with rows.store.write() as conn:
        changed = await record.change_many(conn, changes)
    assert [task.id for task in changed] == [task.id for task in tasks if task is not tasks[1]]
    wanted = [State.FAILED, State.RUNNING, State.RUNNING, State.SUCCEEDED, State.EXPIRED]
    after = [await rows.get(task) for task in tasks]
    assert [task.state for task in after] == wanted
    assert [task.reserved for task in after] == [0, 2, 2, 2, 0]
    assert await rows.used() == 6


async def test_among_many_a_step_that_the_table_forbids_changes_nothing(rows: Rows) -> None:
    task = await rows.claimed()
    with pytest.raises(IllegalTransition):
        async with rows.store.write() as conn:
            await record.change_many(conn, [(task, {"state": State.DELIVERED})])
    assert await rows.get(task) == task


async def test_an_abandoned_task_is_paid_as_a_delivered_one_and_is_not_told(rows: Rows) -> None:
    task = await rows.claimed(reserved=4, state=State.DELIVERING)
    await brought(rows, task, good=3, bad=1)
    async with rows.store.write() as conn:
        await record.abandon(conn, task)
    done = await rows.get(task)
    assert (done.state, done.next_at, done.error_code, done.reserved) == (State.FAILED, None, None, 0)
    assert await rows.used() == 3
