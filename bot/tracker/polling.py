"""Ask the vendor about running tasks, up to 50 in one request, whoever they belong to."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.miaohua.errors import MiaohuaError
from bot.store import pictures
from bot.store.engine import Store
from bot.store.task import State, Task
from bot.tracker import record, schedule
from bot.tracker.ports import Failed, Made, Maker, Outcome, Poll, Waiting
from bot.tracker.timings import Timings

log = structlog.get_logger()

BATCH = 50

# Seconds for one request; the lease of its tasks is longer.
ASK_WITHIN = 120.0


@dataclass(frozen=True, slots=True)
class _Heard:
    """What was heard of a task, and what changes in its row."""

    task: Task
    outcome: Outcome
    changes: Mapping[str, Any]


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
        heard = [await self._heard(task, outcomes.get(str(task.vendor_id), Waiting())) for task in batch]
        try:
            await self._write(heard)
        except Exception:
            # One of them may spoil it for all.
            log.exception("results_not_written", tasks=len(batch))
            for each in heard:
                await self._write_alone(each)

    async def _write_alone(self, heard: _Heard) -> None:
        try:
            await self._write([heard])
        except Exception:
            log.exception("result_not_written", task=heard.task.id)
            await self._write([await self._heard(heard.task, Waiting())])

    async def _heard(self, task: Task, outcome: Outcome) -> _Heard:
        now = self._clock()
        match outcome:
            case Made(found=found):
                changes = {"state": State.SUCCEEDED, "next_at": now, "finished_at": now, "attempts": 0}
                return _Heard(task, outcome, {**changes, "found": dict(found) or None})
            case Failed(code=code, reason=reason):
                after = State.REFUSED if code in {3, 18} else State.FAILED
                why = {"error_code": code, "reason": reason.dump() if reason else None}
                return _Heard(task, outcome, record.ending(after, now=now, **why))
            case Waiting(progress=progress):
                elapsed = now - (task.submitted_at or now)
                delay = schedule.poll_delay(elapsed, await self._timings.soonest(task.kind))
                waiting = self._waiting(task, schedule.due_at(now, delay), attempts=0)
                if progress not in {None, task.progress}:
                    waiting = {**waiting, "progress": progress}
                return _Heard(task, outcome, waiting)

    def _waiting(self, task: Task, due: float, *, attempts: int) -> dict[str, Any]:
        """Put the next question off, but not beyond the deadline: there patience ends."""
        now = self._clock()
        if task.deadline_at <= now:
            return record.ending(State.EXPIRED, now=now, error_code=4)
        return {"next_at": min(due, task.deadline_at), "attempts": attempts}

    async def _ask_later(self, batch: Sequence[Task], *, told: float | None) -> None:
        attempts = max(task.attempts for task in batch)
        due = self._clock() + schedule.backoff(attempts, told=told, chance=self._chance)
        put_off = [_Heard(task, Waiting(), self._waiting(task, due, attempts=attempts + 1)) for task in batch]
        await self._write(put_off)

    async def _write(self, heard: Sequence[_Heard]) -> None:
        """Write down all in one transaction; what is somebody else's by now is left out."""
        async with self._store.write() as conn:
            changed = await record.change_many(conn, [(each.task, each.changes) for each in heard])
            outcomes = {each.task.id: each.outcome for each in heard}
            await self._keep(conn, [(task, made) for task in changed if isinstance(made := outcomes[task.id], Made)])
        for task in changed:
            await self._note(task, outcomes.pop(task.id))
        for task_id in outcomes:
            log.warning("lease_lost", task=task_id)

    async def _keep(self, conn: AsyncConnection, brought: Sequence[tuple[Task, Made]]) -> None:
        await pictures.put(
            conn, [replace(picture, task_id=task.id) for task, made in brought for picture in made.pictures]
        )
        for task, made in brought:
            await self._makers[task.capability].keep(conn, task, made)

    async def _note(self, task: Task, outcome: Outcome) -> None:
        """Log an end, and learn from a good one how long its kind takes."""
        if isinstance(outcome, Failed):
            log.warning("task_failed", task=task.id, code=outcome.code, detail=outcome.detail)
        elif isinstance(outcome, Made) and task.submitted_at is not None and task.finished_at is not None:
            await self._timings.learn(task.kind, task.finished_at - task.submitted_at)
            log.info("task_made", task=task.id, seconds=round(task.finished_at - task.submitted_at, 2))


async def _unknown(vendor_ids: Sequence[str]) -> Mapping[str, Outcome]:
    """Answer for a capability that there is no more, so that its tasks come to an end."""
    return {vendor_id: Failed(12, "no such capability") for vendor_id in vendor_ids}
