"""How long each kind of task usually takes, learned from those that are done."""

import statistics
from collections import OrderedDict

from bot.store import tasks
from bot.store.engine import Store

SAMPLE = 20
KINDS_KEPT = 500

# Nothing takes so many times as long as the quickest of its kind: it was done while nobody was there to hear it.
HEARD_LATE = 30.0


class Timings:
    """The seconds from order to result, by kind; read from the rows once, then kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[str, list[float]] = OrderedDict()

    async def usual(self, kind: str) -> float | None:
        """Say the median of the last results of this kind, without those heard late; None where there was none yet."""
        durations = await self._durations(kind)
        longest = HEARD_LATE * min(durations, default=0.0)
        return statistics.median(each for each in durations if each <= longest) if durations else None

    async def soonest(self, kind: str) -> float:
        """Say before when no result of this kind is to be expected; 0 where there was none yet.

        A little less than what the quickest took: a result is heard only when it is asked for, so without that
        margin what is learned would grow with every asking.
        """
        return 0.8 * min(await self._durations(kind), default=0.0)

    async def learn(self, kind: str, seconds: float) -> None:
        """Take a finished task into account."""
        durations = await self._durations(kind)
        durations.append(seconds)
        del durations[:-SAMPLE]

    async def _durations(self, kind: str) -> list[float]:
        if kind not in self._known:
            async with self._store.read() as conn:
                self._known[kind] = (await tasks.durations(conn, kind, SAMPLE))[::-1]
            while len(self._known) > KINDS_KEPT:
                self._known.popitem(last=False)
        return self._known[kind]
