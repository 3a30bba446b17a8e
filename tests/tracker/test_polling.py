import asyncio
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from bot.locales.text import Text, text
from bot.miaohua.errors import Unanswered, kind_of
from bot.store import pictures
from bot.store.task import Picture, State, Task
from bot.tracker import polling as module
from bot.tracker.polling import BATCH, Polling
from bot.tracker.ports import Failed, Made, Outcome, Waiting
from bot.tracker.schedule import MOST_TOLD
from bot.tracker.timings import Timings
from tests.tracker.fakes import START, FakeMaker, FakeVendor, Rows, made

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


FAMILIES = ("imgenstd", "stylization", "erase", "inpaint", "outpaint", "sup_res")


@given(
    loads=st.lists(st.sampled_from(FAMILIES), min_size=500, max_size=500)
    | st.sampled_from(FAMILIES).map(lambda family: [family] * 500)
)
def test_a_round_about_500_tasks_of_six_families_is_16_requests_at_most(loads: list[str]) -> None:
    makers: dict[str, Any] = {family: SimpleNamespace(family=family) for family in FAMILIES}
    nowhere = cast("Any", None)  # batches are made of what was claimed, and of nothing else
    polling = Polling(nowhere, makers, {}, nowhere)
    claimed: list[Any] = [SimpleNamespace(id=place, capability=family) for place, family in enumerate(loads)]
    batches = list(polling.batches(claimed))
    assert len(batches) <= 500 / BATCH + len(FAMILIES)
    assert sorted(task.id for batch in batches for task in batch) == list(range(500))
    asked = Counter(family for batch in batches for family in {task.capability for task in batch})
    assert asked == {family: math.ceil(count / BATCH) for family, count in Counter(loads).items()}


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


FACES = {"faces": [{"index": 0, "left": 1.5, "top": 2.0, "right": 3.0, "bottom": 4.0}]}


async def test_what_is_found_is_kept_with_the_end(
    rows: Rows, polling: Polling, vendor: FakeVendor, maker: FakeMaker
) -> None:
    seen = []

    async def look(task: Task) -> None:
        seen.append((task.state, task.found))

    maker.on_keep = look
    vendor.results = {"order 0": Made(found=FACES), "order 1": Made(found={"lora_id": "l1"}), "order 2": made(1)}
    claimed = await running(rows, 3)
    await ask(polling, claimed)
    found = [(await rows.get(task)).found for task in claimed]
    assert found == [FACES, {"lora_id": "l1"}, None]
    assert seen == [(State.SUCCEEDED, each) for each in found]
    assert await rows.loras() == ["l1"]


async def test_what_cannot_be_kept_is_not_made(
    rows: Rows, polling: Polling, vendor: FakeVendor, maker: FakeMaker
) -> None:
    async def refuse(task: Task) -> None:
        if task.vendor_id == "order 0":
            raise LookupError("a fault in the program")

    maker.on_keep = refuse
    vendor.results = {f"order {place}": Made(found={"lora_id": f"l{place}"}) for place in range(3)}
    claimed = await running(rows, 3)
    await rows.steal(claimed[1])
    await ask(polling, claimed)
    assert [(await rows.get(task)).state for task in claimed] == [State.RUNNING, State.RUNNING, State.SUCCEEDED]
    assert await rows.loras() == ["l2"]
    assert ((await rows.get(claimed[0])).found, (await rows.get(claimed[0])).next_at) == (None, START + 1)


@SQLITE
async def test_a_batch_is_written_down_in_one_transaction(
    rows: Rows, polling: Polling, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Outcome | None] = [made(2), Failed(13, ""), Waiting(), Waiting(0.5), None]
    vendor.results = {f"order {place}": answers[place % 5] for place in range(50)}
    claimed = await running(rows, 50)
    writes = []
    write = rows.store.write

    def counted() -> Any:
        writes.append(1)
        return write()

    monkeypatch.setattr(rows.store, "write", counted)
    await ask(polling, claimed)
    assert len(writes) == 1
    states = Counter([(await rows.get(task)).state for task in claimed])
    assert states == {State.SUCCEEDED: 10, State.FAILED: 10, State.RUNNING: 30}


