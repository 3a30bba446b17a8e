"""Ask the vendor about running tasks, up to 50 in one request, whoever they belong to."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from bot.miaohua.errors import MiaohuaError
from bot.store import pictures, tasks
from bot.store.engine import Store
from bot.store.task import State, Task
from bot.tracker import record, schedule
from bot.tracker.ports import Failed, Made, Maker, Outcome, Poll, Waiting
from bot.tracker.timings import Timings

log = structlog.get_logger()

BATCH = 50

# Seconds for one request; the lease of its tasks is longer.
ASK_WITHIN = 120.0


class Polling:
    """The way of a task from `running` to `succeeded`."""

    def __init__(
        self,
        store: Store,
        makers: Mapping[str, Maker],
        polls: Mapping[str, Poll],
        timings: Timings,
        *,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._makers = makers
        self._polls = polls
        self._timings = timings
        self._clock = clock
        self._chance = chance

    def batches(self, claimed: Sequence[Task]) -> Iterator[list[Task]]:
        """Split claimed tasks into those that one request can ask about."""
        families: dict[str, list[Task]] = defaultdict(list)
        for task in claimed:
            families[self._family(task)].append(task)
        for members in families.values():
            for start in range(0, len(members), BATCH):
                yield members[start : start + BATCH]

    async def run(self, batch: Sequence[Task]) -> None:
        """Ask about one batch and write down what was heard."""
        family = self._family(batch[0])
        poll = self._polls.get(family, _unknown)
        told = None
        try:
            async with asyncio.timeout(ASK_WITHIN):
                outcomes = await poll([str(task.vendor_id) for task in batch])
        except MiaohuaError as error:
            log.warning("poll_failed", family=family, tasks=len(batch), error=str(error))
            told = error.retry_after
        except Exception:
            log.exception("poll_broken", family=family, tasks=len(batch))
        else:
            await self._hear(batch, outcomes)
            return
        await self._ask_later(batch, told=told)

    def _family(self, task: Task) -> str:
        maker = self._makers.get(task.capability)
        return maker.family if maker else ""

    async def _hear(self, batch: Sequence[Task], outcomes: Mapping[str, Outcome]) -> None:
        waiting = []
        for task in batch:
            outcome = outcomes.get(str(task.vendor_id), Waiting())
            if isinstance(outcome, Waiting) or not await self._close(task, outcome):
                waiting.append(task)
        await self._wait_on(waiting)

    async def _close(self, task: Task, outcome: Made | Failed) -> bool:
        """Write down a result; say whether that is settled. One that cannot be written does not spoil the others."""
        try:
            await self._write(task, outcome)
        except record.LostLease:
            log.warning("lease_lost", task=task.id)
        except Exception:
            log.exception("result_not_written", task=task.id)
            return False
        return True

    async def _write(self, task: Task, outcome: Made | Failed) -> None:
        now = self._clock()
        if isinstance(outcome, Failed):
            refused = State.REFUSED if outcome.code in {3, 18} else State.FAILED
            async with self._store.write() as conn:
                await record.end(conn, task, refused, now=now, error_code=outcome.code)
            log.warning("task_failed", task=task.id, code=outcome.code, detail=outcome.detail)
            return
        async with self._store.write() as conn:
            await pictures.put(conn, [replace(picture, task_id=task.id) for picture in outcome.pictures])
            await record.advance(conn, task, State.SUCCEEDED, next_at=now, finished_at=now, attempts=0)
        if task.submitted_at is not None:
            await self._timings.learn(task.kind, now - task.submitted_at)
            log.info("task_made", task=task.id, seconds=round(now - task.submitted_at, 2))

    async def _wait_on(self, waiting: Sequence[Task]) -> None:
        now = self._clock()
        changes = []
        for task in await self._unexpired(waiting):
            elapsed = now - (task.submitted_at or now)
            delay = schedule.poll_delay(elapsed, await self._timings.soonest(task.kind))
            changes.append((task, {"next_at": min(schedule.on_beat(now + delay), task.deadline_at), "attempts": 0}))
        await self._reschedule(changes)

    async def _ask_later(self, batch: Sequence[Task], *, told: float | None) -> None:
        attempts = max(task.attempts for task in batch)
        due = self._clock() + schedule.backoff(attempts, told=told, chance=self._chance)
        alive = await self._unexpired(batch)
        await self._reschedule(
            [(task, {"next_at": min(due, task.deadline_at), "attempts": attempts + 1}) for task in alive]
        )

    async def _unexpired(self, batch: Sequence[Task]) -> list[Task]:
        now = self._clock()
        for task in batch:
            if task.deadline_at <= now:
                await self._expire(task)
        return [task for task in batch if task.deadline_at > now]

    async def _expire(self, task: Task) -> None:
        try:
            async with self._store.write() as conn:
                await record.end(conn, task, State.EXPIRED, now=self._clock(), error_code=4)
        except record.LostLease:
            log.warning("lease_lost", task=task.id)

    async def _reschedule(self, changes: Sequence[tuple[Task, Mapping[str, Any]]]) -> None:
        if changes:
            async with self._store.write() as conn:
                await tasks.update_many(conn, changes)


async def _unknown(vendor_ids: Sequence[str]) -> Mapping[str, Outcome]:
    """Answer for a capability that there is no more, so that its tasks come to an end."""
    return {vendor_id: Failed(12, "no such capability") for vendor_id in vendor_ids}
