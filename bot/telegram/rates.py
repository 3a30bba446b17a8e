"""How many messages may go in a time, and how many have gone."""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `places` messages in any `seconds`."""

    places: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Rates:
    """What Telegram lets a bot send (its bots FAQ, "My bot is hitting limits").

    The message a second in a chat is taken as small bursts. Edits count; they get a part of a chat's places only, so
    that progress never takes those of results.
    """

    overall: Rate = Rate(30, 1)
    chat: Rate = Rate(3, 3)
    chat_edits: Rate = Rate(2, 3)
    group: Rate = Rate(20, 60)
    group_edits: Rate = Rate(12, 60)


class Window:
    """The messages of the last seconds, and when there will be places for more."""

    __slots__ = ("_rate", "_sent", "_taken")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._sent: deque[tuple[float, int]] = deque()
        self._taken = 0

    def free_at(self, now: float, places: int) -> float:
        """Return when that many places are free; for more than there are, when all are."""
        at = now
        self._forget(now)
        missing = min(places, self._rate.places) + self._taken - self._rate.places
        for sent_at, taken in self._sent:
            if missing <= 0:
                break
            missing -= taken
            at = sent_at + self._rate.seconds
        return at

    def take(self, now: float, places: int) -> None:
        """Count that many messages as sent now."""
        self._sent.append((now, places))
        self._taken += places

    def is_empty(self, now: float) -> bool:
        """Say whether all that was sent is out of sight."""
        self._forget(now)
        return not self._sent

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0][0] + self._rate.seconds <= now:
            self._taken -= self._sent.popleft()[1]
