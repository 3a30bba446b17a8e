from bot.store.task import FINISHED, UNFINISHED, State


def test_every_state_is_finished_or_not() -> None:
    assert set(State) == FINISHED | UNFINISHED
    assert not FINISHED & UNFINISHED
    assert {State.QUEUED, State.SUBMITTING, State.RUNNING, State.SUCCEEDED, State.DELIVERING} == UNFINISHED


def test_states_are_their_columns_words() -> None:
    assert State("running") is State.RUNNING
    assert max(map(len, State)) <= 16
