import pytest

from bot.store.engine import Store
from bot.store.task import State
from bot.tracker import timings as module
from bot.tracker.timings import SAMPLE, Timings
from tests.tracker.fakes import START, Rows

KIND = "imagine:model"


async def delivered(rows: Rows, *durations: float, kind: str = KIND) -> None:
    for place, duration in enumerate(durations):
        end = START + 1000 * place
        await rows.add(kind=kind, state=State.DELIVERED, submitted_at=end - duration, finished_at=end)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_of_an_unknown_kind_nothing_is_said(timings: Timings) -> None:
    assert await timings.usual(KIND) is None
    assert await timings.soonest(KIND) == 0.0


async def test_are_read_from_the_rows(rows: Rows, timings: Timings) -> None:
    await delivered(rows, 10.0, 30.0, 20.0)
    await delivered(rows, 1.0, kind="another")
    assert await timings.usual(KIND) == 20.0
    assert await timings.soonest(KIND) == 8.0  # a fifth before the quickest


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_are_learned_from_what_is_done(rows: Rows, timings: Timings) -> None:
    await delivered(rows, 10.0)
    await timings.learn(KIND, 4.0)
    await timings.learn(KIND, 6.0)
    assert await timings.usual(KIND) == 6.0
    assert await timings.soonest(KIND) == pytest.approx(3.2)


async def test_what_was_heard_after_an_outage_is_not_what_it_usually_takes(rows: Rows, timings: Timings) -> None:
    await delivered(rows, 3 * 3600.0, 20.0, 3 * 3600.0, 3 * 3600.0, 30.0)
    assert await timings.usual(KIND) == 25.0
    await timings.learn(KIND, 4000.0)
    assert await timings.usual(KIND) == 25.0
    await timings.learn(KIND, 500.0)  # that long it may have taken
    assert await timings.usual(KIND) == 30.0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_only_the_last_ones_count(rows: Rows, timings: Timings) -> None:
    await delivered(rows, 1.0, *[50.0] * (SAMPLE - 1))
    assert await timings.soonest(KIND) == pytest.approx(0.8)  # the oldest of the sample
    await timings.learn(KIND, 70.0)
    assert await timings.soonest(KIND) == 40.0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_heard_late_does_not_make_the_next_be_asked_later(timings: Timings) -> None:
    heard = 0.0
    for _ in range(200):  # each takes 5 s and is heard at the first asking after that, a second apart
        asked = await timings.soonest(KIND)
        while asked < 5.0:
            asked += 1.0
        heard = asked
        await timings.learn(KIND, heard)
    assert heard <= 6.0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_rows_are_asked_once_a_kind_and_memory_is_bounded(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KINDS_KEPT", 3)
    timings = Timings(store)
    for number in range(5):
        await timings.learn(f"kind {number}", 1.0 + number)
    assert [await timings.usual(f"kind {number}") for number in (2, 3, 4)] == [3.0, 4.0, 5.0]
    assert len(timings._known) == 3
    await store.close()
    monkeypatch.setattr(store, "read", None)  # whoever asks the rows now fails
    assert await timings.usual("kind 4") == 5.0
