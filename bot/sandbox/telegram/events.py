"""What the people see happen, in order, for whoever watches."""

from collections import deque
from typing import Any, Final

from bot.sandbox.telegram.waiting import Signal

_MAX_HELD: Final = 5000


class EventLog:
    """The last events, each with its number."""

    def __init__(self) -> None:
        self.last = 0
        self.changed = Signal()
        self._held: deque[dict[str, Any]] = deque(maxlen=_MAX_HELD)

    def add(self, kind: str, chat_id: int | None, **fields: Any) -> None:  # noqa: ANN401  JSON values
        """Tell of something."""
        self.last += 1
        self._held.append({"n": self.last, "type": kind, "chat_id": chat_id} | fields)
        self.changed.wake()

    async def after(self, number: int, seconds: float) -> list[dict[str, Any]]:
        """Give what came after `number`, waiting up to `seconds` for the first of it."""
        if self.last <= number:
            await self.changed.wait(seconds)
        return [event for event in self._held if event["n"] > number]
