import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from sqlalchemy.exc import OperationalError

from bot.errors import BadPicture, Broken, Unavailable, UserError
from bot.locales.text import Text, text
from bot.miaohua.errors import (
    ApiError,
    Busy,
    InvalidRequest,
    LimitExceeded,
    MiaohuaError,
    NotSent,
    Unanswered,
    kind_of,
)
from bot.store import claims
from bot.store.task import State, Task
from bot.tracker import record
from bot.tracker.circuit import FIRST_PAUSE
from bot.tracker.gate import Gate
from bot.tracker.record import LostLease
from bot.tracker.schedule import MOST_TOLD, WRITE_MARGIN
from bot.tracker.submission import ORDER_LEASE, PREPARE_TRIES, STEP_BACK, WRITE_PAUSES, Submission
from bot.tracker.timings import Timings
from tests.tracker.fakes import START, FakeMaker, FakeShelf, FakeVendor, Rows, raising

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


@pytest.mark.parametrize("ends", ["cancelled", "forgotten", "stolen"])
async def test_what_was_offered_after_its_user_took_it_back_is_removed_and_nobody_elses(
    rows: Rows, submission: Submission, maker: FakeMaker, shelf: FakeShelf, ends: str
) -> None:
    async def meanwhile(task: Task) -> None:
        if ends == "cancelled":
            async with rows.store.write() as conn:
                await record.end(conn, await rows.get(task), State.CANCELLED, now=rows.clock())
        elif ends == "forgotten":
            await rows.clear()
        else:
            await rows.steal(task)
        shelf.held.add(task.id)

    maker.on_prepare = meanwhile
    task = await rows.claimed()
    with pytest.raises(LostLease):
        await submission.run(task)
    assert shelf.held == ({task.id} if ends == "stolen" else set())


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
    rows: Rows, submission: Submission, vendor: FakeVendor, gate: Gate
) -> None:
    for error in AGAIN:
        vendor.on_submit = raising(error)
        task = await rows.claimed()
        await submission.run(task)
        queued = await rows.get(task)
        # What concerns all tasks is not held against this one.
        attempts = 0 if isinstance(error, LimitExceeded | Busy) else 1
        code = error.code if isinstance(error, ApiError) else 503
        assert (queued.state, queued.attempts, queued.next_at) == (State.QUEUED, attempts, START + 2), error
        assert (queued.error_code, queued.reserved, queued.vendor_id) == (code, 2, None), error
        assert queued.finished_at is None, error
        submission._gate = Gate(2, clock=rows.clock)  # each by itself
    assert await rows.used() == 2 * len(AGAIN)


async def test_it_comes_back_ever_later_and_is_ordered_in_the_end(
    rows: Rows, submission: Submission, vendor: FakeVendor
) -> None:
    vendor.on_submit = raising(api_error(409), api_error(503), NotSent("x"), api_error(10), None)
    task = await rows.add()
    waits = []
    for _ in range(4):
        [claimed] = await rows.claim(State.QUEUED)
        await submission.run(claimed)
        due = (await rows.get(task)).next_at
        assert due is not None
        waits.append(due - rows.clock())
        assert await rows.claim(State.QUEUED) == []
        rows.clock.now = due
    assert waits == [2, 2, 4, 8]
    [claimed] = await rows.claim(State.QUEUED)
    await submission.run(claimed)
    running = await rows.get(task)
    assert (running.state, running.attempts, running.error_code) == (State.RUNNING, 0, None)
    assert await rows.used() == 2


