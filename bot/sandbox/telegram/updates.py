"""The bot's updates: numbered, kept until confirmed, fetched by long polling."""

import asyncio
import secrets
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.telegram.refusals import conflict
from bot.sandbox.telegram.waiting import Signal

KINDS: Final = frozenset(
    {
        "message",
        "edited_message",
        "callback_query",
        "inline_query",
        "my_chat_member",
        "chat_member",
    }
)
_ON_DEMAND: Final = frozenset({"chat_member"})  # sent only to a bot that names it
_MAX_PENDING: Final = 10_000
_MAX_REMEMBERED: Final = 1000
MAX_WAIT_SECONDS: Final = 50


@dataclass(frozen=True, slots=True)
class Update:
    """Something that happened, once; `body` is the `Update` object."""

    id: int
    body: dict[str, Any]


class UpdateQueue:
    """Updates in order, until the bot says that it has them."""

    def __init__(self) -> None:
        self.allowed = KINDS - _ON_DEMAND
        self.asked: list[str] = []  # the list as the bot gave it
        self.changed = Signal()
        self.webhook_active = False
        self._pending: deque[Update] = deque(maxlen=_MAX_PENDING)
        self._again: list[Update] = []
        self._remembered: deque[Update] = deque(maxlen=_MAX_REMEMBERED)
        self._next_id = 100_000_000 + secrets.randbelow(800_000_000)
        self._poll = 0  # counts the polls: a newer one ends the older

    @property
    def pending_count(self) -> int:
        """How many wait."""
        return len(self._pending) + len(self._again)

    def push(self, kind: str, payload: dict[str, Any]) -> None:
        """Add an update, if the bot wants that kind."""
        if kind not in self.allowed:
            return
        update = Update(self._next_id, {"update_id": self._next_id, kind: payload})
        self._next_id += 1
        self._pending.append(update)
        self._remembered.append(update)
        self.changed.wake()

    def redeliver(self, update_id: int) -> bool:
        """Give an update to the bot a second time, confirmed or not; False if it is not remembered."""
        known = next((update for update in self._remembered if update.id == update_id), None)
        if known is None:
            return False
        self._again.append(known)
        self.changed.wake()
        return True

    def allow(self, kinds: list[str] | None) -> None:
        """Remember which kinds are wanted; None keeps what was said before, an empty list is the default."""
        if kinds is None:
            return
        self.asked = kinds
        self.allowed = KINDS & frozenset(kinds) if kinds else KINDS - _ON_DEMAND

    def clear(self) -> None:
        """Forget what waits."""
        self._pending.clear()
        self._again.clear()

    async def poll(self, offset: int, limit: int, seconds: float) -> list[dict[str, Any]]:
        """Confirm what is below `offset`, then give up to `limit` updates, waiting up to `seconds` for the first.

        Raises `Refused` (409) while a webhook is set, and in the older of two polls.
        """
        self._refuse_beside_webhook()
        self._poll += 1
        this = self._poll
        self.changed.wake()
        self._confirm(offset)
        if not self.pending_count:
            await self._first(this, seconds)
        if this != self._poll:
            raise conflict("terminated by other getUpdates request; make sure that only one bot instance is running")
        self._refuse_beside_webhook()
        return [update.body for update in self._batch(limit)]

    def head(self) -> Update | None:
        """Give the update that a webhook is to take next."""
        return next(iter(self._again), None) or next(iter(self._pending), None)

    def done(self, update: Update) -> None:
        """Forget an update that a webhook has taken."""
        if update in self._again:
            self._again.remove(update)
        elif update in self._pending:
            self._pending.remove(update)

    def _refuse_beside_webhook(self) -> None:
        if self.webhook_active:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )

    async def _first(self, this: int, seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        end = clock() + min(seconds, MAX_WAIT_SECONDS)
        while this == self._poll and not self.pending_count and not self.webhook_active:
            if not await self.changed.wait(end - clock()):
                return

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            while len(self._pending) > -offset:
                self._pending.popleft()
        while offset > 0 and self._pending and self._pending[0].id < offset:
            self._pending.popleft()

    def _batch(self, limit: int) -> list[Update]:
        again, self._again = self._again[:limit], self._again[limit:]
        return sorted([*again, *list(self._pending)[: limit - len(again)]], key=lambda update: update.id)
