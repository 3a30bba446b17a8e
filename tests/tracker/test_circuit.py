import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.tracker.circuit import FAILURES, FIRST_PAUSE, LONGEST_PAUSE, Circuit
from bot.tracker.schedule import MOST_TOLD


def opened(now: float = 0.0) -> Circuit:
    circuit = Circuit()
    for task in range(FAILURES):
        circuit = circuit.failed(task, now)
    return circuit


class Life(RuleBasedStateMachine):
    """What is heard of the vendor, in any order; beside it, what has to follow."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.circuit = Circuit()
        self.failed: list[int] = []  # since the last answer
        self.pause = 0.0

    @rule(seconds=st.floats(0.1, 500))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def answer(self) -> None:
        self.circuit = self.circuit.answered()
        self.failed.clear()
        assert self.circuit == Circuit()

    @precondition(lambda self: not self.circuit.is_open)
    @rule(task=st.integers(1, 3))
    def fail(self, task: int) -> None:
        self.circuit = self.circuit.failed(task, self.now)
        self.failed.append(task)
        self.pause = FIRST_PAUSE

    @precondition(lambda self: self.circuit.is_open)
    @rule(task=st.integers(1, 3))
    def fail_while_open(self, task: int) -> None:
        before = self.circuit
        self.circuit = before.failed(task, self.now)
        assert before.probe_at is not None
        if self.now < before.probe_at:
            assert self.circuit == before
        else:
            self.pause = min(2 * self.pause, LONGEST_PAUSE)
            assert self.circuit.probe_at == self.now + self.pause

    @invariant()
    def is_open_after_enough_failures_that_are_not_one_tasks(self) -> None:
        assert self.circuit.is_open is (len(self.failed) >= FAILURES and len(set(self.failed)) > 1)

    @invariant()
    def is_tried_again_before_long(self) -> None:
        assert self.circuit.probe_at is None or self.circuit.probe_at <= self.now + LONGEST_PAUSE

    @invariant()
    def does_not_grow(self) -> None:
        assert len(self.circuit.tasks) <= FAILURES


TestLife = Life.TestCase


@given(st.lists(st.just(7), max_size=50))
def test_a_task_with_a_fault_of_its_own_stops_nobody(failures: list[int]) -> None:
    circuit = Circuit()
    for task in failures:
        circuit = circuit.failed(task, 0.0)
    assert not circuit.is_open


@pytest.mark.parametrize(("told", "wait"), [(None, FIRST_PAUSE), (33.0, 33.0), (1e9, MOST_TOLD)])
def test_the_wait_that_the_vendor_asks_for_is_honoured(told: float | None, wait: float) -> None:
    circuit = Circuit().failed(1, 0.0).failed(2, 0.0).failed(3, 10.0, told)
    assert circuit.probe_at == 10.0 + wait


def test_pauses_grow_up_to_the_longest() -> None:
    circuit, pauses = opened(), []
    for _ in range(7):
        assert circuit.probe_at is not None
        now = circuit.probe_at
        circuit = circuit.failed(1, now)
        assert circuit.probe_at is not None
        pauses.append(circuit.probe_at - now)
    assert pauses == [10, 20, 40, 80, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