class TestAVendorThatIsDown:
    """Three failures of more than one task: the circuit is open."""

    @pytest.fixture
    async def failed(self, rows: Rows, submission: Submission, vendor: FakeVendor) -> list[Task]:
        vendor.on_submit = raising(api_error(503), NotSent("x"), api_error(14))
        tried = [await rows.claimed() for _ in range(3)]
        for task in tried:
            await submission.run(task)
        return tried

    async def test_costs_the_tasks_nothing_but_time(self, rows: Rows, gate: Gate, failed: list[Task]) -> None:
        assert (gate.is_down, gate.opens_at) == (True, START + FIRST_PAUSE)
        last = await rows.get(failed[-1])
        assert (last.state, last.attempts, last.error_code) == (State.QUEUED, 0, 14)
        assert last.next_at == START + FIRST_PAUSE + STEP_BACK  # it lets another one try first
        assert await rows.used() == 2 * len(failed)

    @pytest.mark.usefixtures("failed")
    async def test_is_not_asked_before_its_time(
        self, rows: Rows, submission: Submission, vendor: FakeVendor, maker: FakeMaker
    ) -> None:
        maker.on_prepare = raising(AssertionError("nothing is to be prepared"))
        task = await rows.claimed()
        await submission.run(task)
        kept = await rows.get(task)
        assert (kept.state, kept.next_at, kept.attempts) == (State.QUEUED, START + FIRST_PAUSE, 0)
        assert task.id not in vendor.orders

    async def test_is_not_asked_by_what_was_being_prepared(
        self, rows: Rows, submission: Submission, vendor: FakeVendor, maker: FakeMaker, gate: Gate
    ) -> None:
        async def fall(task: Task) -> None:
            for number in (-1, -2, -3):
                gate.failed(number, None)

        maker.on_prepare = fall
        task = await rows.claimed()
        await submission.run(task)
        kept = await rows.get(task)
        assert (kept.state, kept.next_at, vendor.orders) == (State.QUEUED, START + FIRST_PAUSE, [])

    @pytest.mark.usefixtures("failed")
    async def test_is_asked_by_one_at_a_time(
        self, rows: Rows, submission: Submission, vendor: FakeVendor, gate: Gate
    ) -> None:
        rows.clock.advance(FIRST_PAUSE)
        probe, other = await rows.claimed(), await rows.claimed()

        async def meanwhile(task: Task) -> None:
            assert (task.id, gate.room) == (probe.id, 0)
            await submission.run(other)
            assert (await rows.get(other)).next_at == rows.clock()

        vendor.on_submit = meanwhile
        assert gate.room == 1
        await submission.run(probe)
        assert (await rows.get(probe)).state is State.RUNNING
        assert (gate.is_down, gate.room) == (False, gate.places)

    async def test_pauses_longer_after_each_failure_and_is_found_back(
        self, rows: Rows, submission: Submission, gate: Gate, vendor: FakeVendor, failed: list[Task]
    ) -> None:
        task = await rows.add()
        pauses = []
        for error in (api_error(503), NotSent("x"), None):
            rows.clock.now = max(gate.opens_at, (await rows.get(task)).next_at or 0)
            vendor.on_submit = raising(error)
            [probe] = [each for each in await rows.claim(State.QUEUED, seconds=0) if each.id == task.id]
            await submission.run(probe)
            pauses.append(gate.opens_at - rows.clock())
        assert pauses[:2] == [2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
        assert not gate.is_down
        assert (await rows.get(task)).state is State.RUNNING
        assert [(await rows.get(each)).state for each in failed] == [State.QUEUED] * 3

    async def test_is_the_reason_that_is_told_in_the_end(
        self, rows: Rows, submission: Submission, failed: list[Task]
    ) -> None:
        for task in (failed[0], await rows.add(deadline_at=START)):
            await submission.expire(await rows.get(task))
            expired = await rows.get(task)
            assert expired.reason is not None
            assert "out of order" in Text.load(expired.reason).plain("en")

    async def test_leaves_every_try_at_a_preparation(
        self, rows: Rows, submission: Submission, maker: FakeMaker
    ) -> None:
        maker.on_prepare = raising(LookupError("a fault in the program"))
        task = await rows.claimed(attempts=PREPARE_TRIES, error_code=503)
        await submission.run(task)
        kept = await rows.get(task)
        assert (kept.state, kept.attempts, kept.error_code) == (State.QUEUED, 1, None)


async def test_an_order_without_an_answer_speaks_for_an_outage(
    rows: Rows, submission: Submission, vendor: FakeVendor, gate: Gate
) -> None:
    vendor.on_submit = raising(*UNCERTAIN)
    for _ in range(3):
        await submission.run(await rows.claimed())
    assert gate.is_down


@SQLITE
async def test_any_other_refusal_says_that_the_vendor_is_there(
    rows: Rows, submission: Submission, vendor: FakeVendor, gate: Gate
) -> None:
    for error in (*FAILED, *REFUSED[1:], api_error(10), api_error(8)):
        for number in (-1, -2, -3):
            gate.failed(number, None)
        rows.clock.now = gate.opens_at
        vendor.on_submit = raising(error)
        await submission.run(await rows.claimed())
        assert not gate.is_down, error


@SQLITE
async def test_a_refusal_for_want_of_places_is_learned_from_and_keeps_the_place(
    rows: Rows, submission: Submission, vendor: FakeVendor, gate: Gate
) -> None:
    vendor.on_submit = raising(api_error(409))
    first = await rows.claimed()
    await submission.run(first)
    assert (gate.places, gate.room, gate.opens_at) == (1, 0, START + 2)
    later = await rows.claimed()
    await submission.run(later)
    assert vendor.orders == [first.id]
    rows.clock.now = START + 2
    async with rows.store.write() as conn:
        [again] = await claims.claim_in_turn(conn, now=START + 2, limit=1, lease_seconds=1)
    assert again.id == first.id


@SQLITE
@pytest.mark.parametrize(("told", "wait"), [(33.0, 33.0), (0.5, 2.0), (86_400.0, MOST_TOLD)])
async def test_the_wait_that_the_vendor_asks_for_is_honoured_unless_it_must_be_a_slip(
    rows: Rows, submission: Submission, vendor: FakeVendor, told: float, wait: float
) -> None:
    vendor.on_submit = raising(api_error(8, retry_after=told))
    task = await rows.claimed()
    await submission.run(task)
    assert (await rows.get(task)).next_at == START + wait


@SQLITE
async def test_nobody_waits_in_the_queue_beyond_the_deadline(
    rows: Rows, submission: Submission, vendor: FakeVendor
) -> None:
    vendor.on_submit = raising(api_error(503, retry_after=86_400))
    task = await rows.claimed(deadline_at=START + 200)
    await submission.run(task)
    assert (await rows.get(task)).next_at == START + 200
    rows.clock.advance(200)
    [claimed] = await rows.claim(State.QUEUED)
    await submission.expire(claimed)
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
    assert waits == [2, 4, 8, 16, 32, 0]
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
@pytest.mark.parametrize("kind", [Broken, Unavailable])
async def test_where_the_pictures_come_from_may_be_away_for_a_moment(
    rows: Rows, submission: Submission, maker: FakeMaker, kind: type[UserError]
) -> None:
    away = kind(text("I could not fetch the picture."))
    maker.on_prepare = raising(*[away] * (PREPARE_TRIES - 1), None)
    passing, lasting = await rows.add(), await rows.add()
    for _ in range(PREPARE_TRIES):
        [claimed] = [each for each in await rows.claim(State.QUEUED, seconds=0) if each.id == passing.id]
        await submission.run(claimed)
        rows.clock.now = (await rows.get(passing)).next_at or 0
    assert (await rows.get(passing)).state is State.RUNNING
    maker.on_prepare = raising(away)
    for _ in range(PREPARE_TRIES):
        [claimed] = await rows.claim(State.QUEUED)
        await submission.run(claimed)
        rows.clock.now = (await rows.get(lasting)).next_at or 0
    failed = await rows.get(lasting)
    assert (failed.state, failed.error_code, await rows.used()) == (State.FAILED, kind.code, 2)
    assert Text.load(failed.reason or {}) == away.sentence


@SQLITE
async def test_a_preparation_has_a_time_limit(rows: Rows, submission: Submission, maker: FakeMaker) -> None:
    async def hang(task: Task) -> None:
        await asyncio.Event().wait()

    maker.preparation, maker.on_prepare = 0.01, hang
    task = await rows.claimed()
    await submission.run(task)
    assert ((await rows.get(task)).state, (await rows.get(task)).attempts) == (State.QUEUED, 1)


@SQLITE
@pytest.mark.parametrize(("seconds", "lease"), [(90.0, 120.0), (1800.0, 1800.0 + WRITE_MARGIN)])
async def test_it_is_held_as_long_as_it_may_be_prepared(
    rows: Rows, submission: Submission, maker: FakeMaker, seconds: float, lease: float
) -> None:
    seen = []

    async def look(task: Task) -> None:
        seen.append((await rows.get(task)).next_at)

    maker.preparation, maker.on_prepare = seconds, look
    task = await rows.claimed()
    await submission.run(task)
    assert seen == [START + lease]
    assert (await rows.get(task)).state is State.RUNNING


@SQLITE
async def test_who_lost_the_lease_prepares_nothing_long(rows: Rows, submission: Submission, maker: FakeMaker) -> None:
    maker.preparation, maker.on_prepare = 1800.0, raising(AssertionError("nothing is to be prepared"))
    task = await rows.claimed()
    await rows.steal(task)
    with pytest.raises(LostLease):
        await submission.run(task)
    assert (await rows.get(task)).next_at == task.next_at


@SQLITE
@pytest.mark.parametrize("notes", [(), (text("Made smaller: {size}.", size="6000×4000"), text("Turned upright."))])
async def test_what_was_changed_for_it_stands_in_its_row_before_the_order(
    rows: Rows, submission: Submission, maker: FakeMaker, vendor: FakeVendor, notes: tuple[Text, ...]
) -> None:
    seen = []

    async def look(task: Task) -> None:
        seen.append((await rows.get(task)).notes)

    maker.notes, vendor.on_submit = notes, look
    await submission.run(await rows.claimed())
    assert [tuple(map(Text.load, dumped or ())) for dumped in seen] == [notes]


@SQLITE
async def test_what_waited_too_long_for_a_place_expires(rows: Rows, submission: Submission) -> None:
    task = await rows.claimed(deadline_at=START)
    await submission.expire(task)
    expired = await rows.get(task)
    assert (expired.state, expired.next_at, expired.error_code) == (State.EXPIRED, START, None)
    assert expired.reason is not None
    assert "too busy" in Text.load(expired.reason).plain("en")
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
