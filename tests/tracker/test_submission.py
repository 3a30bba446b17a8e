import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from sqlalchemy.exc import OperationalError

from bot.errors import BadPicture
from bot.locales.text import Text, text
from bot.miaohua.errors import ApiError, InvalidRequest, MiaohuaError, NotSent, Unanswered, kind_of
from bot.store.task import State, Task
from bot.tracker import record
from bot.tracker import submission as module
from bot.tracker.record import LostLease
from bot.tracker.submission import ORDER_LEASE, PREPARE_TRIES, WRITE_PAUSES, Submission
from bot.tracker.timings import Timings
from tests.tracker.fakes import START, FakeMaker, FakeVendor, Rows, raising

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def api_error(code: int, **more: Any) -> ApiError:
    return kind_of(code)(code, http_status=400, **more)


AGAIN = [NotSent("no connection"), *map(api_error, [2, 4, 8, 10, 13, 14, 15, 409, 503])]
REFUSED = [InvalidRequest("steps", "1 to 100"), api_error(3), api_error(18)]
FAILED = [api_error(code) for code in (1, 5, 6, 7, 9, 11, 12, 16, 429, 777)]
UNCERTAIN = [Unanswered("the connection broke")]


def test_no_error_of_the_vendor_is_forgotten_here() -> None:
    listed = {type(error) for error in [*AGAIN, *REFUSED, *FAILED, *UNCERTAIN]}
    assert listed == {*MiaohuaError.__subclasses__(), *ApiError.__subclasses__()} - {ApiError}


async def test_an_order_becomes_a_running_task(rows: Rows, submission: Submission, timings: Timings) -> None:
    await timings.learn("imagine:model", 7.25)
    task = await rows.claimed(attempts=3)
    rows.clock.advance(1)
    await submission.run(task)
    running = await rows.get(task)
    assert (running.state, running.vendor_id, running.attempts) == (State.RUNNING, f"v{task.id}", 0)
    assert running.submitted_at == START + 1
    assert running.next_at == START + 7  # a little before the quickest of its kind, on the beat
    assert running.deadline_at == START + 1 + 600
    assert (running.reserved, await rows.used()) == (2, 2)


async def test_that_it_is_about_to_be_ordered_stands_in_its_row_before_the_order(
    rows: Rows, submission: Submission, vendor: FakeVendor
) -> None:
    seen: list[Task] = []

    async def look(task: Task) -> None:
        seen.append(await rows.get(task))

    vendor.on_submit = look
    task = await rows.claimed()
    await submission.run(task)
    assert [(row.state, row.next_at, row.vendor_id) for row in seen] == [(State.SUBMITTING, START + ORDER_LEASE, None)]


async def test_while_it_is_prepared_it_can_still_be_taken_back(
    rows: Rows, submission: Submission, maker: FakeMaker, vendor: FakeVendor
) -> None:
    async def cancel(task: Task) -> None:
        async with rows.store.write() as conn:
            await record.end(conn, await rows.get(task), State.CANCELLED, now=rows.clock())

    maker.on_prepare = cancel
    task = await rows.claimed()
    with pytest.raises(LostLease):
        await submission.run(task)
    assert vendor.orders == []
    assert (await rows.get(task)).state is State.CANCELLED
    assert await rows.used() == 0


@SQLITE
@pytest.mark.parametrize("on_prepare", [None, BadPicture(text("Too small.")), LookupError()])
async def test_who_lost_the_lease_while_preparing_orders_and_writes_nothing(
    rows: Rows, submission: Submission, maker: FakeMaker, vendor: FakeVendor, on_prepare: Exception | None
) -> None:
    async def lose(task: Task) -> None:
        await rows.steal(task)
        await raising(on_prepare)(task)

    maker.on_prepare = lose
    task = await rows.claimed()
    with pytest.raises(LostLease):
        await submission.run(task)
    left = await rows.get(task)
    assert vendor.orders == []
    assert (left.state, left.next_at, left.lease_token) == (State.QUEUED, task.next_at, task.lease_token + 1)
    assert await rows.used() == 2


@pytest.mark.parametrize("answer", [None, *AGAIN[:1], *REFUSED[:1], *FAILED[:1], *UNCERTAIN])
async def test_who_lost_the_lease_while_ordering_writes_nothing(
    rows: Rows, submission: Submission, vendor: FakeVendor, answer: Exception | None
) -> None:
    async def lose(task: Task) -> None:
        await rows.steal(task)
        await raising(answer)(task)

    vendor.on_submit = lose
    task = await rows.claimed()
    with pytest.raises(LostLease):
        await submission.run(task)
    left = await rows.get(task)
    assert (left.state, left.vendor_id, left.next_at) == (State.SUBMITTING, None, START + ORDER_LEASE)
    assert await rows.used() == 2


