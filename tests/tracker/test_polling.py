import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import structlog

from bot.miaohua.errors import Unanswered, kind_of
from bot.store import pictures
from bot.store.task import Picture, State, Task
from bot.tracker import polling as module
from bot.tracker.polling import BATCH, Polling
from bot.tracker.ports import Failed, Outcome, Waiting
from bot.tracker.timings import Timings
from tests.tracker.fakes import START, FakeVendor, Rows, made

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def running(rows: Rows, count: int = 1, **columns: Any) -> list[Task]:
    """Add tasks that were ordered and claim them."""
    usual: dict[str, Any] = {"state": State.RUNNING, "submitted_at": rows.clock(), "deadline_at": rows.clock() + 600}
    for place in range(count):
        await rows.add(**usual | {"vendor_id": f"order {place}", "owner_id": 7 + place % 20} | columns)
    return await rows.claim(State.RUNNING)


async def ask(polling: Polling, claimed: Sequence[Task]) -> None:
    for batch in polling.batches(claimed):
        await polling.run(batch)


@SQLITE
async def test_one_request_asks_for_fifty_whoever_they_belong_to(
    rows: Rows, polling: Polling, vendor: FakeVendor
) -> None:
    await rows.add_many(120, people=20, state=State.RUNNING)
    claimed = [replace(task, vendor_id=f"order {task.id}") for task in await rows.claim(State.RUNNING)]
    vendor.results = {f"order {task.id}": Waiting() for task in claimed}
    await ask(polling, claimed)
    assert [len(ids) for ids in vendor.asked] == [BATCH, BATCH, 20]
    assert sorted(each for ids in vendor.asked for each in ids) == sorted(vendor.results)
    assert {task.next_at for task in await rows.all()} == {START + 1}


@SQLITE
async def test_every_family_is_asked_on_its_own(rows: Rows, polling: Polling, vendor: FakeVendor) -> None:
    await rows.add(state=State.RUNNING, vendor_id="a", capability="imagine")
    await rows.add(state=State.RUNNING, vendor_id="b", capability="cutout")
    await rows.add(state=State.RUNNING, vendor_id="c", capability="imagine")
    await ask(polling, await rows.claim(State.RUNNING))
    assert sorted(vendor.asked) == [["a", "c"], ["b"]]


@SQLITE
async def test_nothing_to_ask_is_not_asked(polling: Polling) -> None:
    assert list(polling.batches([])) == []


async def test_what_is_made_waits_to_be_delivered(
    rows: Rows, polling: Polling, vendor: FakeVendor, timings: Timings
) -> None:
    [task] = await running(rows, attempts=3, reserved=3)
    vendor.results = {"order 0": made(2, missing=1)}
    rows.clock.advance(8)
    await ask(polling, [task])
    done = await rows.get(task)
    assert (done.state, done.next_at, done.finished_at, done.attempts) == (
        State.SUCCEEDED,
        START + 8,
        START + 8,
        0,
    )
    assert [(each.task_id, each.index, each.error_code) for each in await rows.pictures(task)] == [
        (task.id, 0, ""),
        (task.id, 1, ""),
        (task.id, 2, "Sensitive"),
    ]
    assert (done.reserved, await rows.used()) == (3, 3)  # settled when they are delivered
    assert await timings.usual(task.kind) == 8


@pytest.mark.parametrize(
    ("code", "state"), [(3, State.REFUSED), (18, State.REFUSED), (13, State.FAILED), (1, State.FAILED)]
)
@SQLITE
async def test_what_failed_there_ends_here(
    rows: Rows, polling: Polling, vendor: FakeVendor, timings: Timings, code: int, state: State
) -> None:
    [task] = await running(rows)
    vendor.results = {"order 0": Failed(code, "its words")}
    rows.clock.advance(5)
    await ask(polling, [task])
    ended = await rows.get(task)
    assert (ended.state, ended.error_code, ended.next_at) == (state, code, START + 5)
    assert (ended.finished_at, await rows.used()) == (START + 5, 0)
    assert await timings.usual(task.kind) is None


