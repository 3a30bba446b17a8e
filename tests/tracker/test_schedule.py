import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tracker.schedule import (
    BEAT,
    FIRST_BACKOFF,
    LONGEST_BACKOFF,
    LONGEST_POLL,
    SHORTEST_POLL,
    backoff,
    on_beat,
    poll_delay,
)

seconds = st.floats(0, 1e6)
times = st.floats(0, 4e9)
attempts = st.integers(0, 10_000)
chances = st.floats(0, 1, exclude_max=True)


@given(elapsed=st.floats(-1e6, 1e6), soonest=seconds)
def test_a_poll_is_never_hasty_and_never_forgotten(elapsed: float, soonest: float) -> None:
    assert SHORTEST_POLL <= poll_delay(elapsed, soonest) <= LONGEST_POLL


@given(elapsed=seconds, more=seconds, soonest=seconds)
def test_once_a_result_is_possible_one_asks_ever_less(elapsed: float, more: float, soonest: float) -> None:
    due = soonest + elapsed
    assert poll_delay(due, soonest) <= poll_delay(due + more, soonest)


@given(elapsed=seconds, soonest=seconds, more=seconds)
def test_the_longer_its_kind_takes_the_later_one_asks(elapsed: float, soonest: float, more: float) -> None:
    assert poll_delay(elapsed, soonest) <= poll_delay(elapsed, soonest + more)


@given(soonest=st.floats(SHORTEST_POLL, LONGEST_POLL))
def test_the_first_question_comes_when_the_quickest_were_done(soonest: float) -> None:
    assert poll_delay(0.0, soonest) == soonest


@pytest.mark.parametrize(
    ("elapsed", "soonest", "delay"),
    [(0, 0, 1), (4, 10, 6), (9.5, 10, 1), (30, 10, 3), (600, 10, 15), (0, 300, 15), (290, 300, 15), (-5, 4, 9)],
)
def test_poll_delays(elapsed: float, soonest: float, delay: float) -> None:
    assert poll_delay(elapsed, soonest) == pytest.approx(delay)


@given(when=times)
def test_a_due_time_is_on_the_beat_and_not_earlier(when: float) -> None:
    due = on_beat(when)
    assert due - BEAT <= when <= due
    assert due % BEAT == 0
    assert on_beat(due) == due


@given(when=times, more=seconds)
def test_the_beat_keeps_the_order(when: float, more: float) -> None:
    assert on_beat(when) <= on_beat(when + more)


@given(attempts=attempts, chance=chances)
def test_a_backoff_has_bounds(attempts: int, chance: float) -> None:
    wait = backoff(attempts, told=None, chance=lambda: chance)
    assert 0.75 * FIRST_BACKOFF <= wait <= 1.25 * LONGEST_BACKOFF


@given(attempts=attempts, chance=chances)
def test_a_backoff_grows(attempts: int, chance: float) -> None:
    waits = [backoff(attempts + more, told=None, chance=lambda: chance) for more in range(3)]
    assert waits == sorted(waits)


@given(attempts=attempts, told=seconds, chance=chances)
def test_a_backoff_honours_what_was_told(attempts: int, told: float, chance: float) -> None:
    own = backoff(attempts, told=None, chance=lambda: chance)
    assert backoff(attempts, told=told, chance=lambda: chance) == max(told, own)


def test_backoffs_double_up_to_a_minute() -> None:
    assert [backoff(n, told=None, chance=lambda: 0.5) for n in range(7)] == [2, 4, 8, 16, 32, 60, 60]


def test_backoffs_are_spread_by_half() -> None:
    assert backoff(1, told=None, chance=lambda: 0.0) == 3
    assert backoff(1, told=None, chance=lambda: 1.0) == 5
