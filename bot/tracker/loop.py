"""The one loop: claim what is due, give it to the step that it waits for, sleep until the next is due."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from bot.store import claims, tasks
from bot.store.engine import Store
from bot.store.task import State, Task
from bot.tracker import record, schedule, states
from bot.tracker.gate import Gate
from bot.tracker.handover import ATTEMPT_WITHIN, Handover
from bot.tracker.polling import ASK_WITHIN, BATCH, Polling
from bot.tracker.submission import PREPARE_WITHIN, Submission

log = structlog.get_logger()

LONGEST_SLEEP = 5.0
STOP_WITHIN = 40.0


@dataclass(slots=True, eq=False)
class Lane:
    """One step: the states it takes up, how many pieces of work it does at a time, how long each may take."""

    name: str
    takes: frozenset[State]
    slots: int
    within: float
    claim: Callable[..., Awaitable[list[Task]]] | None = None  # another than by due time
    busy: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def free(self) -> int:
        """Say how many more pieces of work may begin."""
        return self.slots - len(self.busy)


class Tracker:
    """Carries every task to a picture or to a sentence."""

    def __init__(
        self,
        store: Store,
        *,
        submission: Submission,
        polling: Polling,
        handover: Handover,
        gate: Gate,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._submission = submission
        self._polling = polling
        self._handover = handover
        self._gate = gate
        self._clock = clock
        self._wake = asyncio.Event()
        self._queue = Lane("submit", frozenset({State.QUEUED}), gate.most, PREPARE_WITHIN, claims.claim_in_turn)
        self._overdue = Lane("expire", frozenset({State.QUEUED}), 16, 0.0, claims.claim_overdue)
        self._running = Lane("poll", frozenset({State.RUNNING}), 10, ASK_WITHIN)
        self._results = Lane("deliver", frozenset({State.SUCCEEDED, State.DELIVERING}), 16, ATTEMPT_WITHIN)
        self._endings = Lane("tell", states.PICTURELESS, 16, ATTEMPT_WITHIN)
        self._lost = Lane("lost", frozenset({State.SUBMITTING}), 16, 0.0)
        self._lanes = (self._queue, self._overdue, self._running, self._results, self._endings, self._lost)

    def wake(self) -> None:
        """Look at the rows now: one was added or changed."""
        self._wake.set()

    async def recover(self) -> None:
        """Take over the leases of a process that died; only for the only process, before `run`."""
        async with self._store.write() as conn:
            await claims.expire_leases(conn, list(State), now=self._clock())

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then let what is under way come to its end, within a time limit."""
        stopping = asyncio.create_task(stop.wait(), name="tracker-stop")
        stopping.add_done_callback(lambda _: self._wake.set())
        try:
            while not stop.is_set():
                self._wake.clear()
                await self._sleep(await self._round())
        finally:
            stopping.cancel()
            await self._drain()

    async def _round(self) -> float:
        """Claim and hand out what is due; say for how long nothing will be."""
        try:
            pulse, room = await self._look()
            for task in await self._claim(self._overdue, pulse, min(_overdue(pulse), self._overdue.free)):
                self._start(self._overdue, self._submission.expire(task), [task])
            for task in await self._claim(self._queue, pulse, room):
                self._start(self._queue, self._submission.run(task), [task])
            for batch in self._polling.batches(await self._claim(self._running, pulse, self._running.free * BATCH)):
                self._start(self._running, self._polling.run(batch), batch)
            await self._each(self._results, pulse, self._handover.deliver)
            await self._each(self._endings, pulse, self._handover.tell)
            await self._each(self._lost, pulse, self._give_up)
            return self._quiet_for(*await self._look())
        except Exception:
            log.exception("tracker_round_failed")
            return 1.0

    async def _look(self) -> tuple[Mapping[State, tasks.Pulse], int]:
        """Read what there is to do, and how many more tasks the vendor may get."""
        # Counted before the rows: an order that comes through in between is counted twice, and never missed.
        busy = len(self._queue.busy)
        async with self._store.read() as conn:
            pulse = await tasks.pulse(conn, self._clock())
        running = pulse[State.RUNNING].count if State.RUNNING in pulse else 0
        ordering = pulse[State.SUBMITTING].count if State.SUBMITTING in pulse else 0
        # What this process prepares is still `queued` in its row, what it orders is `submitting`: busy holds both.
        left = self._gate.places - running - max(ordering, busy)
        return pulse, min(left, self._gate.room, self._queue.free)

    async def _each(
        self, lane: Lane, pulse: Mapping[State, tasks.Pulse], step: Callable[[Task], Awaitable[None]]
    ) -> None:
        for task in await self._claim(lane, pulse, lane.free):
            self._start(lane, step(task), [task])

    async def _claim(self, lane: Lane, pulse: Mapping[State, tasks.Pulse], limit: int) -> list[Task]:
        now = self._clock()
        if limit <= 0 or not any(pulse[state].earliest <= now for state in lane.takes if state in pulse):
            return []
        async with self._store.write() as conn:
            lease = lane.within + schedule.WRITE_MARGIN
            claim = lane.claim or partial(claims.claim, states=lane.takes)
            return await claim(conn, now=now, limit=limit, lease_seconds=lease)

    def _start(self, lane: Lane, step: Awaitable[None], held: Sequence[Task]) -> None:
        work = asyncio.create_task(self._step(step, held), name=f"tracker-{lane.name}")
        lane.busy.add(work)
        work.add_done_callback(lane.busy.discard)
        work.add_done_callback(lambda _: self._wake.set())

    async def _step(self, step: Awaitable[None], held: Sequence[Task]) -> None:
        # A step that fails keeps its lease: its tasks are due again when that runs out.
        try:
            await step
        except record.LostLease as lost:
            log.warning("lease_lost", task=lost.args[0])
        except Exception:
            log.exception("tracker_step_failed", tasks=[task.id for task in held])

    async def _give_up(self, task: Task) -> None:
        """A lease of `submitting` that ran out: nobody can say whether the order arrived."""  # noqa: D401
        log.warning("task_uncertain", task=task.id)
        async with self._store.write() as conn:
            await record.end(conn, task, State.UNCERTAIN, now=self._clock())

    def _quiet_for(self, pulse: Mapping[State, tasks.Pulse], room: int) -> float:
        now = self._clock()
        watched = [lane for lane in self._lanes if (room if State.QUEUED in lane.takes else lane.free) > 0]
        dues = [pulse[state].earliest for lane in watched for state in lane.takes if state in pulse]
        if State.QUEUED in pulse and self._gate.opens_at > now:
            dues.append(self._gate.opens_at)
        return min(max(min(dues, default=math.inf) - now, 0.0), LONGEST_SLEEP)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(seconds, 0.01)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _drain(self) -> None:
        busy = {work for lane in self._lanes for work in lane.busy}
        if busy:
            _, late = await asyncio.wait(busy, timeout=STOP_WITHIN)
            for work in late:
                work.cancel()
            await asyncio.gather(*late, return_exceptions=True)


def _overdue(pulse: Mapping[State, tasks.Pulse]) -> int:
    return pulse[State.QUEUED].overdue if State.QUEUED in pulse else 0
