"""When to look again: pure decisions, in seconds."""

import math
from collections.abc import Callable

SHORTEST_POLL = 1.0
LONGEST_POLL = 15.0
FIRST_BACKOFF = 2.0
LONGEST_BACKOFF = 60.0

# Due times are put on a common beat, so that tasks of many people come due together and share a request.
BEAT = 0.5


def poll_delay(elapsed: float, soonest: float) -> float:
    """Say how long to wait before asking about a task of this age.

    Before the time in which the quickest of its kind were done there is nothing to hear; then one asks often, and
    ever less the longer it takes.
    """
    wait = max(soonest - elapsed, 0.1 * elapsed)
    return min(max(wait, SHORTEST_POLL), LONGEST_POLL)


def on_beat(when: float) -> float:
    """Move a due time up to the common beat."""
    return math.ceil(when / BEAT) * BEAT


def backoff(attempts: int, *, told: float | None, chance: Callable[[], float]) -> float:
    """Say how long to wait before the next try; `told` is the wait that the other side asked for.

    Doubles from 2 s to 60 s, spread by half so that tasks do not come back in one crowd.
    """
    grown = min(FIRST_BACKOFF * 2.0 ** min(attempts, 10), LONGEST_BACKOFF)
    return max(told or 0.0, grown * (0.75 + 0.5 * chance()))
