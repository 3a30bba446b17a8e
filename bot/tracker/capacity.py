"""How many orders the vendor takes at a time, learned from what it takes and refuses: pure decisions."""

import math
from dataclasses import dataclass, replace
from typing import Self

from bot.tracker.schedule import pause

FALL = 0.75  # of the places are left after a refusal, and at least one less
RISE = 0.125  # of a place is won back by every order that is taken

FIRST_HOLD = 2.0
LONGEST_HOLD = 60.0


@dataclass(frozen=True, slots=True)
class Capacity:
    """The places at the vendor: one to `most`. Nothing is ordered before `not_before`."""

    most: int
    room: float
    refusals: int = 0  # in a row
    lowered_at: float = -math.inf
    not_before: float = -math.inf

    @classmethod
    def full(cls, most: int) -> Self:
        """Begin with all places."""
        return cls(most, float(most))

    @property
    def places(self) -> int:
        """Say how many orders may be under way."""
        return math.floor(self.room)

    def accepted(self) -> Self:
        """An order was taken."""  # noqa: D401  what happened
        return replace(self, room=min(self.room + RISE, self.most), refusals=0)

    def refused(self, ordered_at: float, now: float, told: float | None = None) -> Self:
        """An order was too much; `told` is the wait that the vendor asked for.

        Many that go out together may be refused together: those ordered before the places became fewer say nothing new.
        """  # noqa: D401  what happened
        if ordered_at < self.lowered_at:
            return self
        return replace(
            self,
            room=max(min(self.room * FALL, self.places - 1.0), 1.0),
            refusals=self.refusals + 1,
            lowered_at=now,
            not_before=now + pause(self.refusals, FIRST_HOLD, LONGEST_HOLD, told),
        )
