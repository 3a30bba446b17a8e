"""Whether the queue is fair: the claim itself on a database, on a clock of its own."""

import heapq
import random
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

import pytest
from sqlalchemy import delete, update

from bot.store import claims, tables, tasks
from bot.store.engine import Store
from bot.store.task import ERRAND, NewTask, State, Task

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PLACES = 4
SECONDS = 10.0  # of a task at the vendor
ERRAND_SECONDS = 3.0  # faces are found sooner than pictures are made
PEOPLE = range(1, 21)
GREEDY = 99
WANTED = 30  # of the greedy one, at once
GROUP = -5

Claim = Callable[..., Awaitable[list[Task]]]


@dataclass(frozen=True)
class Asked:
    at: float
    owner: int
    chat: int
    is_errand: bool = False


@dataclass
class Vendor:
    """Rows go through the queue and the vendor's places; `waits` says for how long each person's waited."""

    store: Store
    new_task: Callable[..., NewTask]
    claim: Claim = claims.claim_in_turn

    async def waits(self, asked: Sequence[Asked]) -> dict[int, list[float]]:
        """Let all be ordered; nothing stays behind."""
        events: list[tuple[float, int, Asked | Task]] = [(each.at, number, each) for number, each in enumerate(asked)]
        heapq.heapify(events)
        numbers, free = count(len(asked)), PLACES
        waits: dict[int, list[float]] = {}
        async with self.store.write() as conn:
            while events:
                now, _, event = heapq.heappop(events)
                if isinstance(event, Asked):
                    when = {"created_at": now, "next_at": now, "deadline_at": now + 1e6}
                    key = f"{ERRAND if event.is_errand else 'order:'}{next(numbers)}:1:0"
                    new = self.new_task(order_key=key, owner_id=event.owner, chat_id=event.chat, **when)
                    await tasks.insert(conn, new)
                else:
                    made = {"state": State.DELIVERED, "next_at": None}
                    await conn.execute(update(tables.tasks).where(tables.tasks.c.id == event.id).values(made))
                    free += 1
                claimed = await self.claim(conn, now=now, limit=free, lease_seconds=60)
                for task in claimed:
                    free -= 1
                    waits.setdefault(task.owner_id, []).append(now - task.created_at)
                    done = now + (ERRAND_SECONDS if task.order_key.startswith(ERRAND) else SECONDS)
                    running = {"state": State.RUNNING, "next_at": done, "submitted_at": now}
                    await conn.execute(update(tables.tasks).where(tables.tasks.c.id == task.id).values(running))
                    heapq.heappush(events, (done, next(numbers), task))
            await conn.execute(delete(tables.tasks))
        return waits


def p95(waits: dict[int, list[float]]) -> float:
    """Give the 95th of a hundred waits of those who are not greedy."""
    return statistics.quantiles([wait for person in PEOPLE for wait in waits[person]], n=20)[-1]


def requests(chat_of: Callable[[int], int], each: int) -> list[Asked]:
    """Have everybody ask for so many pictures, at any time of the first two minutes."""
    chance = random.Random(1)
    return [Asked(chance.uniform(0, 120), person, chat_of(person)) for person in PEOPLE for _ in range(each)]


def greed(chat_of: Callable[[int], int]) -> list[Asked]:
    return [Asked(1.0, GREEDY, chat_of(number)) for number in range(WANTED)]


def alone(person: int) -> int:
    return person


def one_group(_: int) -> int:
    return GROUP


def many_groups(number: int) -> int:
    return -1 - number % 10


CASES = {
    "all alone": (alone, lambda _: GREEDY),
    "all in one group": (one_group, one_group),
    "a group, and somebody outside": (one_group, lambda _: GREEDY),
    "somebody who asks in many groups": (many_groups, many_groups),
}


@SQLITE
@pytest.mark.parametrize("case", CASES)
async def test_one_who_wants_thirty_at_once_hardly_holds_anybody_up(
    store: Store, new_task: Callable[..., NewTask], case: str
) -> None:
    others, greedy = CASES[case]
    vendor = Vendor(store, new_task)
    without = await vendor.waits(requests(others, 3))
    beside = await vendor.waits(requests(others, 3) + greed(greedy))
    assert p95(without) > SECONDS  # there is a queue
    assert p95(beside) <= 1.5 * p95(without)
    assert len(beside[GREEDY]) == WANTED


@SQLITE
@pytest.mark.parametrize("every", [0.0, 2.0])
async def test_nor_does_one_who_sends_thirty_errands(
    store: Store, new_task: Callable[..., NewTask], every: float
) -> None:
    vendor = Vendor(store, new_task)
    errands = [Asked(1.0 + every * number, GREEDY, GREEDY, is_errand=True) for number in range(WANTED)]
    without = await vendor.waits(requests(alone, 3))
    beside = await vendor.waits(requests(alone, 3) + errands)
    assert p95(beside) <= 1.5 * p95(without)
    assert len(beside[GREEDY]) == WANTED


@SQLITE
async def test_an_errand_now_and_then_does_not_wait_behind_requests(
    store: Store, new_task: Callable[..., NewTask]
) -> None:
    vendor = Vendor(store, new_task)
    errands = [Asked(20.0 * number, 50 + number, 50 + number, is_errand=True) for number in range(1, 6)]
    waits = await vendor.waits(requests(alone, 3) + errands)
    assert max(waits[50 + number][0] for number in range(1, 6)) <= SECONDS


@SQLITE
async def test_where_there_is_no_queue_nobody_waits_for_more_than_one_place(
    store: Store, new_task: Callable[..., NewTask]
) -> None:
    vendor = Vendor(store, new_task)
    assert p95(await vendor.waits(requests(alone, 1))) == 0
    assert p95(await vendor.waits(requests(alone, 1) + greed(lambda _: GREEDY))) <= SECONDS


@SQLITE
async def test_by_due_time_it_would_not_be_so(store: Store, new_task: Callable[..., NewTask]) -> None:
    vendor = Vendor(store, new_task, partial(claims.claim, states=[State.QUEUED]))
    assert p95(await vendor.waits(requests(alone, 3) + greed(lambda _: GREEDY))) > 2 * 40