@SQLITE
async def test_how_far_it_is_is_written_down(rows: Rows, polling: Polling, vendor: FakeVendor) -> None:
    claimed = await running(rows, 4, progress=0.25)
    vendor.results = dict(zip(("order 0", "order 1", "order 2"), (Waiting(0.5), Waiting(), Waiting(0.0)), strict=True))
    await ask(polling, claimed)
    assert [(await rows.get(task)).progress for task in claimed] == [0.5, 0.25, 0.0, 0.25]
    assert {(await rows.get(task)).next_at for task in claimed} == {START + 1}


@SQLITE
async def test_after_ten_minutes_all_are_asked_about_at_the_full_minute(
    rows: Rows, polling: Polling, vendor: FakeVendor
) -> None:
    claimed = [
        await rows.claimed(state=State.RUNNING, submitted_at=START - age, vendor_id=f"order {age}")
        for age in (600, 1234, 40_000)
    ]
    await ask(polling, claimed)
    assert {(await rows.get(task)).next_at for task in claimed} == {START // 60 * 60 + 60}


@SQLITE
async def test_a_reason_of_its_own_reaches_the_user(rows: Rows, polling: Polling, vendor: FakeVendor) -> None:
    reason = text("Too few pictures: {count}.", count=2)
    vendor.results = {"order 0": Failed(3, "its words", reason), "order 1": Failed(3, "its words")}
    first, second = await running(rows, 2)
    await ask(polling, [first, second])
    told = (await rows.get(first)).reason
    assert told is not None
    assert (Text.load(told), (await rows.get(second)).reason) == (reason, None)


async def test_batches_that_fail_for_the_same_people_do_not_wait_for_each_other(
    rows: Rows, polling: Polling, vendor: FakeVendor
) -> None:
    claimed = await running(rows, 100)
    vendor.results = {f"order {place}": Failed(13, "") for place in range(100)}
    with structlog.testing.capture_logs() as logs:
        await asyncio.gather(polling.run(claimed[:50]), polling.run(claimed[:49:-1]))
    assert {entry["event"] for entry in logs} == {"task_failed"}
    assert {(await rows.get(task)).state for task in claimed} == {State.FAILED}
    assert await rows.used() == 0


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
    vendor.errors = [Unanswered("x", retry_after=86_400.0)]
    soon, late = (
        await running(rows, 2, deadline_at=START + 50),
        await rows.claimed(state=State.RUNNING, vendor_id="late", deadline_at=START + 10_000),
    )
    rows.clock.advance(20)
    await ask(polling, [*soon, late])
    assert {(await rows.get(task)).next_at for task in soon} == {START + 50}
    assert (await rows.get(late)).next_at == START + 20 + MOST_TOLD  # a day would be a slip
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


async def test_a_database_that_fails_for_a_moment_loses_nothing(
    rows: Rows, polling: Polling, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, left = pictures.put, [1]

    async def away(conn: Any, brought: Sequence[Picture]) -> None:
        if left.pop() if left else 0:
            raise OperationalError("INSERT", {}, Exception("the database is away"))
        await put(conn, brought)

    monkeypatch.setattr(pictures, "put", away)
    vendor.results = {"order 0": made(1), "order 1": Failed(13, ""), "order 2": Waiting()}
    claimed = await running(rows, 3)
    await ask(polling, claimed)
    assert [(await rows.get(task)).state for task in claimed] == [State.SUCCEEDED, State.FAILED, State.RUNNING]
    assert await rows.used() == 4


async def test_a_result_that_cannot_be_written_does_not_spoil_the_others_and_ends_in_time(
    rows: Rows, polling: Polling, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = pictures.put

    async def picky(conn: Any, brought: Sequence[Picture]) -> None:
        if any(picture.index == 2 for picture in brought):
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