async def test_all_answers_of_a_batch_are_heard(rows: Rows, polling: Polling, vendor: FakeVendor) -> None:
    vendor.results = {"order 0": made(1), "order 1": Waiting(), "order 2": Failed(13, ""), "order 3": None}
    claimed = await running(rows, 4)
    await ask(polling, claimed)
    wanted = [State.SUCCEEDED, State.RUNNING, State.FAILED, State.RUNNING]
    assert [(await rows.get(task)).state for task in claimed] == wanted
    assert await rows.used() == 6
    assert len(vendor.asked) == 1


async def test_who_waits_is_asked_about_again_on_the_beat(
    rows: Rows, polling: Polling, vendor: FakeVendor, timings: Timings
) -> None:
    await timings.learn("imagine:model", 10.2)
    vendor.results = {"order 0": Waiting()}
    [task] = await running(rows, attempts=5)
    rows.clock.advance(4)
    await ask(polling, [task])
    waiting = await rows.get(task)
    assert (waiting.state, waiting.attempts, waiting.next_at) == (State.RUNNING, 0, START + 8.5)


@SQLITE
@pytest.mark.parametrize("answer", [Waiting(), None], ids=["waiting", "missing"])
async def test_patience_ends(rows: Rows, polling: Polling, vendor: FakeVendor, answer: Waiting | None) -> None:
    vendor.results = {"order 0": answer}
    [task] = await running(rows, deadline_at=START + 10)
    rows.clock.advance(9.8)
    await ask(polling, [task])
    assert ((await rows.get(task)).state, (await rows.get(task)).next_at) == (State.RUNNING, START + 10)
    rows.clock.advance(0.2)
    await ask(polling, [await rows.get(task)])
    expired = await rows.get(task)
    assert (expired.state, expired.error_code, expired.next_at) == (State.EXPIRED, 4, START + 10)
    assert await rows.used() == 0


@SQLITE
async def test_a_result_that_comes_at_the_last_moment_counts(rows: Rows, polling: Polling, vendor: FakeVendor) -> None:
    vendor.results = {"order 0": made(2)}
    [task] = await running(rows, deadline_at=START + 10)
    rows.clock.advance(60)
    await ask(polling, [task])
    assert (await rows.get(task)).state is State.SUCCEEDED


async def test_a_request_that_fails_loses_nobody(rows: Rows, polling: Polling, vendor: FakeVendor) -> None:
    vendor.errors = [kind_of(503)(503, http_status=503), Unanswered("x"), Unanswered("x", retry_after=25.0)]
    claimed = await running(rows, 5)
    await ask(polling, claimed[:3])
    await ask(polling, claimed[3:])
    after = [await rows.get(task) for task in claimed]
    assert {(task.state, task.attempts, task.next_at) for task in after} == {(State.RUNNING, 1, START + 2)}
    rows.clock.advance(2)
    await ask(polling, (await rows.claim(State.RUNNING))[:3])
    told = [await rows.get(task) for task in claimed[:3]]
    assert {(task.attempts, task.next_at) for task in told} == {(2, START + 2 + 25)}
    rows.clock.advance(25)
    vendor.results = {task.vendor_id or "": made(1) for task in claimed}
    await ask(polling, await rows.claim(State.RUNNING))
    assert {(await rows.get(task)).state for task in claimed[:3]} == {State.SUCCEEDED}


@SQLITE
async def test_while_the_vendor_is_down_patience_ends_too(rows: Rows, polling: Polling, vendor: FakeVendor) -> None:
    vendor.errors = [Unanswered("x", retry_after=3600.0)]
    soon, late = (
        await running(rows, 2, deadline_at=START + 50),
        await rows.claimed(state=State.RUNNING, vendor_id="late", deadline_at=START + 10_000),
    )
    rows.clock.advance(20)
    await ask(polling, [*soon, late])
    assert {(await rows.get(task)).next_at for task in soon} == {START + 50}
    assert (await rows.get(late)).next_at == START + 20 + 3600
    rows.clock.advance(30)
    vendor.errors = [Unanswered("x")]
    await ask(polling, await rows.claim(State.RUNNING))
    assert {(await rows.get(task)).state for task in soon} == {State.EXPIRED}
    assert await rows.used() == 2


