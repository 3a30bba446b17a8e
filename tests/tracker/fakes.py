"""What stands around the tracker in its tests: time, rows, a vendor, an outlet."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.limits import allowance
from bot.limits.rules import InGroup, Limits, day_of
from bot.locales.text import Text
from bot.store import claims, pictures, tables, tasks
from bot.store.engine import Store
from bot.store.task import NewTask, Picture, State, Task
from bot.tracker.loop import LONGEST_SLEEP, Tracker
from bot.tracker.ports import Made, Outcome, Prepared, Waiting

START = 1_000_000.0
UTC = ZoneInfo("UTC")
AMPLE = Limits(running=100_000, daily=100_000, interval=0)

Hook = Callable[[Task], Awaitable[None]]


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def even() -> float:
    """Chance that favours nobody: backoffs are 2, 4, 8 s, exactly."""
    return 0.5


async def nothing(task: Task) -> None:
    """Let it happen."""


def raising(*errors: Exception | None) -> Hook:
    """Make a hook that raises these in turn, then the last for ever."""
    left = list(errors)

    async def hook(task: Task) -> None:
        error = left.pop(0) if len(left) > 1 else left[0]
        if error is not None:
            raise error

    return hook


def made(count: int, missing: int = 0) -> Made:
    """Pictures, the last of them refused."""
    return Made(
        tuple(
            Picture(
                task_id=0,
                index=index,
                seed=index,
                small_url=f"http://vendor/{index}/small",
                raw_url=f"http://vendor/{index}/raw",
                error_code="Sensitive" if index >= count else "",
            )
            for index in range(count + missing)
        )
    )


@dataclass
class FakeVendor:
    """Takes orders, and is done with each after `takes` seconds, unless `results` says something else about it."""

    clock: Clock
    takes: float = 5.0
    on_submit: Hook = nothing
    orders: list[int] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)
    results: dict[str, Outcome | None] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)
    ordering: asyncio.Event = field(default_factory=asyncio.Event)
    at_work: set[str] = field(default_factory=set)
    most_at_work: int = 0
    _tasks: dict[str, tuple[Task, float]] = field(default_factory=dict)

    async def submit(self, task: Task) -> str:
        vendor_id = f"v{task.id}"
        self.orders.append(task.id)
        self.at_work.add(vendor_id)
        self.most_at_work = max(self.most_at_work, len(self.at_work))
        self.ordering.set()
        try:
            await self.on_submit(task)
        except Exception:
            self.at_work.discard(vendor_id)
            raise
        self._tasks[vendor_id] = (task, self.clock() + self.takes)
        return vendor_id

    async def poll(self, vendor_ids: Sequence[str]) -> Mapping[str, Outcome]:
        self.asked.append(list(vendor_ids))
        if self.errors:
            raise self.errors.pop(0)
        answers = {vendor_id: self._outcome(vendor_id) for vendor_id in vendor_ids}
        self.at_work -= {name for name, outcome in answers.items() if not isinstance(outcome, Waiting)}
        return {name: outcome for name, outcome in answers.items() if outcome is not None}

    def _outcome(self, vendor_id: str) -> Outcome | None:
        if vendor_id in self.results or vendor_id not in self._tasks:
            return self.results.get(vendor_id)
        task, ready_at = self._tasks[vendor_id]
        return made(task.reserved) if self.clock() >= ready_at else Waiting()


@dataclass
class FakeMaker:
    """A capability whose orders go to the fake vendor."""

    vendor: FakeVendor
    family: str = "imgenstd"
    patience: float = 600.0
    preparation: float = 90.0
    on_prepare: Hook = nothing
    on_keep: Hook = nothing
    notes: tuple[Text, ...] = ()

    async def prepare(self, task: Task) -> Prepared:
        await self.on_prepare(task)
        return Prepared(lambda: self.vendor.submit(task), self.notes)

    async def keep(self, conn: AsyncConnection, task: Task, made: Made) -> None:
        await self.on_keep(task)
        if "lora_id" in made.found:
            await conn.execute(insert(tables.loras), _lora(str(made.found["lora_id"]), task))


@dataclass
class FakeOutlet:
    """Counts what came through."""

    on_deliver: Hook = nothing
    on_tell: Hook = nothing
    delivered: Counter[int] = field(default_factory=Counter)
    told: Counter[int] = field(default_factory=Counter)

    async def deliver(self, task: Task) -> None:
        await self.on_deliver(task)
        self.delivered[task.id] += 1

    async def tell(self, task: Task) -> None:
        await self.on_tell(task)
        self.told[task.id] += 1


@dataclass
class FakeShelf:
    """Holds the copies that were offered for tasks, by the task's id."""

    held: set[int] = field(default_factory=set)

    async def withdraw(self, task_id: int) -> None:
        self.held.discard(task_id)


_AT_INSERT = {each.name for each in fields(NewTask)}


