import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tracker.capacity import FIRST_HOLD, LONGEST_HOLD, RISE, Capacity
from bot.tracker.schedule import MOST_TOLD

MOST = st.integers(1, 1000)
EVENTS = st.lists(st.tuples(st.sampled_from(["taken", "refused"]), st.floats(0, 100)), max_size=60)


def lived(most: int, events: list[tuple[str, float]]) -> list[Capacity]:
    """Let orders be taken and refused, so many seconds apart; each is answered at once."""
    now, lives = 0.0, [Capacity.full(most)]
    for event, seconds in events:
        now += seconds
        last = lives[-1]
        lives.append(last.accepted() if event == "taken" else last.refused(now, now))
    return lives


@given(MOST, EVENTS)
def test_there_is_always_a_place_and_never_one_more_than_the_operator_allows(
    most: int, events: list[tuple[str, float]]
) -> None:
    assert all(1 <= capacity.places <= most for capacity in lived(most, events))


@given(MOST, EVENTS)
def test_a_refusal_takes_places_away_and_an_order_that_is_taken_never_does(
    most: int, events: list[tuple[str, float]]
) -> None:
    lives = lived(most, events)
    for (event, _), before, after in zip(events, lives, lives[1:], strict=False):
        if event == "taken":
            assert before.room <= after.room <= before.room + RISE
        else:
            assert after.places < before.places or after.places == 1


@given(MOST, EVENTS)
def test_all_places_come_back_one_by_one(most: int, events: list[tuple[str, float]]) -> None:
    capacity = lived(most, events)[-1]
    for _ in range(round((most - capacity.places) / RISE)):
        capacity = capacity.accepted()
    assert capacity.places == most


@given(st.integers(1, 40), st.integers(1, 40))
def test_it_settles_at_what_the_vendor_takes(most: int, takes: int) -> None:
    capacity, now, refused = Capacity.full(most), 0.0, 0
    for _ in range(400):
        now += 100
        if capacity.places > takes:
            refused += 1
            capacity = capacity.refused(now, now)
        else:
            capacity = capacity.accepted()
    assert capacity.places >= min(most, takes) * 0.7 - 1
    assert refused <= 20 + 400 * RISE


def test_orders_that_went_out_together_say_it_once() -> None:
    capacity = Capacity.full(8)
    for _ in range(5):
        capacity = capacity.refused(ordered_at=10.0, now=11.0)
    assert (capacity.places, capacity.refusals) == (6, 1)
    assert capacity.refused(ordered_at=12.0, now=12.5).places == 4


@pytest.mark.parametrize(("told", "hold"), [(None, FIRST_HOLD), (0.5, FIRST_HOLD), (33.0, 33.0), (1e9, MOST_TOLD)])
def test_nothing_is_ordered_for_a_while(told: float | None, hold: float) -> None:
    assert Capacity.full(4).refused(10.0, 10.0, told).not_before == 10.0 + hold


def test_the_while_grows_until_an_order_is_taken() -> None:
    capacity, holds = Capacity.full(4), []
    for now in (0.0, 100.0, 200.0, 300.0, 400.0, 500.0, 600.0):
        capacity = capacity.refused(now, now)
        holds.append(capacity.not_before - now)
    assert holds == [2, 4, 8, 16, 32, LONGEST_HOLD, LONGEST_HOLD]
    assert capacity.accepted().refused(700.0, 700.0).not_before == 702
