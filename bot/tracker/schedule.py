"""When to look again: pure decisions, in seconds."""

import math
from collections.abc import Callable

SHORTEST_POLL = 1.0
LONGEST_POLL = 60.0  # trainings last for hours
FIRST_BACKOFF = 2.0
LONGEST_BACKOFF = 60.0
LONGEST_TRUST = 10.0  # in what was learned, at first
MOST_TOLD = 300.0  # many tasks wait meanwhile, and it may be a slip

# Due times are put on a common beat, so that tasks of many people come due together and share a request. The longer
# the waits, the longer the beat.
BEAT = 0.5
BEATS_A_WAIT = 8

# A task is held as long as its step may take, and this much longer to write down what came of it.
WRITE_MARGIN = 60.0


def poll_delay(elapsed: float, soonest: float) -> float:
    """Say how long to wait before asking about a task of this age.

    Before the time in which the quickest of its kind were done there is nothing to hear; then one asks often, and
    ever less the longer it takes, down to once a minute. But results that nobody was there to hear taught too long a
    time: it is believed for ten seconds, then for as long again as the task is old.
    """
    trusted = min(soonest - elapsed, max(LONGEST_TRUST, elapsed))
    return min(max(trusted, 0.1 * elapsed, SHORTEST_POLL), LONGEST_POLL)


def due_at(now: float, delay: float) -> float:
    """Say when a task is due that is to wait so long: on the beat that it shares with others, a little later.

    All that wait as long as one can are asked about at the full minute, even if that is early for some.
    """
    if delay >= LONGEST_POLL:
        return math.floor((now + delay) / LONGEST_POLL) * LONGEST_POLL
    beat = BEAT * 2.0 ** math.floor(math.log2(max(delay / (BEAT * BEATS_A_WAIT), 1.0)))
    return math.ceil((now + delay) / beat) * beat


def pause(number: int, first: float, longest: float, told: float | None = None) -> float:
    """Say how long to leave the other side alone after a number of pauses: each is twice the one before.

    The wait that it asked for itself, `told`, is honoured as far as `MOST_TOLD`.
    """
    return max(min(told or 0.0, MOST_TOLD), min(first * 2.0 ** min(number, 20), longest))


def backoff(attempts: int, *, told: float | None = None, chance: Callable[[], float]) -> float:
    """Say how long to wait before the next try; `told` is the wait that the other side asked for, as in `pause`.

    Doubles from 2 s to 60 s, spread by half so that tasks do not come back in one crowd.
    """
    spread = 0.75 + 0.5 * chance()
    return max(min(told or 0.0, MOST_TOLD), pause(attempts, FIRST_BACKOFF, LONGEST_BACKOFF) * spread)
