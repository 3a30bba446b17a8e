from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tracker.schedule import (
    BEAT,
    BEATS_A_WAIT,
    FIRST_BACKOFF,
    LONGEST_BACKOFF,
    LONGEST_POLL,
    LONGEST_TRUST,
    MOST_TOLD,
    SHORTEST_POLL,
    backoff,
    due_at,
    poll_delay,
)

seconds = st.floats(0, 1e6)
times = st.floats(0, 4e9)
waits = st.floats(SHORTEST_POLL, LONGEST_POLL, exclude_max=True)
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


@given(soonest=st.floats(SHORTEST_POLL, LONGEST_TRUST))
def test_the_first_question_comes_when_the_quickest_were_done(soonest: float) -> None:
    assert poll_delay(0.0, soonest) == soonest


@pytest.mark.parametrize(
    ("elapsed", "soonest", "delay"),
    [
        (0, 0, 1),
        (4, 10, 6),
        (9.5, 10, 1),
        (30, 10, 3),
        (600, 10, 60),
        (0, 300, 10),
        (50, 300, 50),
        (290, 300, 29),
        (-5, 4, 9),
        (0, 40, 10),
        (10, 40, 10),
    ],
)
def test_poll_delays(elapsed: float, soonest: float, delay: float) -> None:
    assert poll_delay(elapsed, soonest) == pytest.approx(delay)


@given(takes=st.floats(LONGEST_TRUST, 600), soonest=seconds)
def test_what_was_learned_wrongly_costs_at_most_as_long_again(takes: float, soonest: float) -> None:
    age = 0.0
    while age < takes:
        age += poll_delay(age, soonest)
    assert age <= 2 * takes


@given(now=times, delay=waits)
def test_a_task_is_due_a_little_later_than_it_is_to_wait(now: float, delay: float) -> None:
    assert 0 <= due_at(now, delay) - (now + delay) < max(BEAT, delay / BEATS_A_WAIT)


@given(now=times)
def test_whoever_waits_longest_is_asked_about_at_the_full_minute(now: float) -> None:
    due = due_at(now, LONGEST_POLL)
    assert due % LONGEST_POLL == 0
    assert 0 < due - now <= LONGEST_POLL


def test_trainings_of_many_people_share_their_requests() -> None:
    """Trainings that began at any second are asked about together, once a minute, once they are as old as that."""
    asked: set[float] = set()
    for begun in range(0, 3600, 7):
        now = float(begun)
        while now < 3 * 3600:
            is_old = now - begun >= LONGEST_POLL
            now = due_at(now, poll_delay(now - begun, 3600.0))
            if is_old:
                asked.add(now)
    assert min(asked) <= 3 * LONGEST_POLL
    assert {later - sooner for sooner, later in pairwise(sorted(asked))} == {60.0}


@pytest.mark.parametrize(
    ("now", "delay", "due"),
    [(100.1, 1, 101.5), (100.1, 5, 105.5), (100.1, 9, 110), (100.1, 17, 118), (100.1, 40, 144), (100.1, 60, 120)],
)
def test_the_beat_grows_with_the_wait(now: float, delay: float, due: float) -> None:
    assert due_at(now, delay) == due


@given(now=times, more=seconds, delay=waits)
def test_the_beat_keeps_the_order(now: float, more: float, delay: float) -> None:
    assert due_at(now, delay) <= due_at(now + more, delay)


@given(attempts=attempts, chance=chances)
def test_a_backoff_has_bounds(attempts: int, chance: float) -> None:
    wait = backoff(attempts, told=None, chance=lambda: chance)
    assert 0.75 * FIRST_BACKOFF <= wait <= 1.25 * LONGEST_BACKOFF


@given(attempts=attempts, chance=chances)
def test_a_backoff_grows(attempts: int, chance: float) -> None:
    waits = [backoff(attempts + more, told=None, chance=lambda: chance) for more in range(3)]
    assert waits == sorted(waits)


@given(attempts=attempts, told=seconds, chance=chances)
def test_a_backoff_honours_what_was_told_unless_it_must_be_a_slip(attempts: int, told: float, chance: float) -> None:
    own = backoff(attempts, told=None, chance=lambda: chance)
    assert backoff(attempts, told=told, chance=lambda: chance) == max(min(told, MOST_TOLD), own)


def test_backoffs_double_up_to_a_minute() -> None:
    assert [backoff(n, told=None, chance=lambda: 0.5) for n in range(7)] == [2, 4, 8, 16, 32, 60, 60]


def test_backoffs_are_spread_by_half() -> None:
    assert backoff(1, told=None, chance=lambda: 0.0) == 3
    assert backoff(1, told=None, chance=lambda: 1.0) == 5
