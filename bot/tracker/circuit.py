"""Whether the vendor is out of order, judged by what became of the last orders: pure decisions."""

from dataclasses import dataclass, replace
from typing import Self

from bot.tracker.schedule import pause

# So many failures in a row, and not all of one task: it may have a fault of its own, and must not stop the others.
FAILURES = 3
TASKS = 2

FIRST_PAUSE = 5.0
LONGEST_PAUSE = 120.0


@dataclass(frozen=True, slots=True)
class Circuit:
    """Closed while the vendor answers. Open, one order at a time tries from `probe_at` on whether it does again."""

    failures: int = 0  # in a row, while closed
    tasks: frozenset[int] = frozenset()  # whose failures those are
    pauses: int = 0  # after the first
    probe_at: float | None = None  # None: closed

    @property
    def is_open(self) -> bool:
        """Say whether the vendor is out of order."""
        return self.probe_at is not None

    def answered(self) -> Self:
        """The vendor answered, be it with a refusal."""  # noqa: D401  what happened
        return type(self)()

    def failed(self, task_id: int, now: float, told: float | None = None) -> Self:
        """An order found no answer, or the answer of a service that is down; `told` is the wait that it asked for."""  # noqa: D401
        if self.probe_at is None:
            failures, tasks = self.failures + 1, self.tasks | {task_id}
            is_down = failures >= FAILURES and len(tasks) >= TASKS
            probe_at = now + pause(0, FIRST_PAUSE, LONGEST_PAUSE, told) if is_down else None
            return replace(self, failures=failures, tasks=tasks, probe_at=probe_at)
        if now < self.probe_at:  # ordered before it opened
            return self
        pauses = self.pauses + 1
        return replace(self, pauses=pauses, probe_at=now + pause(pauses, FIRST_PAUSE, LONGEST_PAUSE, told))
