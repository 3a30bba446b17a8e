"""The end of a task: its pictures delivered, or its user told why there are none."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import structlog

from bot.store.engine import Store
from bot.store.task import State, Task
from bot.tracker import record, schedule
from bot.tracker.ports import NotNow, Outlet, PicturesGone, Undeliverable, Withdraw

log = structlog.get_logger()

# After this long a result or a sentence that cannot be delivered is given up: the vendor's links are dead by then.
WITHIN = 24 * 3600.0

# Seconds for one attempt; a group's minute may be spent, and many pictures wait for their turn. The lease is longer.
ATTEMPT_WITHIN = 540.0

# An attempt that breaks for no reason that the outlet names is repeated this often: it may break for ever. Those that
# found the outlet away count only as far as they lengthen the wait: after an outage there are tries left.
TRIES = 8
MOST_AWAY = 5


class Handover:
    """The way of a task from `succeeded` to `delivered`, and of one without a picture to its user."""

    def __init__(
        self,
        store: Store,
        outlet: Outlet,
        *,
        withdraw: Withdraw,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._outlet = outlet
        self._withdraw = withdraw
        self._clock = clock
        self._chance = chance

    async def deliver(self, task: Task) -> None:
        """Deliver one task's pictures; settle what it used of the allowance."""
        if task.state is State.SUCCEEDED:
            async with self._store.write() as conn:
                task = await record.advance(conn, task, State.DELIVERING)
        if await self._sent(task, self._outlet.deliver):
            async with self._store.write() as conn:
                await record.deliver(conn, task, now=self._clock())
            log.info("task_delivered", task=task.id, seconds=round(self._clock() - task.created_at, 2))

    async def tell(self, task: Task) -> None:
        """Tell why one task ended without a picture."""
        if await self._sent(task, self._outlet.tell):
            await self._close(task)

    async def _sent(self, task: Task, send: Callable[[Task], Awaitable[None]]) -> bool:
        """Try once; say whether it came about. If not, what follows from that is written down."""
        try:
            async with asyncio.timeout(ATTEMPT_WITHIN):
                await send(task)
        except (NotNow, TimeoutError) as fault:
            attempts = max(task.attempts, min(task.attempts + 1, MOST_AWAY))
            await self._try_again(task, attempts, told=fault.seconds if isinstance(fault, NotNow) else None)
        except Undeliverable:
            await self._give_up(task)
        except PicturesGone:
            log.warning("pictures_gone", task=task.id)
            await self._fail(task, error_code=5)
        except Exception:
            log.exception("handover_broken", task=task.id, attempt=task.attempts)
            await self._after_break(task)
        else:
            return True
        return False

    async def _after_break(self, task: Task) -> None:
        if task.attempts + 1 < TRIES:
            await self._try_again(task, task.attempts + 1)
        elif task.state is State.DELIVERING:
            await self._fail(task, error_code=13)
        else:
            await self._give_up(task)

    async def _try_again(self, task: Task, attempts: int, *, told: float | None = None) -> None:
        now = self._clock()
        if now - (task.finished_at or now) > WITHIN:
            await self._give_up(task)
            return
        # Telegram means its waits: whoever asks again sooner only waits longer.
        due = now + max(told or 0.0, schedule.backoff(task.attempts, chance=self._chance))
        async with self._store.write() as conn:
            await record.keep(conn, task, next_at=due, attempts=attempts)

    async def _fail(self, task: Task, *, error_code: int) -> None:
        async with self._store.write() as conn:
            await record.end(conn, task, State.FAILED, now=self._clock(), error_code=error_code)

    async def _give_up(self, task: Task) -> None:
        log.warning("task_undeliverable", task=task.id, state=task.state)
        await self._withdraw(task.id)  # first: what fails here is tried again
        if task.state is State.DELIVERING:
            # Made and paid for, but nobody takes it: the allowance stays used, and nobody can be told.
            async with self._store.write() as conn:
                await record.abandon(conn, task)
        else:
            await self._close(task)

    async def _close(self, task: Task) -> None:
        async with self._store.write() as conn:
            await record.keep(conn, task, next_at=None)
