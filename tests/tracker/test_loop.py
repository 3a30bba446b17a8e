import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog
from sqlalchemy.exc import OperationalError

from bot.miaohua.errors import Busy, Unavailable
from bot.store import claims, tasks
from bot.store.engine import Store
from bot.store.task import State, Task
from bot.tracker import loop as module
from bot.tracker.circuit import LONGEST_PAUSE
from bot.tracker.gate import Gate as VendorGate
from bot.tracker.handover import ATTEMPT_WITHIN, Handover
from bot.tracker.loop import LONGEST_SLEEP, Tracker
from bot.tracker.polling import Polling
from bot.tracker.ports import Waiting
from bot.tracker.schedule import WRITE_MARGIN
from bot.tracker.submission import ORDER_LEASE, PREPARE_WITHIN, Submission
from bot.tracker.timings import Timings
from tests.tracker.fakes import (
    START,
    Clock,
    FakeMaker,
    FakeOutlet,
    FakeVendor,
    LeapingTracker,
    Rows,
    WatchedTracker,
)

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PATIENCE = 100.0

Parts = dict[str, Any]


@pytest.fixture
def parts(
    store: Store, submission: Submission, polling: Polling, handover: Handover, gate: VendorGate, clock: Clock
) -> Parts:
    return {
        "store": store,
        "submission": submission,
        "polling": polling,
        "handover": handover,
        "gate": gate,
        "clock": clock,
    }


@pytest.fixture
def watched(parts: Parts) -> WatchedTracker:
    tracker = WatchedTracker(**parts)
    tracker.watch()
    return tracker


def leaping(parts: Parts, capacity: int = 2) -> LeapingTracker:
    gate = VendorGate(capacity, clock=parts["clock"])
    parts["submission"]._gate = gate
    tracker = LeapingTracker(**parts | {"gate": gate})
    tracker.leap(parts["clock"])
    return tracker


@asynccontextmanager
async def at_work(tracker: Tracker) -> AsyncIterator[None]:
    stop = asyncio.Event()
    run = asyncio.create_task(tracker.run(stop))
    try:
        async with asyncio.timeout(PATIENCE):
            yield
            stop.set()
            await run
    finally:
        run.cancel()


async def complete(tracker: LeapingTracker) -> None:
    async with at_work(tracker):
        await tracker.done.wait()


class Gate:
    """Holds whoever comes to it, until it is opened; says when as many have come as are expected."""

    def __init__(self, expected: int = 1) -> None:
        self._missing = expected
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, task: Task) -> None:
        self._missing -= 1
        if self._missing == 0:
            self.reached.set()
        await self.opened.wait()


@pytest.mark.parametrize(("database_url", "count"), [("sqlite", 200), ("postgres", 60)], indirect=["database_url"])
async def test_many_tasks_of_many_people_go_all_the_way_and_none_is_ordered_twice(
    rows: Rows, parts: Parts, vendor: FakeVendor, outlet: FakeOutlet, count: int
) -> None:
    await rows.add_many(count, people=20, reserved=2)
    await complete(leaping(parts, capacity=25))
    everyone = await rows.all()
    assert {task.state for task in everyone} == {State.DELIVERED}
    once = Counter(task.id for task in everyone)
    assert len(once) == count
    assert Counter(vendor.orders) == outlet.delivered == once
    assert not outlet.told
    assert await rows.used() == 2 * count
    assert vendor.most_at_work == 25
    assert len(vendor.asked) < count / 2  # people share the requests


async def test_the_vendor_never_has_more_than_it_takes(
    rows: Rows, parts: Parts, maker: FakeMaker, vendor: FakeVendor
) -> None:
    async def slowly(task: Task) -> None:
        for _ in range(task.id % 5):
            await rows.get(task)

    maker.on_prepare = vendor.on_submit = slowly
    vendor.takes = 1.0
    await rows.add_many(16, people=4)
    await complete(leaping(parts, capacity=3))
    assert len(vendor.orders) == 16
    assert vendor.most_at_work == 3