async def test_a_refusal_that_a_wait_can_heal_leads_back_into_the_queue(
    rows: Rows, submission: Submission, vendor: FakeVendor
) -> None:
    for error in AGAIN:
        vendor.on_submit = raising(error)
        task = await rows.claimed()
        await submission.run(task)
        queued = await rows.get(task)
        assert (queued.state, queued.attempts, queued.next_at) == (State.QUEUED, 1, START + 2), error
        assert (queued.reserved, queued.vendor_id, queued.finished_at) == (2, None, None), error
    assert await rows.used() == 2 * len(AGAIN)


async def test_it_comes_back_ever_later_and_is_ordered_in_the_end(
    rows: Rows, submission: Submission, vendor: FakeVendor
) -> None:
    vendor.on_submit = raising(api_error(409), api_error(503), NotSent("x"), None)
    task = await rows.add()
    waits = []
    for _ in range(3):
        [claimed] = await rows.claim(State.QUEUED)
        await submission.run(claimed)
        due = (await rows.get(task)).next_at
        assert due is not None
        waits.append(due - rows.clock())
        assert await rows.claim(State.QUEUED) == []
        rows.clock.now = due
    assert waits == [2, 4, 8]
    [claimed] = await rows.claim(State.QUEUED)
    await submission.run(claimed)
    assert (await rows.get(task)).state is State.RUNNING
    assert await rows.used() == 2


@SQLITE
@pytest.mark.parametrize("told", [33.0, 0.5])
async def test_the_wait_that_the_vendor_asks_for_is_honoured(
    rows: Rows, submission: Submission, vendor: FakeVendor, told: float
) -> None:
    vendor.on_submit = raising(api_error(8, retry_after=told))
    task = await rows.claimed()
    await submission.run(task)
    assert (await rows.get(task)).next_at == START + max(told, 2.0)


@SQLITE
async def test_nobody_waits_in_the_queue_beyond_the_deadline(
    rows: Rows, submission: Submission, vendor: FakeVendor
) -> None:
    vendor.on_submit = raising(api_error(503, retry_after=86_400))
    task = await rows.claimed(deadline_at=START + 900)
    await submission.run(task)
    assert (await rows.get(task)).next_at == START + 900
    rows.clock.advance(900)
    [claimed] = await rows.claim(State.QUEUED)
    await submission.run(claimed)
    assert (await rows.get(task)).state is State.EXPIRED
    assert vendor.orders == [task.id]


@pytest.mark.parametrize(
    ("errors", "state"),
    [(REFUSED, State.REFUSED), (FAILED, State.FAILED), (UNCERTAIN, State.UNCERTAIN)],
    ids=["refused", "failed", "uncertain"],
)
async def test_any_other_answer_ends_it(
    rows: Rows, submission: Submission, vendor: FakeVendor, errors: list[MiaohuaError], state: State
) -> None:
    for error in errors:
        vendor.on_submit = raising(error)
        task = await rows.claimed()
        await submission.run(task)
        ended = await rows.get(task)
        assert (ended.state, ended.next_at, ended.reserved) == (state, START, 0), error  # due to be told
        wanted = {InvalidRequest: 3, Unanswered: None}.get(type(error), getattr(error, "code", None))
        assert (ended.error_code, ended.finished_at) == (wanted, START), error
    assert await rows.used() == 0


async def test_what_cannot_be_prepared_is_refused_in_its_own_words(
    rows: Rows, submission: Submission, maker: FakeMaker, vendor: FakeVendor
) -> None:
    sentence = text("This picture is {width} wide; {least} is the least.", width=20, least=64)
    maker.on_prepare = raising(BadPicture(sentence))
    task = await rows.claimed()
    await submission.run(task)
    refused = await rows.get(task)
    assert (refused.state, refused.error_code, refused.next_at) == (State.REFUSED, 3, START)
    assert refused.reason is not None
    assert Text.load(refused.reason) == sentence
    assert vendor.orders == []
    assert await rows.used() == 0


@SQLITE
async def test_a_request_that_the_vendor_would_not_take_is_refused_at_once(
    rows: Rows, submission: Submission, maker: FakeMaker
) -> None:
    maker.on_prepare = raising(InvalidRequest("steps", "1 to 100"))
    task = await rows.claimed()
    await submission.run(task)
    assert ((await rows.get(task)).state, (await rows.get(task)).error_code) == (State.REFUSED, 3)