@SQLITE
async def test_a_fault_of_our_own_is_logged_and_loses_nobody_either(
    rows: Rows, polling: Polling, vendor: FakeVendor
) -> None:
    vendor.errors = [LookupError("a fault in the program")]
    claimed = await running(rows, 2)
    with structlog.testing.capture_logs() as logs:
        await ask(polling, claimed)
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["poll_broken"]
    assert {((await rows.get(task)).state, (await rows.get(task)).next_at) for task in claimed} == {
        (State.RUNNING, START + 2)
    }


@SQLITE
async def test_a_request_has_a_time_limit(rows: Rows, polling: Polling, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(vendor_ids: Sequence[str]) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(module, "ASK_WITHIN", 0.01)
    monkeypatch.setattr(polling, "_polls", {"imgenstd": hang})
    [task] = await running(rows)
    await ask(polling, [task])
    assert ((await rows.get(task)).attempts, (await rows.get(task)).next_at) == (1, START + 2)


async def test_a_lost_lease_does_not_spoil_the_others(rows: Rows, polling: Polling, vendor: FakeVendor) -> None:
    answers: list[Outcome | None] = [made(1), made(1), Failed(13, ""), Failed(13, ""), Waiting(), Waiting(), None, None]
    vendor.results = {f"order {place}": answer for place, answer in enumerate(answers)}
    claimed = await running(rows, 6)
    expiring = [await rows.claimed(state=State.RUNNING, vendor_id=f"order {n}", deadline_at=START) for n in (6, 7)]
    lost = [claimed[0], claimed[2], claimed[4], expiring[0]]
    for task in lost:
        await rows.steal(task)
    before = [await rows.get(task) for task in lost]
    await ask(polling, [*claimed, *expiring])
    assert [await rows.get(task) for task in lost] == before
    assert [await rows.pictures(task) for task in lost] == [[]] * 4
    others = [claimed[1], claimed[3], claimed[5], expiring[1]]
    wanted = [State.SUCCEEDED, State.FAILED, State.RUNNING, State.EXPIRED]
    assert [(await rows.get(task)).state for task in others] == wanted
    assert (await rows.get(claimed[5])).next_at == START + 1
    assert await rows.used() == 2 * 6


async def test_a_result_that_cannot_be_written_does_not_spoil_the_others_and_ends_in_time(
    rows: Rows, polling: Polling, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = pictures.put

    async def picky(conn: Any, brought: Sequence[Picture]) -> None:
        if len(brought) == 3:
            raise ValueError("a value that the column does not take")
        await put(conn, brought)

    monkeypatch.setattr(pictures, "put", picky)
    vendor.results = {"order 0": made(3), "order 1": made(1), "order 2": Waiting()}
    claimed = await running(rows, 3)
    await ask(polling, claimed)
    states = [(await rows.get(task)).state for task in claimed]
    assert states == [State.RUNNING, State.SUCCEEDED, State.RUNNING]
    rows.clock.advance(600)
    await ask(polling, await rows.claim(State.RUNNING))
    assert (await rows.get(claimed[0])).state is State.EXPIRED


@SQLITE
async def test_what_nobody_can_make_any_more_fails_and_does_not_hold_up_the_others(
    rows: Rows, polling: Polling, vendor: FakeVendor
) -> None:
    vendor.results = {"order 0": made(1)}
    gone = await rows.add(state=State.RUNNING, vendor_id="x", capability="fresco")
    [task] = [each for each in await running(rows) if each.id != gone.id]
    await ask(polling, [await rows.get(gone), task])
    assert (await rows.get(task)).state is State.SUCCEEDED
    assert ((await rows.get(gone)).state, (await rows.get(gone)).error_code) == (State.FAILED, 12)
    assert vendor.asked == [["order 0"]]
