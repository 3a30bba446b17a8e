"""How much a bot may send, as Telegram counts: the excess is answered with 429 and when to try again."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bot.sandbox.telegram.refusals import too_many_requests
from bot.sandbox.telegram.world import Chat

_OVERALL: Final = (30, 1.0)  # messages a second, over all chats
_GROUP: Final = (20, 60.0)  # messages and edits a minute, in one group
_PRIVATE_BURST: Final = 5  # messages to one person, after which it is one a second
_MAX_CHATS: Final = 10_000


@dataclass(slots=True)
class _Window:
    """At most so many in any stretch of so many seconds."""

    most: int
    seconds: float
    taken: deque[float] = field(default_factory=deque)

    def wait(self, now: float, count: int) -> float:
        while self.taken and self.taken[0] <= now - self.seconds:
            self.taken.popleft()
        excess = len(self.taken) + count - self.most
        return 0.0 if excess <= 0 else self.taken[min(excess, len(self.taken)) - 1] + self.seconds - now

    def take(self, now: float, count: int) -> None:
        self.taken.extend([now] * count)


@dataclass(slots=True)
class _Bucket:
    """A burst, refilled by one a second; an album may overdraw it, and what follows waits."""

    tokens: float
    at: float

    def wait(self, now: float) -> float:
        self.tokens = min(self.tokens + now - self.at, _PRIVATE_BURST)
        self.at = now
        return max(1 - self.tokens, 0.0)


class Rates:
    """The counts of one bot; `now` gives seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._overall = _Window(*_OVERALL)
        self._groups: dict[int, _Window] = {}
        self._private: dict[int, _Bucket] = {}

    def admit(self, chat: Chat, count: int = 1, *, edit: bool = False) -> None:
        """Count messages that are about to be sent, or raise `Refused` (429) and count nothing.

        An edit counts in a group and overall, but not against the one a second of a private chat.
        """
        now = self._now()
        window = self._groups.setdefault(chat.id, _Window(*_GROUP)) if chat.is_group else None
        bucket = None if chat.is_group or edit else self._private.setdefault(chat.id, _Bucket(_PRIVATE_BURST, now))
        seconds = self._overall.wait(now, count)
        seconds = max(seconds, window.wait(now, count) if window else 0, bucket.wait(now) if bucket else 0)
        if seconds > 0:
            raise too_many_requests(max(math.ceil(seconds), 1))
        self._overall.take(now, count)
        if window:
            window.take(now, count)
        if bucket:
            bucket.tokens -= count
        self._forget()

    def _forget(self) -> None:
        for held in (self._groups, self._private):
            while len(held) > _MAX_CHATS:
                del held[next(iter(held))]
