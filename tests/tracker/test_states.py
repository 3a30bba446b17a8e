import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.task import FINISHED, UNFINISHED, State
from bot.tracker import states
from bot.tracker.states import LEGAL, PICTURELESS, WAITING, IllegalTransition, check

ENDS = {state for state, after in LEGAL.items() if not after}


def reachable(start: State) -> set[State]:
    found, new = {start}, {start}
    while new:
        new = {after for state in new for after in LEGAL[state]} - found
        found |= new
    return found


def drawn(page: str) -> Iterator[tuple[State, State]]:
    """Read the steps that a docstring draws."""
    for line, below in zip(page.splitlines(), [*page.splitlines()[1:], ""], strict=True):
        names = {match.start(): State(match[0]) for match in re.finditer(r"\b[a-z]+\b", line) if "->" in line}
        yield from zip(names.values(), list(names.values())[1:], strict=False)
        if "^" in below and "'" in below:
            yield _at(names, below.index("'")), _at(names, below.index("^"))
        if match := re.fullmatch(r" +(\w+) +from ([\w, ]+)", line):
            yield from ((State(before), State(match[1])) for before in match[2].split(", "))


def _at(names: dict[int, State], column: int) -> State:
    return next(state for start, state in names.items() if start <= column < start + len(state))


def test_the_table_knows_every_state() -> None:
    assert set(LEGAL) == set(State)
    assert all(after <= set(State) for after in LEGAL.values())


def test_there_is_no_way_out_of_an_end() -> None:
    assert ENDS == FINISHED
    assert FINISHED - {State.DELIVERED} == PICTURELESS


@pytest.mark.parametrize("state", sorted(UNFINISHED))
def test_every_other_state_can_be_reached_and_can_end_without_a_picture_or_with_one(state: State) -> None:
    assert state in reachable(State.QUEUED)
    assert State.DELIVERED in reachable(state)
    assert PICTURELESS & reachable(state)


@pytest.mark.parametrize("state", sorted(ENDS))
def test_every_end_can_be_reached(state: State) -> None:
    assert state in reachable(State.QUEUED)


def test_who_waits_has_heard_nothing_yet() -> None:
    assert UNFINISHED - {State.SUCCEEDED, State.DELIVERING} == WAITING


def test_nothing_that_may_be_ordered_is_ordered_again_unless_the_vendor_refused_it() -> None:
    assert {before for before, after in LEGAL.items() if State.SUBMITTING in after} == {State.QUEUED}
    assert {before for before, after in LEGAL.items() if State.QUEUED in after} == {State.SUBMITTING}


def test_the_docstring_draws_the_table() -> None:
    steps = list(drawn(states.__doc__ or ""))
    assert len(steps) == len(set(steps))
    assert set(steps) == {(before, after) for before, all_after in LEGAL.items() for after in all_after}


@given(before=st.sampled_from(State), after=st.sampled_from(State))
def test_a_step_that_the_table_does_not_know_is_refused(before: State, after: State) -> None:
    if after in LEGAL[before]:
        check(before, after)
    else:
        with pytest.raises(IllegalTransition, match=f"{before} -> {after}"):
            check(before, after)
