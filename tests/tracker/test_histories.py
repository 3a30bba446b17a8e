"""Whatever goes wrong, and whenever the process dies: every task ends, nothing is ordered twice, the sums are right."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import BadPicture
from bot.locales.text import text
from bot.miaohua.errors import InvalidRequest, NotSent, Unanswered, kind_of
from bot.store.engine import Store
from bot.store.task import State, Task
from bot.tracker.gate import Gate
from bot.tracker.handover import Handover
from bot.tracker.polling import Polling
from bot.tracker.ports import Failed, Made, NotNow, Outcome, PicturesGone, Prepared, Undeliverable, Waiting
from bot.tracker.submission import Submission
from bot.tracker.timings import Timings
from tests.tracker.fakes import START, Clock, LeapingTracker, Rows, even, made

PATIENCE = 60.0
PICTURES = 3

T = TypeVar("T")


class Lost(Exception):
    """The order arrives, its answer does not."""


# What may happen, by the way of a task; None is that nothing goes wrong.
PREPARED = (None, None, LookupError(), BadPicture(text("Too small.")))
ORDERED = (
    *(None, None, None, Lost(), LookupError(), Unanswered("x"), NotSent("x"), InvalidRequest("steps", "1 to 100")),
    *(kind_of(code)(code, http_status=400, retry_after=20.0) for code in (8, 16, 18, 409)),
)
POLLED = (None, None, Unanswered("x"), kind_of(503)(503, http_status=503), LookupError())
FOUND = (None, Waiting(), made(3), made(3), made(2, missing=1), Failed(18, ""), Failed(13, ""))
TOLD = (None, None, NotNow(), NotNow(90.0), Undeliverable(), LookupError())
DELIVERED = (*TOLD, PicturesGone())


@dataclass(frozen=True)
class Script:
    """What happens to one task, call by call; after the end of a list all is well."""

    prepared: Sequence[Exception | None]
    ordered: Sequence[Exception | None]
    found: Sequence[Outcome | None]
    delivered: Sequence[Exception | None]
    told: Sequence[Exception | None]


def some(choices: Sequence[T]) -> st.SearchStrategy[list[T]]:
    return st.lists(st.sampled_from(choices), max_size=3)


scripts = st.builds(Script, some(PREPARED), some(ORDERED), some(FOUND), some(DELIVERED), some(TOLD))


class Process:
    """One life of the bot: it ends at the given step, and nothing more happens in it from then on."""

    def __init__(self, steps: int | None) -> None:
        self._left = steps
        self._open = 0
        self.dead = asyncio.Event()
        self.still = asyncio.Event()

    async def step(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self.dead.set()
        self._look()
        while self.dead.is_set():
            await asyncio.Event().wait()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Let a transaction that has begun come to its end, also in a process that dies meanwhile."""
        await self.step()
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            self._look()

    def _look(self) -> None:
        if self.dead.is_set() and not self._open:
            self.still.set()


@dataclass
class World:
    """The vendor and the chats: they outlive the process, and know what truly came through."""

    scripts: Mapping[int, Script]
    polled: list[Exception | None]
    broken_writes: set[int]
    process: Process = field(default_factory=lambda: Process(None))
    orders: Counter[int] = field(default_factory=Counter)
    results: dict[str, Outcome] = field(default_factory=dict)
    shown: set[int] = field(default_factory=set)
    told: set[int] = field(default_factory=set)
    refused: set[tuple[str, int]] = field(default_factory=set)
    offered: set[int] = field(default_factory=set)
    writes: int = 0
    _calls: Counter[tuple[str, int]] = field(default_factory=Counter)

    family = "imgenstd"
    patience = 120.0
    preparation = 90.0

    async def prepare(self, task: Task) -> Prepared:
        await self.process.step()
        self.offered.add(task.id)
        self._happen("prepared", task.id)
        return Prepared(lambda: self._order(task))

    async def withdraw(self, task_id: int) -> None:
        await self.process.step()
        self.offered.discard(task_id)

    async def keep(self, conn: AsyncConnection, task: Task, made: Made) -> None:
        assert task.state is State.SUCCEEDED
        assert task.found == (dict(made.found) or None)

    async def _order(self, task: Task) -> str:
        await self.process.step()
        try:
            self._happen("ordered", task.id)
        except Lost:
            self.orders[task.id] += 1
            raise Unanswered("the connection broke") from None
        self.orders[task.id] += 1
        await self.process.step()
        return f"v{task.id}"

    async def poll(self, vendor_ids: Sequence[str]) -> Mapping[str, Outcome]:
        await self.process.step()
        if self.polled and (error := self.polled.pop()):
            raise error
        found = {vendor_id: self._find(vendor_id) for vendor_id in vendor_ids}
        await self.process.step()
        return {vendor_id: outcome for vendor_id, outcome in found.items() if outcome is not None}

    def _find(self, vendor_id: str) -> Outcome | None:
        task_id = int(vendor_id.removeprefix("v"))
        if vendor_id not in self.results:
            outcome = self._next("found", task_id, self.scripts[task_id].found, made(PICTURES))
            if outcome is None or isinstance(outcome, Waiting):
                return outcome
            self.results[vendor_id] = outcome
        return self.results[vendor_id]

    async def deliver(self, task: Task) -> None:
        await self.process.step()
        if task.id in self.shown:
            return
        self._happen("delivered", task.id)
        self.shown.add(task.id)
        self.offered.discard(task.id)
        await self.process.step()

    async def tell(self, task: Task) -> None:
        await self.process.step()
        self._happen("told", task.id)
        self.told.add(task.id)
        self.offered.discard(task.id)
        await self.process.step()

    def _happen(self, what: str, task_id: int) -> None:
        error: Exception | None = self._next(what, task_id, getattr(self.scripts[task_id], what), None)
        if isinstance(error, Undeliverable):
            self.refused.add((what, task_id))
        if error is not None:
            raise error

    def _next(self, what: str, task_id: int, script: Sequence[T], otherwise: T) -> T:
        place = self._calls[what, task_id]
        self._calls[what, task_id] += 1
        return script[place] if place < len(script) else otherwise


