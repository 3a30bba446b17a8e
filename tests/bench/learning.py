"""Whether what the bot learns about how long tasks take serves them: on a clock of its own, no process, no waiting."""

import random
import statistics
from collections.abc import AsyncIterator
from unittest.mock import Mock

from bot.tracker import schedule
from bot.tracker.timings import Timings
from tests.bench.stage import Line

KIND = "imagine:model:1"
LOOKED_AT = (20, 200, 1000)  # after so many tasks of one kind, the last 20 of them
QUICKEST, LONGEST = 4.0, 9.0  # seconds at the vendor
ANSWERED = 0.1  # seconds of a poll, and of writing its answer down


async def measure() -> AsyncIterator[Line]:
    """Say how long results wait until the bot asks, and how often it asks about a task."""
    chance = random.Random(1)
    timings = Timings(Mock())
    timings._known[KIND] = []  # as if read from rows in which there is none yet
    waits, polls = [], []
    for number in range(1, LOOKED_AT[-1] + 1):
        wait, asked = await _task(timings, 1000.0 * number + chance.random(), chance.uniform(QUICKEST, LONGEST))
        waits.append(wait)
        polls.append(asked)
        if number in LOOKED_AT:
            told = f"{statistics.mean(waits[-20:]):.2f} s, {statistics.mean(polls[-20:]):.1f} polls"
            yield f"learning: a result waits to be heard of, after {number} tasks", told


async def _task(timings: Timings, ordered: float, takes: float) -> tuple[float, int]:
    now, polls = ordered, 0
    while now - ordered < takes:
        delay = schedule.poll_delay(now - ordered, await timings.soonest(KIND))
        now = schedule.due_at(now, delay) + ANSWERED
        polls += 1
    await timings.learn(KIND, now - ordered)
    return now - ordered - takes, polls
