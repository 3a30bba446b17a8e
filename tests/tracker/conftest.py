"""The tracker's steps, put together from fakes; time and chance are the test's."""

from collections.abc import Callable

import pytest

from bot.store.engine import Store
from bot.store.task import NewTask
from bot.tracker.gate import Gate
from bot.tracker.handover import Handover
from bot.tracker.polling import Polling
from bot.tracker.submission import Submission
from bot.tracker.timings import Timings
from tests.tracker.fakes import Clock, FakeMaker, FakeOutlet, FakeShelf, FakeVendor, Rows, even


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rows(store: Store, clock: Clock, new_task: Callable[..., NewTask]) -> Rows:
    return Rows(store, clock, new_task)


@pytest.fixture
def vendor(clock: Clock) -> FakeVendor:
    return FakeVendor(clock)


@pytest.fixture
def maker(vendor: FakeVendor) -> FakeMaker:
    return FakeMaker(vendor)


@pytest.fixture
def makers(maker: FakeMaker, vendor: FakeVendor) -> dict[str, FakeMaker]:
    return {"imagine": maker, "cutout": FakeMaker(vendor, family="erase")}


@pytest.fixture
def outlet() -> FakeOutlet:
    return FakeOutlet()


@pytest.fixture
def shelf() -> FakeShelf:
    return FakeShelf()


@pytest.fixture
def timings(store: Store) -> Timings:
    return Timings(store)


@pytest.fixture
def gate(clock: Clock) -> Gate:
    return Gate(2, clock=clock)


@pytest.fixture
def submission(
    store: Store, makers: dict[str, FakeMaker], timings: Timings, gate: Gate, shelf: FakeShelf, clock: Clock
) -> Submission:
    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    return Submission(store, makers, timings, gate, withdraw=shelf.withdraw, clock=clock, chance=even, sleep=sleep)


@pytest.fixture
def polling(store: Store, makers: dict[str, FakeMaker], vendor: FakeVendor, timings: Timings, clock: Clock) -> Polling:
    polls = {"imgenstd": vendor.poll, "erase": vendor.poll}
    return Polling(store, makers, polls, timings, clock=clock, chance=even)


@pytest.fixture
def handover(store: Store, outlet: FakeOutlet, shelf: FakeShelf, clock: Clock) -> Handover:
    return Handover(store, outlet, withdraw=shelf.withdraw, clock=clock, chance=even)