class MortalStore(Store):
    """The database as a process sees that dies one day; now and then a write fails."""

    def __init__(self, store: Store, world: World) -> None:
        super().__init__(store.engine)
        self._turn = store._turn
        self._world = world

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        async with self._world.process.transaction(), super().read() as conn:
            yield conn

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        async with self._world.process.transaction():
            self._world.writes += 1
            if self._world.writes in self._world.broken_writes:
                raise OperationalError("BEGIN", {}, Exception("the database is away"))
            async with super().write() as conn:
                yield conn


def tracker_of(store: Store, world: World, clock: Clock) -> LeapingTracker:
    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    makers, timings, gate = {"imagine": world}, Timings(store), Gate(2, clock=clock)
    tracker = LeapingTracker(
        store,
        submission=Submission(
            store, makers, timings, gate, withdraw=world.withdraw, clock=clock, chance=even, sleep=sleep
        ),
        polling=Polling(store, makers, {"imgenstd": world.poll}, timings, clock=clock, chance=even),
        handover=Handover(store, world, withdraw=world.withdraw, clock=clock, chance=even),
        gate=gate,
        clock=clock,
    )
    tracker.leap(clock)
    return tracker


async def live(rows: Rows, world: World, steps: int | None) -> bool:
    """Start the bot and let it live for so many steps; say whether it came to its work's end before."""
    world.process = Process(steps)
    tracker = tracker_of(MortalStore(rows.store, world), world, rows.clock)
    stop = asyncio.Event()
    run = asyncio.create_task(start(tracker, stop))
    done, still = (asyncio.create_task(each.wait()) for each in (tracker.done, world.process.still))
    await asyncio.wait([run, done, still], return_when=asyncio.FIRST_COMPLETED)
    finished = tracker.done.is_set()
    if finished:
        stop.set()
    else:
        for work in (run, *(work for lane in tracker._lanes for work in lane.busy)):
            work.cancel()
    done.cancel()
    still.cancel()
    await asyncio.gather(run, done, still, return_exceptions=True)
    return finished


async def start(tracker: LeapingTracker, stop: asyncio.Event) -> None:
    await tracker.recover()
    await tracker.run(stop)


def check(task: Task, world: World) -> int:
    """Check the end of one task; say how many pictures it cost."""
    assert task.finished, task
    assert (task.next_at, task.reserved) == (None, 0)
    assert world.orders[task.id] <= 1
    result = world.results.get(f"v{task.id}")
    if task.state is State.DELIVERED or ("delivered", task.id) in world.refused:
        assert isinstance(result, Made)
        assert (task.id in world.shown) is (task.state is State.DELIVERED)
        return sum(not picture.error_code for picture in result.pictures)
    assert task.id in world.told or ("told", task.id) in world.refused
    return 0


@pytest.mark.timeout(600)  # a history that fails is made as short as it can be, which takes minutes
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fates=st.lists(scripts, min_size=1, max_size=4),
    polled=st.lists(st.sampled_from(POLLED), max_size=4),
    broken_writes=st.sets(st.integers(1, 60), max_size=3),
    lives=st.lists(st.integers(1, 40), max_size=4),
)
async def test_every_task_ends_whatever_happens(
    rows: Rows,
    fates: list[Script],
    polled: list[Exception | None],
    broken_writes: set[int],
    lives: list[int],
) -> None:
    await rows.clear()
    rows.clock.now = START
    places = [{"owner_id": 1 + place % 2, "chat_id": (-5, -6, 70)[place % 3]} for place in range(len(fates))]
    tasks = [await rows.add(**place, reserved=PICTURES, deadline_at=START + 3600) for place in places]
    world = World({task.id: fate for task, fate in zip(tasks, fates, strict=True)}, list(polled), broken_writes)
    async with asyncio.timeout(PATIENCE):
        for steps in lives:
            await live(rows, world, steps)
        while not await live(rows, world, None):  # its start may fail
            continue
    ended = await rows.all()
    costs = {task.id: check(task, world) for task in ended}
    assert sum(costs.values()) == await rows.used()
    assert not world.offered
    in_groups: Counter[tuple[int, int]] = Counter()
    for task in ended:
        if task.chat_id < 0:
            in_groups.update({(task.chat_id, 0): costs[task.id], (task.chat_id, task.owner_id): costs[task.id]})
    assert +in_groups == Counter(await rows.used_in_groups())