@dataclass
class Rows:
    """The database, as tests write and read it; every task reserves its pictures."""

    store: Store
    clock: Clock
    new_task: Callable[..., NewTask]

    async def add(self, *, reserved: int = 2, **columns: Any) -> Task:
        now = self.clock()
        new = self.new_task(**{"created_at": now, "next_at": now, "deadline_at": now + 3600} | _only(columns, new=True))
        async with self.store.write() as conn:
            held = await allowance.reserve(
                conn,
                owner_id=new.owner_id,
                pictures=reserved,
                limits=AMPLE,
                group=InGroup(new.chat_id, AMPLE) if new.chat_id < 0 else None,
                now=now,
                zone=UTC,
            )
            task = await tasks.insert(conn, new)
            later = {"reserved": held.pictures, "allowance_day": held.day} | _only(columns, new=False)
            changed = await tasks.update(conn, task, **later)
        assert changed is not None
        return changed

    async def add_many(self, count: int, people: int, *, reserved: int = 1, state: State = State.QUEUED) -> None:
        """Add tasks of many people at once."""
        now = self.clock()
        held = {"allowance_day": day_of(now, UTC), "reserved": reserved, "state": state}
        new = [
            asdict(self.new_task(owner_id=n % people, created_at=now, next_at=now, deadline_at=now + 3600, **held))
            for n in range(count)
        ]
        orders = Counter(row["owner_id"] for row in new)
        day = {"scope": "user", "day": held["allowance_day"], "last_at": now}
        async with self.store.write() as conn:
            await conn.execute(insert(tables.tasks), new)
            await conn.execute(
                insert(tables.allowances),
                [{**day, "subject_id": owner, "used": number * reserved} for owner, number in orders.items()],
            )

    async def claim(self, *states: State, seconds: float = 120.0) -> list[Task]:
        async with self.store.write() as conn:
            return await claims.claim(conn, states, now=self.clock(), limit=1000, lease_seconds=seconds)

    async def claimed(self, **columns: Any) -> Task:
        """Add a task and claim it."""
        added = await self.add(**columns)
        return next(task for task in await self.claim(added.state) if task.id == added.id)

    async def steal(self, task: Task) -> None:
        """Do what another process does that claims a task whose lease has run out."""
        held = await self.get(task)
        async with self.store.write() as conn:
            assert await tasks.update(conn, held, lease_token=held.lease_token + 1)

    async def get(self, task: Task) -> Task:
        async with self.store.read() as conn:
            found = await tasks.get(conn, task.id)
        assert found is not None
        return found

    async def all(self) -> list[Task]:
        async with self.store.read() as conn:
            return await tasks.in_states(conn, list(State), 1000)

    async def pictures(self, task: Task) -> list[Picture]:
        async with self.store.read() as conn:
            return await pictures.of_task(conn, task.id)

    async def used(self) -> int:
        """Count the pictures that are used or reserved, everybody's together."""
        async with self.store.read() as conn:
            return int(await conn.scalar(select(func.sum(tables.allowances.c.used))) or 0)

    async def used_in_groups(self) -> dict[tuple[int, int], int]:
        """Count the same by group and member; member 0 is all of a group together."""
        held = tables.group_allowances.c
        async with self.store.read() as conn:
            rows = await conn.execute(select(held.chat_id, held.member_id, held.used).where(held.used != 0))
            return {(chat_id, member_id): used for chat_id, member_id, used in rows}

    async def loras(self) -> list[str]:
        async with self.store.read() as conn:
            return list(await conn.scalars(select(tables.loras.c.id).order_by(tables.loras.c.id)))

    async def clear(self) -> None:
        async with self.store.write() as conn:
            for table in (tables.pictures, tables.tasks, tables.allowances, tables.group_allowances):
                await conn.execute(delete(table))


def _lora(name: str, task: Task) -> dict[str, Any]:
    row = {
        "id": name,
        "owner_id": task.owner_id,
        "task_id": task.id,
        "name": name,
        "trigger_words": "",
        "base_model_type": "",
    }
    return {**row, "created_at": START}


def _only(columns: dict[str, Any], *, new: bool) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if (name in _AT_INSERT) is new}


class WatchedTracker(Tracker):
    """Sleeps until it is woken, however long it wanted to; says when it rests and for how long it wanted to."""

    def watch(self) -> None:
        self.naps: list[float] = []
        self.resting = asyncio.Event()

    async def _sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        if not self._wake.is_set():
            self.resting.set()
        await self._wake.wait()
        self.resting.clear()


class LeapingTracker(Tracker):
    """Where it would sleep, time leaps; `done` is set when nothing is left to do, ever."""

    def leap(self, clock: Clock) -> None:
        self.done = asyncio.Event()
        self._time = clock

    async def _sleep(self, seconds: float) -> None:
        if not self._wake.is_set() and not any(lane.busy for lane in self._lanes):
            if await self._leap(seconds):
                return
            self.done.set()
        await self._wake.wait()

    async def _leap(self, seconds: float) -> bool:
        async with self._store.read() as conn:
            left = await tasks.pulse(conn, self._time())
        if seconds == LONGEST_SLEEP:  # it would sleep again and again, until the next is due
            later = [pulse.earliest for pulse in left.values() if pulse.earliest > self._time()]
            seconds = max(seconds, min(later, default=0.0) - self._time())
        self._time.advance(max(seconds, 0.01))
        return bool(left)
