from hypothesis import given, settings
from hypothesis import strategies as st

from bot.telegram.rates import Rate, Window

# Quarters of a second add up without rounding.
quarters = st.integers(0, 40).map(lambda n: n / 4)


@settings(deadline=None)
@given(places=st.integers(1, 20), arrivals=st.lists(st.tuples(quarters, st.integers(1, 10)), max_size=60))
def test_no_window_of_time_holds_more_than_its_places(places: int, arrivals: list[tuple[float, int]]) -> None:
    window = Window(Rate(places, 5))
    now = 0.0
    sent: list[tuple[float, int]] = []
    for gap, asked in arrivals:
        wanted = min(asked, places)
        now = window.free_at(now + gap, wanted)
        window.take(now, wanted)
        sent.append((now, wanted))
    for start, _ in sent:
        assert sum(n for at, n in sent if start <= at < start + 5) <= places


def test_a_place_is_free_when_the_oldest_message_is_out_of_sight_and_not_later() -> None:
    window = Window(Rate(3, 10))
    for at in (0, 1, 2):
        assert window.free_at(at, 1) == at
        window.take(at, 1)
    assert window.free_at(3, 1) == 10
    assert window.free_at(3, 2) == 11
    assert window.free_at(10, 1) == 10


def test_more_than_there_are_wait_for_all_places() -> None:
    window = Window(Rate(3, 10))
    assert window.free_at(0, 5) == 0
    window.take(0, 1)
    window.take(4, 1)
    assert window.free_at(5, 5) == 14


def test_it_is_empty_when_all_is_out_of_sight() -> None:
    window = Window(Rate(3, 10))
    assert window.is_empty(0)
    window.take(0, 3)
    assert not window.is_empty(9.75)
    assert window.is_empty(10)