async def test_trainings_take_nobodys_place(
    rows: Rows, parts: Parts, makers: dict[str, FakeMaker], vendor: FakeVendor, outlet: FakeOutlet
) -> None:
    makers["train"] = FakeMaker(vendor, patience=3 * 86_400.0)
    vendor.results = {f"training {place}": Waiting(0.1) for place in range(3)}
    for place in range(3):
        running: dict[str, Any] = {"state": State.RUNNING, "vendor_id": f"training {place}", "submitted_at": START}
        await rows.add(capability="train", deadline_at=START + 3 * 86_400, **running)
    pictures = [await rows.add() for _ in range(3)]
    outlet.on_deliver = delivered = Gate(expected=len(pictures))
    delivered.opened.set()
    async with at_work(leaping(parts, capacity=1)):
        await delivered.reached.wait()
    assert vendor.most_at_work == 1
    assert rows.clock() < START + 60


@SQLITE
async def test_trainings_of_hours_are_asked_about_together_once_a_minute(
    rows: Rows, parts: Parts, makers: dict[str, FakeMaker], vendor: FakeVendor, timings: Timings
) -> None:
    makers["train"] = FakeMaker(vendor, patience=86_400.0)
    vendor.takes = 3600.0
    await timings.learn("train:style", 3000.0)
    for place in range(8):
        await rows.add(capability="train", kind="train:style", next_at=START + 11 * place)
    await complete(leaping(parts, capacity=8))
    assert {task.state for task in await rows.all()} == {State.DELIVERED}
    assert len(vendor.asked) <= 60 + 3 + 4 * 8  # together, but for the first minute of each


