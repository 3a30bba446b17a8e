import asyncio
from dataclasses import replace
from typing import Any

import pytest
import structlog

from bot.store import pictures
from bot.store.task import State, Task
from bot.tracker import handover as module
from bot.tracker import record
from bot.tracker.handover import TRIES, WITHIN, Handover
from bot.tracker.ports import NotNow, PicturesGone, Undeliverable
from bot.tracker.record import LostLease
from tests.tracker.fakes import START, FakeOutlet, FakeShelf, Rows, made, raising

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def succeeded(rows: Rows, good: int = 2, bad: int = 0, **columns: Any) -> Task:
    """Give a task whose pictures were made, claimed to be delivered."""
    usual = {"state": State.SUCCEEDED, "finished_at": START, "reserved": good + bad}
    task = await rows.claimed(**usual | columns)
    async with rows.store.write() as conn:
        await pictures.put(conn, [replace(each, task_id=task.id) for each in made(good, missing=bad).pictures])
    return task


async def failed(rows: Rows) -> Task:
    """Give a task that ended without a picture, claimed to be told."""
    task = await rows.claimed()
    async with rows.store.write() as conn:
        await record.end(conn, task, State.FAILED, now=rows.clock(), error_code=13)
    [claimed] = await rows.claim(State.FAILED)
    return claimed


async def again(rows: Rows, task: Task) -> Task:
    """Wait until a task is due, and claim it."""
    rows.clock.now = (await rows.get(task)).next_at or 0
    [claimed] = await rows.claim(State.DELIVERING, State.FAILED)
    return claimed


async def test_pictures_are_delivered_and_paid(rows: Rows, handover: Handover, outlet: FakeOutlet) -> None:
    task = await succeeded(rows, good=3, bad=1)
    await handover.deliver(task)
    done = await rows.get(task)
    assert (done.state, done.next_at, done.reserved) == (State.DELIVERED, None, 0)
    assert outlet.delivered == {task.id: 1}
    assert await rows.used() == 3
    with pytest.raises(LostLease):
        await handover.deliver(task)
    assert (await rows.used(), outlet.delivered) == (3, {task.id: 1})


@SQLITE
async def test_that_it_is_being_delivered_stands_in_its_row(rows: Rows, handover: Handover, outlet: FakeOutlet) -> None:
    seen = []

    async def look(task: Task) -> None:
        seen.append((await rows.get(task)).state)
        assert task.state is State.DELIVERING

    outlet.on_deliver = look
    await handover.deliver(await succeeded(rows))
    assert seen == [State.DELIVERING]


@SQLITE
async def test_an_interrupted_delivery_goes_on(rows: Rows, handover: Handover, outlet: FakeOutlet) -> None:
    task = await succeeded(rows, state=State.DELIVERING)
    await handover.deliver(task)
    assert ((await rows.get(task)).state, outlet.delivered) == (State.DELIVERED, {task.id: 1})


async def test_who_lost_the_lease_delivers_nothing(rows: Rows, handover: Handover, outlet: FakeOutlet) -> None:
    task = await succeeded(rows)
    await rows.steal(task)
    with pytest.raises(LostLease):
        await handover.deliver(task)
    assert not outlet.delivered
    assert (await rows.get(task)).state is State.SUCCEEDED


@pytest.mark.parametrize(("told", "wait"), [(None, 2.0), (1.0, 2.0), (47.5, 47.5)])
@SQLITE
async def test_a_delivery_comes_back_when_it_may(
    rows: Rows, handover: Handover, outlet: FakeOutlet, told: float | None, wait: float
) -> None:
    outlet.on_deliver = raising(NotNow(told), NotNow(told), None)
    task = await succeeded(rows)
    await handover.deliver(task)
    left = await rows.get(task)
    assert (left.state, left.next_at, left.attempts) == (State.DELIVERING, START + wait, 1)
    claimed = await again(rows, task)
    await handover.deliver(claimed)
    assert (await rows.get(task)).next_at == START + wait + max(told or 0, 4.0)
    await handover.deliver(await again(rows, task))
    assert (await rows.get(task)).state is State.DELIVERED
    assert await rows.used() == 2


@pytest.mark.parametrize(("told", "wait"), [(None, 2.0), (47.5, 47.5)])
@SQLITE
async def test_a_sentence_comes_back_when_it_may(
    rows: Rows, handover: Handover, outlet: FakeOutlet, told: float | None, wait: float
) -> None:
    outlet.on_tell = raising(NotNow(told), None)
    task = await failed(rows)
    await handover.tell(task)
    assert ((await rows.get(task)).next_at, outlet.told) == (START + wait, {})
    await handover.tell(await again(rows, task))
    assert ((await rows.get(task)).next_at, outlet.told) == (None, {task.id: 1})


