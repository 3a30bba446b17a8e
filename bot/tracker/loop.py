"""The one loop: claim what is due, give it to the step that it waits for, sleep until the next is due."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from bot.store import tasks
from bot.store.engine import Store
from bot.store.task import State, Task
from bot.tracker import record, states
from bot.tracker.handover import ATTEMPT_WITHIN, Handover
from bot.tracker.polling import ASK_WITHIN, BATCH, Polling
from bot.tracker.submission import PREPARE_WITHIN, Submission

log = structlog.get_logger()

LONGEST_SLEEP = 5.0
STOP_WITHIN = 40.0

# A task is held as long as its step may take, and this much longer to write down what came of it.
WRITE_MARGIN = 60.0


@dataclass(slots=True, eq=False)
class Lane:
    """One step: the states it takes up, how many pieces of work it does at a time, how long each may take."""

    name: str
    takes: frozenset[State]
    slots: int
    within: float
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
        capacity: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._submission = submission
        self._polling = polling
        self._handover = handover
        self._capacity = capacity
        self._clock = clock
        self._wake = asyncio.Event()
        self._queue = Lane("submit", frozenset({State.QUEUED}), capacity, PREPARE_WITHIN)
        self._running = Lane("poll", frozenset({State.RUNNING}), 10, ASK_WITHIN)
        self._results = Lane("deliver", frozenset({State.SUCCEEDED, State.DELIVERING}), 16, ATTEMPT_WITHIN)
        self._endings = Lane("tell", states.PICTURELESS, 16, ATTEMPT_WITHIN)
        self._lost = Lane("lost", frozenset({State.SUBMITTING}), 16, 0.0)
        self._lanes = (self._queue, self._running, self._results, self._endings, self._lost)

    def wake(self) -> None:
        """Look at the rows now: one was added or changed."""
        self._wake.set()

    async def recover(self) -> None:
        """Take over the leases of a process that died; only for the only process, before `run`."""
        async with self._store.write() as conn:
            await tasks.expire_leases(conn, list(State), now=self._clock())

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
            pulse = await tasks.pulse(conn)
        running = pulse[State.RUNNING].count if State.RUNNING in pulse else 0
        ordering = pulse[State.SUBMITTING].count if State.SUBMITTING in pulse else 0
        # What this process prepares is still `queued` in its row, what it orders is `submitting`: busy holds both.
        return pulse, min(self._capacity - running - max(ordering, busy), self._queue.free)

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
            return await tasks.claim(conn, lane.takes, now=now, limit=limit, lease_seconds=lane.within + WRITE_MARGIN)

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
        watched = [lane for lane in self._lanes if (room if lane is self._queue else lane.free) > 0]
        dues = [pulse[state].earliest for lane in watched for state in lane.takes if state in pulse]
        return min(max(min(dues, default=math.inf) - self._clock(), 0.0), LONGEST_SLEEP)

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