async def test_an_order_that_comes_through_while_the_rows_are_read_is_counted(
    rows: Rows, watched: WatchedTracker, maker: FakeMaker, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordering, preparing = Gate(), Gate()
    vendor.on_submit = ordering
    vendor.takes = 1000.0
    first = await rows.add()
    second = await rows.add()

    async def prepare(task: Task) -> None:
        if task.id == second.id:
            prepares.append(asyncio.current_task())
            await preparing(task)

    async def slow_pulse(conn: Any, now: float) -> Any:
        seen = await pulse(conn, now)
        if not ordering.opened.is_set():
            [ends] = [work for work in watched._queue.busy if work is not prepares[0]]
            ordering.opened.set()
            await asyncio.wait([ends])
        return seen

    pulse = tasks.pulse
    prepares: list[asyncio.Task[None] | None] = []
    maker.on_prepare = prepare
    async with at_work(watched):
        await ordering.reached.wait()
        await preparing.reached.wait()
        await watched.resting.wait()
        await rows.add()
        monkeypatch.setattr(tasks, "pulse", slow_pulse)
        watched.wake()
        await ordering.opened.wait()
        await watched.resting.wait()
        assert vendor.orders == [first.id]
        preparing.opened.set()
    assert sorted(vendor.orders) == [first.id, second.id]


async def test_a_wake_starts_the_work_at_once(rows: Rows, watched: WatchedTracker, vendor: FakeVendor) -> None:
    async with at_work(watched):
        await watched.resting.wait()
        await rows.add()
        assert not vendor.ordering.is_set()
        watched.wake()
        await vendor.ordering.wait()


@SQLITE
async def test_a_sleep_ends_with_a_wake_or_with_its_time(parts: Parts) -> None:
    tracker = Tracker(**parts)
    await tracker._sleep(0.0)
    tracker.wake()
    async with asyncio.timeout(PATIENCE):
        await tracker._sleep(3600.0)


@pytest.mark.parametrize(("due", "nap"), [(None, LONGEST_SLEEP), (600.0, LONGEST_SLEEP), (3.25, 3.25)])
@SQLITE
async def test_it_sleeps_until_something_is_due(
    rows: Rows, watched: WatchedTracker, due: float | None, nap: float
) -> None:
    if due is not None:
        await rows.add(next_at=START + due)
        await rows.add(state=State.RUNNING, vendor_id="x", next_at=START + due + 1)
    await rows.add(state=State.DELIVERED, next_at=None)
    async with at_work(watched):
        await watched.resting.wait()
        assert watched.naps == [nap]


async def test_it_sleeps_while_orders_take_long(rows: Rows, watched: WatchedTracker, vendor: FakeVendor) -> None:
    gate = Gate(expected=2)
    vendor.on_submit = gate
    await rows.add_many(5, people=5)
    async with at_work(watched):
        await gate.reached.wait()
        await watched.resting.wait()
        assert watched.naps == [LONGEST_SLEEP]  # one round: three tasks are due, and do not keep it awake
        watched.wake()
        await asyncio.sleep(0)
        await watched.resting.wait()
        assert watched.naps == [LONGEST_SLEEP] * 2
        assert len(vendor.orders) == 2
        vendor.takes = 1000.0
        gate.opened.set()


@SQLITE
async def test_it_sleeps_while_the_vendor_is_full(rows: Rows, watched: WatchedTracker, vendor: FakeVendor) -> None:
    await rows.add(state=State.RUNNING, vendor_id="a", next_at=START + 3.25)
    await rows.add(state=State.RUNNING, vendor_id="b", next_at=START + 4.0)
    await rows.add()
    async with at_work(watched):
        await watched.resting.wait()
        assert watched.naps == [3.25]
    assert vendor.orders == []


@SQLITE
async def test_it_sleeps_while_all_hands_are_full(rows: Rows, watched: WatchedTracker, outlet: FakeOutlet) -> None:
    gate = Gate(expected=16)
    outlet.on_deliver = gate
    await rows.add_many(20, people=20, state=State.SUCCEEDED)
    async with at_work(watched):
        await gate.reached.wait()
        await watched.resting.wait()
        assert watched.naps == [LONGEST_SLEEP]
        assert watched._results.free == 0
        gate.opened.set()
    assert sum(outlet.delivered.values()) == 16


async def test_an_order_whose_lease_ran_out_is_uncertain_and_never_made_again(
    rows: Rows, parts: Parts, vendor: FakeVendor, outlet: FakeOutlet
) -> None:
    task = await rows.add(state=State.SUBMITTING, next_at=START + ORDER_LEASE)
    await complete(leaping(parts))
    ended = await rows.get(task)
    assert (ended.state, ended.next_at, ended.finished_at) == (State.UNCERTAIN, None, START + ORDER_LEASE)
    assert (vendor.orders, outlet.told) == ([], {task.id: 1})
    assert await rows.used() == 0


@SQLITE
async def test_an_order_that_breaks_is_uncertain_in_the_end(
    rows: Rows, parts: Parts, vendor: FakeVendor, outlet: FakeOutlet
) -> None:
    async def break_down(task: Task) -> None:
        raise LookupError("a fault in the program")

    vendor.on_submit = break_down
    task = await rows.add()
    await complete(leaping(parts))
    assert (await rows.get(task)).state is State.UNCERTAIN
    assert (vendor.orders, outlet.told) == ([task.id], {task.id: 1})


async def test_what_a_dead_process_held_is_taken_over_at_once(
    rows: Rows, parts: Parts, vendor: FakeVendor, outlet: FakeOutlet
) -> None:
    fates = {
        State.QUEUED: State.DELIVERED,
        State.SUBMITTING: State.UNCERTAIN,
        State.RUNNING: State.DELIVERED,
        State.SUCCEEDED: State.DELIVERED,
        State.DELIVERING: State.DELIVERED,
        State.FAILED: State.FAILED,
    }
    held = {}
    for state in fates:
        task = await rows.add(state=state, vendor_id=f"v {state}", finished_at=START, submitted_at=START)
        [held[state]] = [each for each in await rows.claim(state, seconds=500.0) if each.id == task.id]
    vendor.results = {"v running": Waiting()}
    tracker = leaping(parts)
    await tracker.recover()
    for task in held.values():
        assert (await rows.get(task)).next_at == START
        assert (await rows.get(task)).lease_token == task.lease_token + 1
    async with at_work(tracker):
        await vendor.ordering.wait()
        vendor.results.clear()
        vendor._tasks["v running"] = (held[State.RUNNING], 0.0)
        await tracker.done.wait()
    assert {state: (await rows.get(task)).state for state, task in held.items()} == fates
    assert vendor.orders == [held[State.QUEUED].id]
    assert set(outlet.told) == {held[State.SUBMITTING].id, held[State.FAILED].id}
    assert rows.clock() < START + 100  # nobody waited for a lease


@SQLITE
async def test_a_stop_lets_work_come_to_its_end(rows: Rows, watched: WatchedTracker, vendor: FakeVendor) -> None:
    gate = Gate()
    vendor.on_submit = gate
    task = await rows.add()
    stop = asyncio.Event()
    run = asyncio.create_task(watched.run(stop))
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
        await rows.add()
        stop.set()
        await watched._wake.wait()
        assert not run.done()
        gate.opened.set()
        await run
    assert (await rows.get(task)).state is State.RUNNING
    assert vendor.orders == [task.id]  # and none is begun


@SQLITE
async def test_a_stop_waits_only_so_long(
    rows: Rows, watched: WatchedTracker, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STOP_WITHIN", 0.01)
    gate = Gate()
    vendor.on_submit = gate
    task = await rows.add()
    async with at_work(watched):
        await gate.reached.wait()
    assert (await rows.get(task)).state is State.SUBMITTING
    assert not asyncio.all_tasks() - {asyncio.current_task()}


def failing(function: Callable[..., Any], times: int) -> Callable[..., Any]:
    left = [times]

    async def call(*args: Any, **kwargs: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise OperationalError("SELECT", {}, Exception("the database is away"))
        return await function(*args, **kwargs)

    return call


@SQLITE
@pytest.mark.parametrize("broken", ["pulse", "claim", "claim_in_turn", "update"])
async def test_a_database_that_fails_does_not_end_the_loop(
    rows: Rows, parts: Parts, outlet: FakeOutlet, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    task = await rows.add()
    module = claims if broken.startswith("claim") else tasks
    monkeypatch.setattr(module, broken, failing(getattr(module, broken), 3))
    tracker = leaping(parts)
    monkeypatch.setattr(tracker, "_leap", failing_leaps(tracker))
    with structlog.testing.capture_logs() as logs:
        await complete(tracker)
    failures = {entry["event"] for entry in logs if entry["log_level"] == "error"}
    assert failures == {"tracker_step_failed" if broken == "update" else "tracker_round_failed"}
    assert ((await rows.get(task)).state, outlet.delivered) == (State.DELIVERED, {task.id: 1})


def failing_leaps(tracker: LeapingTracker) -> Callable[[float], Any]:
    """Let the tracker's own look at the rows fail without ending the test."""
    leap = tracker._leap

    async def patient(seconds: float) -> bool:
        try:
            return await leap(seconds)
        except OperationalError:
            return True

    return patient


@SQLITE
async def test_a_round_that_fails_is_not_repeated_at_once(
    watched: WatchedTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "pulse", failing(tasks.pulse, 1))
    async with at_work(watched):
        await watched.resting.wait()
        assert watched.naps == [1.0]


@SQLITE
async def test_a_step_that_fails_does_not_end_the_loop_and_is_taken_up_again(
    rows: Rows, parts: Parts, outlet: FakeOutlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission: Submission = parts["submission"]
    monkeypatch.setattr(submission, "run", failing(submission.run, 2))
    task = await rows.add()
    await complete(leaping(parts))
    assert ((await rows.get(task)).state, outlet.delivered) == (State.DELIVERED, {task.id: 1})
    assert rows.clock() > START + 2 * (PREPARE_WITHIN + WRITE_MARGIN)


@SQLITE
async def test_every_lease_is_longer_than_its_step(watched: WatchedTracker, rows: Rows, outlet: FakeOutlet) -> None:
    gate = Gate()
    outlet.on_deliver = gate
    task = await rows.add(state=State.SUCCEEDED, finished_at=START)
    async with at_work(watched):
        await gate.reached.wait()
        assert (await rows.get(task)).next_at == START + ATTEMPT_WITHIN + WRITE_MARGIN
        gate.opened.set()


async def test_a_vendor_that_is_down_for_a_while_costs_nobody_a_picture(
    rows: Rows, parts: Parts, vendor: FakeVendor, outlet: FakeOutlet
) -> None:
    async def down(task: Task) -> None:
        if rows.clock() < START + 900:
            raise Unavailable(503, http_status=503)

    vendor.on_submit = down
    await rows.add_many(8, people=4)
    tracker = leaping(parts, capacity=4)
    await complete(tracker)
    assert {task.state for task in await rows.all()} == {State.DELIVERED}
    assert (len(outlet.delivered), outlet.told) == (8, {})
    assert len(vendor.orders) <= 8 + 25  # in a quarter of an hour
    assert rows.clock() < START + 900 + LONGEST_PAUSE + 60
    assert not tracker._gate.is_down


@SQLITE
async def test_who_waited_too_long_is_told_also_while_nothing_is_ordered(
    rows: Rows, parts: Parts, vendor: FakeVendor, outlet: FakeOutlet
) -> None:
    async def down(task: Task) -> None:
        raise Unavailable(503, http_status=503)

    vendor.on_submit = down
    waiting = [await rows.add(owner_id=owner) for owner in range(4)]
    await complete(leaping(parts))
    ended = await rows.all()
    assert {task.state for task in ended} == {State.EXPIRED}
    assert {"out of order" in str(task.reason) for task in ended} == {True}
    assert outlet.told == {task.id: 1 for task in waiting}
    assert rows.clock() <= START + 3600 + 2 * LONGEST_SLEEP
    assert await rows.used() == 0


@SQLITE
async def test_who_waited_too_long_needs_no_place(rows: Rows, watched: WatchedTracker, outlet: FakeOutlet) -> None:
    told = outlet.on_tell = Gate()
    told.opened.set()
    for place in range(2):
        await rows.add(state=State.RUNNING, vendor_id=f"x {place}", next_at=START + 50)
    late = await rows.add(deadline_at=START)
    async with at_work(watched):
        await told.reached.wait()
    assert (await rows.get(late)).state is State.EXPIRED


@SQLITE
async def test_it_learns_how_many_the_vendor_takes(
    rows: Rows, parts: Parts, vendor: FakeVendor, outlet: FakeOutlet
) -> None:
    refused = []

    async def full(task: Task) -> None:
        if len(vendor.at_work) > 3:
            refused.append(task.id)
            raise Busy(409, http_status=200)

    vendor.on_submit = full
    await rows.add_many(40, people=8)
    tracker = leaping(parts, capacity=10)
    await complete(tracker)
    assert len(outlet.delivered) == 40
    assert len(refused) < 40
    assert tracker._gate.places <= 4


@SQLITE
async def test_it_sleeps_until_the_vendor_may_be_asked_again(
    rows: Rows, watched: WatchedTracker, vendor: FakeVendor
) -> None:
    watched._gate.full(START, told=3.5)
    await rows.add()
    async with at_work(watched):
        await watched.resting.wait()
        assert (watched.naps, vendor.orders) == ([3.5], [])
