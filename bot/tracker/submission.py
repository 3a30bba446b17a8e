"""Order one task at the vendor: prepare, write down that it is about to be ordered, order, write down the id."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.errors import Broken, Unavailable, UserError
from bot.locales.text import text
from bot.miaohua import errors as vendor
from bot.store import tasks
from bot.store.engine import Store
from bot.store.task import FINISHED, State, Task
from bot.tracker import record, schedule
from bot.tracker.gate import OUTAGE, Gate
from bot.tracker.ports import Maker, Prepared, Submit, Withdraw
from bot.tracker.timings import Timings

log = structlog.get_logger()

# A minute, all waits together: by then Telegram, from where the pictures come, is there again.
PREPARE_TRIES = 6

# Seconds for which a task is claimed to be prepared. One that may take longer is held longer as soon as it is begun.
PREPARE_WITHIN = 90.0

# Seconds that a task whose order failed waits longer than the others for the next try: the next is another's, because
# a task with a fault of its own must not keep the vendor out of order for everybody.
STEP_BACK = 1.0

_DOWN = text("The image service was out of order all this time, so I stopped waiting. Please try again later.")
_FULL = text("The image service was too busy all this time, so I stopped waiting. Please try again later.")

# An order that is being made holds its task this long; longer than every time limit of the request together.
ORDER_LEASE = 300.0

# An order is paid for: where the database fails just then, its id is written down after these waits.
WRITE_PAUSES = (1.0, 5.0, 30.0)


class Submission:
    """The way of a task from `queued` to `running`."""

    def __init__(
        self,
        store: Store,
        makers: Mapping[str, Maker],
        timings: Timings,
        gate: Gate,
        *,
        withdraw: Withdraw,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._makers = makers
        self._timings = timings
        self._gate = gate
        self._withdraw = withdraw
        self._clock = clock
        self._chance = chance
        self._sleep = sleep

    async def run(self, task: Task) -> None:
        """Take one claimed, queued task as far as it goes."""
        try:
            if self._gate.admits(task.id):
                await self._admitted(task)
            else:
                await self._wait(task)
        except record.LostLease:
            await self._withdraw_of_ended(task)
            raise
        finally:
            self._gate.leave(task.id)

    async def expire(self, task: Task) -> None:
        """End a task that has waited too long, and say what for."""
        is_down = self._gate.is_down or task.error_code in OUTAGE
        await self._end(task, State.EXPIRED, reason=(_DOWN if is_down else _FULL).dump())

    async def _admitted(self, task: Task) -> None:
        maker = self._makers.get(task.capability)
        if maker is None:
            await self._end(task, State.FAILED, error_code=12)
            return
        if maker.preparation > PREPARE_WITHIN:
            task = await self._hold(task, maker.preparation)
        prepared = await self._prepare(task, maker)
        if prepared is None:
            return
        if self._gate.admits(task.id):  # what others heard meanwhile counts
            await self._go(task, prepared)
        else:
            await self._wait(task)

    async def _withdraw_of_ended(self, task: Task) -> None:
        """Remove what was offered for a task after its user took it back: nobody else comes by any more.

        One that lives on is another's, and so are its copies.
        """
        async with self._store.read() as conn:
            now = await tasks.get(conn, task.id)
        if now is None or now.state in FINISHED:
            await self._withdraw(task.id)

    async def _wait(self, task: Task) -> None:
        async with self._store.write() as conn:
            await record.keep(conn, task, next_at=self._when_open(task))

    async def _hold(self, task: Task, seconds: float) -> Task:
        async with self._store.write() as conn:
            return await record.keep(conn, task, next_at=self._clock() + seconds + schedule.WRITE_MARGIN)

    async def _prepare(self, task: Task, maker: Maker) -> Prepared | None:
        try:
            async with asyncio.timeout(maker.preparation):
                return await maker.prepare(task)
        except (Broken, Unavailable) as fault:  # neither the request's fault, nor for long
            log.warning("task_not_prepared", task=task.id, attempt=task.attempts, fault=str(fault))
            await self._unprepared(task, error_code=fault.code, reason=fault.sentence.dump())
        except UserError as error:
            await self._end(task, State.REFUSED, error_code=error.code, reason=error.sentence.dump())
        except vendor.InvalidRequest as error:
            await self._invalid(task, error)
        except Exception:
            log.exception("task_not_prepared", task=task.id, attempt=task.attempts)
            await self._unprepared(task, error_code=13)
        return None

    async def _unprepared(self, task: Task, **why: object) -> None:
        attempts = 0 if task.error_code else task.attempts  # what the vendor refused is not counted
        if attempts + 1 >= PREPARE_TRIES:
            await self._end(task, State.FAILED, **why)
            return
        due = self._later(task, attempts)
        async with self._store.write() as conn:
            await record.keep(conn, task, next_at=due, attempts=attempts + 1, error_code=None)

    async def _go(self, task: Task, prepared: Prepared) -> None:
        # Looked up before the order: between the vendor's answer and its row nothing else may fail.
        soonest = await self._timings.soonest(task.kind)
        notes = [note.dump() for note in prepared.notes] or None
        async with self._store.write() as conn:
            due = self._clock() + ORDER_LEASE
            task = await record.advance(conn, task, State.SUBMITTING, next_at=due, notes=notes)
        await self._order(task, prepared.submit, soonest)

    async def _order(self, task: Task, submit: Submit, soonest: float) -> None:
        ordered_at = self._clock()
        try:
            vendor_id = await submit()
        except vendor.Unanswered as error:
            log.warning("order_unanswered", task=task.id, error=str(error))
            self._gate.failed(task.id, error.retry_after)
            await self._end(task, State.UNCERTAIN)
        except vendor.InvalidRequest as error:
            await self._invalid(task, error)
        except vendor.MiaohuaError as error:
            log.warning("order_refused", task=task.id, error=str(error), again=error.again)
            await self._refused(task, error, ordered_at)
        else:
            self._gate.accepted()
            await self._ordered(task, vendor_id, soonest)

    async def _invalid(self, task: Task, error: vendor.InvalidRequest) -> None:
        log.error("order_invalid", task=task.id, error=str(error))
        await self._end(task, State.REFUSED, error_code=3)

    async def _refused(self, task: Task, error: vendor.MiaohuaError, ordered_at: float) -> None:
        code = error.code if isinstance(error, vendor.ApiError) else vendor.Unavailable.codes[0]
        if isinstance(error, vendor.LimitExceeded | vendor.Busy):
            self._gate.full(ordered_at, error.retry_after)
            await self._back_to_queue(task, self._when_open(task), task.attempts, code)
        elif code in OUTAGE:
            self._gate.failed(task.id, error.retry_after)
            await self._down(task, code, error.retry_after)
        else:
            self._gate.answered()
            await self._refused_for_itself(task, error, code)

    async def _down(self, task: Task, code: int, told: float | None) -> None:
        if self._gate.is_down:
            due = self._when_open(task, later=STEP_BACK)
            await self._back_to_queue(task, due, task.attempts, code)
        else:  # so far it may be this task alone
            await self._back_to_queue(task, self._later(task, task.attempts, told), task.attempts + 1, code)

    async def _refused_for_itself(self, task: Task, error: vendor.MiaohuaError, code: int) -> None:
        if error.again:
            due = self._later(task, task.attempts, error.retry_after)
            await self._back_to_queue(task, due, task.attempts + 1, code)
            return
        is_refused = isinstance(error, vendor.InvalidArgument | vendor.Sensitive)
        await self._end(task, State.REFUSED if is_refused else State.FAILED, error_code=code)

    async def _ordered(self, task: Task, vendor_id: str, soonest: float) -> None:
        now = self._clock()
        running = {
            "vendor_id": vendor_id,
            "submitted_at": now,
            "next_at": schedule.due_at(now, schedule.poll_delay(0.0, soonest)),
            "attempts": 0,
            "error_code": None,
            "deadline_at": now + self._makers[task.capability].patience,
        }
        for pause in (*WRITE_PAUSES, None):
            try:
                async with self._store.write() as conn:
                    await record.advance(conn, task, State.RUNNING, **running)
                break
            except record.LostLease:
                raise
            except Exception:
                log.exception("order_not_written", task=task.id, vendor_id=vendor_id)
                if pause is None:
                    raise
                await self._sleep(pause)
        log.info("task_ordered", task=task.id, kind=task.kind, waited=round(now - task.created_at, 2))

    async def _back_to_queue(self, task: Task, due: float, attempts: int, code: int) -> None:
        async with self._store.write() as conn:
            await record.advance(conn, task, State.QUEUED, next_at=due, attempts=attempts, error_code=code)

    def _when_open(self, task: Task, later: float = 0.0) -> float:
        """Say when the gate opens for this task; not after the deadline, at which the user is told."""
        return min(max(self._gate.opens_at, self._clock()) + later, task.deadline_at)

    def _later(self, task: Task, attempts: int, told: float | None = None) -> float:
        """Find when to try again after failures that are this task's own; not after the deadline."""
        due = self._clock() + schedule.backoff(attempts, told=told, chance=self._chance)
        return min(due, task.deadline_at)

    async def _end(self, task: Task, after: State, **why: object) -> None:
        async with self._store.write() as conn:
            await record.end(conn, task, after, now=self._clock(), **why)
        log.info("task_ended", task=task.id, state=after, code=why.get("error_code"))
