"""What keeping to Telegram's rates costs, on a clock of its own: no process, no waiting."""

import math
from collections.abc import AsyncIterator

from bot.telegram.rates import Rates
from bot.telegram.turns import Priority, Send, Turns
from tests.bench.stage import Line

CROWD = 30
PERSON, GROUP = 7, -7


async def measure() -> AsyncIterator[Line]:
    """Say when the last of 30 results that are ready at the same time goes out."""
    photos = [Send("sendPhoto", Priority.RESULT, chat) for chat in range(1, CROWD + 1)]
    to_one = [Send("sendPhoto", Priority.RESULT, PERSON) for _ in range(CROWD)]
    to_group = [Send("sendPhoto", Priority.RESULT, GROUP) for _ in range(CROWD)]
    yield f"pacing: the last of {CROWD} results, each to somebody else", f"after {_last(photos):.0f} s"
    yield "    all to one person", f"after {_last(to_one):.0f} s"
    yield "    all to one group", f"after {_last(to_group):.0f} s"


def _last(sends: list[Send]) -> float:
    turns, now = Turns(Rates()), 0.0
    for send in sends:
        turns.enter(send, now)
    while True:
        turns.take(now)
        if (later := turns.next_at(now)) == math.inf:
            return now
        now = later