@SQLITE
async def test_a_fault_in_the_preparation_is_retried_a_few_times(
    rows: Rows, submission: Submission, maker: FakeMaker, vendor: FakeVendor
) -> None:
    maker.on_prepare = raising(LookupError("a fault in the program"))
    task = await rows.add()
    waits = []
    while [claimed := each for each in await rows.claim(State.QUEUED)]:
        with structlog.testing.capture_logs() as logs:
            await submission.run(claimed)
        assert "task_not_prepared" in [entry["event"] for entry in logs]
        due = (await rows.get(task)).next_at or 0
        waits.append(due - rows.clock())
        rows.clock.now = due
    assert waits == [2, 4, 8, 0]
    assert len(waits) == PREPARE_TRIES
    failed = await rows.get(task)
    assert (failed.state, failed.error_code, failed.next_at) == (State.FAILED, 13, rows.clock())
    assert vendor.orders == []
    assert await rows.used() == 0


@SQLITE
async def test_a_fault_that_passes_is_forgotten(rows: Rows, submission: Submission, maker: FakeMaker) -> None:
    maker.on_prepare = raising(LookupError(), None)
    task = await rows.claimed()
    await submission.run(task)
    rows.clock.advance(2)
    await submission.run((await rows.claim(State.QUEUED))[0])
    assert ((await rows.get(task)).state, (await rows.get(task)).attempts) == (State.RUNNING, 0)


@SQLITE
async def test_a_preparation_has_a_time_limit(
    rows: Rows, submission: Submission, maker: FakeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(task: Task) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(module, "PREPARE_WITHIN", 0.01)
    maker.on_prepare = hang
    task = await rows.claimed()
    await submission.run(task)
    assert ((await rows.get(task)).state, (await rows.get(task)).attempts) == (State.QUEUED, 1)


@SQLITE
async def test_what_waited_too_long_for_a_place_expires(
    rows: Rows, submission: Submission, maker: FakeMaker, vendor: FakeVendor
) -> None:
    maker.on_prepare = raising(AssertionError("nothing is to be prepared"))
    task = await rows.claimed(deadline_at=START)
    await submission.run(task)
    expired = await rows.get(task)
    assert (expired.state, expired.next_at, expired.error_code) == (State.EXPIRED, START, None)
    assert vendor.orders == []
    assert await rows.used() == 0


@SQLITE
async def test_what_nobody_can_make_any_more_fails(rows: Rows, submission: Submission) -> None:
    task = await rows.claimed(capability="fresco")
    await submission.run(task)
    assert ((await rows.get(task)).state, (await rows.get(task)).error_code) == (State.FAILED, 12)


def failing_writes(times: int) -> Callable[..., Any]:
    """Stand in for `record.advance`: so many times the database fails where a task is to become `running`."""
    left = [times]
    advance = record.advance

    async def write(conn: Any, task: Task, after: State, **changes: Any) -> Task:
        if after is State.RUNNING and left[0]:
            left[0] -= 1
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        return await advance(conn, task, after, **changes)

    return write


async def test_the_id_of_a_paid_order_survives_a_database_that_fails_just_then(
    rows: Rows, submission: Submission, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "advance", failing_writes(len(WRITE_PAUSES)))
    task = await rows.claimed()
    await submission.run(task)
    running = await rows.get(task)
    assert (running.state, running.vendor_id, vendor.orders) == (State.RUNNING, f"v{task.id}", [task.id])
    assert running.submitted_at == START
    assert rows.clock() == START + sum(WRITE_PAUSES)


@SQLITE
async def test_where_it_fails_for_long_the_id_is_at_least_in_the_log(
    rows: Rows, submission: Submission, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "advance", failing_writes(100))
    task = await rows.claimed()
    with structlog.testing.capture_logs() as logs, pytest.raises(OperationalError):
        await submission.run(task)
    assert {entry.get("vendor_id") for entry in logs} == {f"v{task.id}"}
    assert ((await rows.get(task)).state, vendor.orders) == (State.SUBMITTING, [task.id])


def test_all_waits_for_a_paid_order_fit_into_its_lease() -> None:
    # A call may be made twice, where the token was refused.
    from bot.miaohua.client import DEADLINE  # noqa: PLC0415

    assert 2 * DEADLINE + sum(WRITE_PAUSES) < ORDER_LEASE