async def test_a_chat_that_takes_nothing_gets_nothing_more(
    rows: Rows, handover: Handover, outlet: FakeOutlet, shelf: FakeShelf
) -> None:
    outlet.on_deliver = outlet.on_tell = raising(Undeliverable())
    lost, mute = await succeeded(rows, good=2, bad=1), await failed(rows)
    shelf.held |= {lost.id, mute.id}
    await handover.deliver(lost)
    await handover.tell(mute)
    left = await rows.get(lost)
    assert (left.state, left.next_at, left.error_code) == (State.FAILED, None, None)
    assert ((await rows.get(mute)).state, (await rows.get(mute)).next_at) == (State.FAILED, None)
    assert await rows.used() == 2  # made and paid for
    assert not shelf.held


async def test_pictures_that_are_gone_cost_nothing_and_are_told(
    rows: Rows, handover: Handover, outlet: FakeOutlet
) -> None:
    outlet.on_deliver = raising(PicturesGone())
    task = await succeeded(rows)
    rows.clock.advance(60)
    await handover.deliver(task)
    left = await rows.get(task)
    assert (left.state, left.next_at, left.error_code) == (State.FAILED, START + 60, 5)
    assert await rows.used() == 0
    [claimed] = await rows.claim(State.FAILED)
    await handover.tell(claimed)
    assert ((await rows.get(task)).next_at, outlet.told) == (None, {task.id: 1})


@SQLITE
async def test_after_a_day_it_is_given_up(rows: Rows, handover: Handover, outlet: FakeOutlet) -> None:
    outlet.on_deliver = outlet.on_tell = raising(NotNow())
    lost, mute = await succeeded(rows), await failed(rows)
    rows.clock.advance(WITHIN)
    await handover.deliver(lost)
    await handover.tell(mute)
    assert [(await rows.get(task)).next_at for task in (lost, mute)] == [rows.clock() + 2] * 2
    rows.clock.advance(2)
    for claimed in await rows.claim(State.DELIVERING, State.FAILED):
        await (handover.deliver if claimed.state is State.DELIVERING else handover.tell)(claimed)
    assert [((await rows.get(task)).state, (await rows.get(task)).next_at) for task in (lost, mute)] == [
        (State.FAILED, None),
        (State.FAILED, None),
    ]


@SQLITE
async def test_a_delivery_that_breaks_every_time_is_told_instead(
    rows: Rows, handover: Handover, outlet: FakeOutlet
) -> None:
    outlet.on_deliver = raising(LookupError("a fault in the program"))
    task = held = await succeeded(rows)
    with structlog.testing.capture_logs() as logs:
        for _ in range(TRIES - 1):
            await handover.deliver(held)
            held = await again(rows, task)
            assert held.state is State.DELIVERING
        await handover.deliver(held)
    assert [entry["event"] for entry in logs] == ["handover_broken"] * TRIES
    left = await rows.get(task)
    assert (left.state, left.error_code, left.next_at) == (State.FAILED, 13, rows.clock())
    assert rows.clock() - START == 2 + 4 + 8 + 16 + 32 + 60 + 60
    assert await rows.used() == 0
    await handover.tell(await again(rows, task))
    assert outlet.told == {task.id: 1}


@SQLITE
async def test_an_outage_of_telegrams_leaves_tries_for_a_break(
    rows: Rows, handover: Handover, outlet: FakeOutlet
) -> None:
    outlet.on_deliver = raising(*[NotNow()] * 50, LookupError(), NotNow(), LookupError(), None)
    task = held = await succeeded(rows)
    with structlog.testing.capture_logs():
        for _ in range(53):
            await handover.deliver(held)
            held = await again(rows, task)
    await handover.deliver(held)
    assert ((await rows.get(task)).state, outlet.delivered) == (State.DELIVERED, {task.id: 1})
    assert await rows.used() == 2


@SQLITE
async def test_what_breaks_after_an_outage_does_not_break_for_ever(
    rows: Rows, handover: Handover, outlet: FakeOutlet
) -> None:
    outlet.on_deliver = raising(*[NotNow()] * 50, LookupError(), NotNow(), LookupError(), LookupError())
    task = held = await succeeded(rows)
    with structlog.testing.capture_logs():
        for _ in range(53):
            await handover.deliver(held)
            held = await again(rows, task)
        await handover.deliver(held)
    assert ((await rows.get(task)).state, (await rows.get(task)).error_code) == (State.FAILED, 13)


@SQLITE
async def test_a_sentence_that_breaks_every_time_is_given_up(
    rows: Rows, handover: Handover, outlet: FakeOutlet
) -> None:
    outlet.on_tell = raising(LookupError("a fault in the program"))
    task = await failed(rows)
    for _ in range(TRIES - 1):
        await handover.tell(task)
        task = await again(rows, task)
    await handover.tell(task)
    assert ((await rows.get(task)).next_at, outlet.told) == (None, {})


@SQLITE
async def test_an_attempt_has_a_time_limit(
    rows: Rows, handover: Handover, outlet: FakeOutlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(task: Task) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(module, "ATTEMPT_WITHIN", 0.01)
    outlet.on_deliver = outlet.on_tell = hang
    for task, step in ((await succeeded(rows), handover.deliver), (await failed(rows), handover.tell)):
        await step(task)
        left = await rows.get(task)
        assert (left.attempts, left.next_at) == (1, START + 2)
