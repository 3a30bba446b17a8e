"""Order one task at the vendor: prepare, write down that it is about to be ordered, order, write down the id."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.errors import UserError
from bot.miaohua import errors as vendor
from bot.store.engine import Store
from bot.store.task import State, Task
from bot.tracker import record, schedule
from bot.tracker.ports import Maker, Submit
from bot.tracker.timings import Timings

log = structlog.get_logger()

PREPARE_TRIES = 4

# Seconds to prepare one order; the lease of its task is longer.
PREPARE_WITHIN = 90.0

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
        *,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._makers = makers
        self._timings = timings
        self._clock = clock
        self._chance = chance
        self._sleep = sleep

    async def run(self, task: Task) -> None:
        """Take one claimed, queued task as far as it goes."""
        if task.deadline_at <= self._clock():
            await self._end(task, State.EXPIRED)
            return
        submit = await self._prepare(task)
        if submit is None:
            return
        # Looked up before the order: between the vendor's answer and its row nothing else may fail.
        soonest = await self._timings.soonest(task.kind)
        async with self._store.write() as conn:
            task = await record.advance(conn, task, State.SUBMITTING, next_at=self._clock() + ORDER_LEASE)
        await self._order(task, submit, soonest)

    async def _prepare(self, task: Task) -> Submit | None:
        maker = self._makers.get(task.capability)
        if maker is None:
            await self._end(task, State.FAILED, error_code=12)
            return None
        try:
            async with asyncio.timeout(PREPARE_WITHIN):
                return await maker.prepare(task)
        except UserError as error:
            await self._end(task, State.REFUSED, error_code=error.code, reason=error.sentence.dump())
        except vendor.InvalidRequest as error:
            await self._invalid(task, error)
        except Exception:
            log.exception("task_not_prepared", task=task.id, attempt=task.attempts)
            if task.attempts + 1 >= PREPARE_TRIES:
                await self._end(task, State.FAILED, error_code=13)
            else:
                await self._later(task)
        return None

    async def _order(self, task: Task, submit: Submit, soonest: float) -> None:
        try:
            vendor_id = await submit()
        except vendor.Unanswered as error:
            log.warning("order_unanswered", task=task.id, error=str(error))
            await self._end(task, State.UNCERTAIN)
        except vendor.InvalidRequest as error:
            await self._invalid(task, error)
        except vendor.MiaohuaError as error:
            await self._refused(task, error)
        else:
            await self._ordered(task, vendor_id, soonest)

    async def _invalid(self, task: Task, error: vendor.InvalidRequest) -> None:
        log.error("order_invalid", task=task.id, error=str(error))
        await self._end(task, State.REFUSED, error_code=3)

    async def _refused(self, task: Task, error: vendor.MiaohuaError) -> None:
        code = getattr(error, "code", None)
        log.warning("order_refused", task=task.id, code=code, error=str(error), again=error.again)
        if error.again:
            await self._back_to_queue(task, told=error.retry_after)
        else:
            refused = isinstance(error, vendor.InvalidArgument | vendor.Sensitive)
            await self._end(task, State.REFUSED if refused else State.FAILED, error_code=code)

    async def _ordered(self, task: Task, vendor_id: str, soonest: float) -> None:
        now = self._clock()
        running = {
            "vendor_id": vendor_id,
            "submitted_at": now,
            "next_at": schedule.on_beat(now + schedule.poll_delay(0.0, soonest)),
            "attempts": 0,
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

    async def _back_to_queue(self, task: Task, *, told: float | None) -> None:
        async with self._store.write() as conn:
            await record.advance(
                conn, task, State.QUEUED, next_at=self._next_try(task, told), attempts=task.attempts + 1
            )

    async def _later(self, task: Task) -> None:
        async with self._store.write() as conn:
            await record.keep(conn, task, next_at=self._next_try(task, None), attempts=task.attempts + 1)

    def _next_try(self, task: Task, told: float | None) -> float:
        """Find when to try again; not after the deadline, at which the user is told."""
        due = self._clock() + schedule.backoff(task.attempts, told=told, chance=self._chance)
        return min(due, task.deadline_at)

    async def _end(self, task: Task, after: State, **why: object) -> None:
        async with self._store.write() as conn:
            await record.end(conn, task, after, now=self._clock(), **why)
        log.info("task_ended", task=task.id, state=after, code=why.get("error_code"))
