"""The inbox: an update is a row before it is confirmed to Telegram, and is handed to the handlers from there."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from telegram import Update

from bot.store import inbox
from bot.store.engine import Store
from bot.telegram.services import App

log = structlog.get_logger()

# Beyond this many unhandled updates the rest stays with Telegram: they are not confirmed.
MOST_IN_HAND = 5000


class Overloaded(Exception):
    """There are too many unhandled updates to take more."""


class Reception:
    """Takes updates in, whether by polling or by webhook."""

    def __init__(self, store: Store, app: App) -> None:
        self._store = store
        self._app = app
        self._in_hand: set[int] = set()

    async def accept(self, updates: Sequence[dict[str, Any]]) -> None:
        """Write updates down, then hand over those whose effect is still to come. Raises `Overloaded`."""
        if len(self._in_hand) > MOST_IN_HAND:
            raise Overloaded
        # As it was before the rows are read: what its handler settles meanwhile is not to be handled again.
        in_hand = self._in_hand.intersection(update["update_id"] for update in updates)
        async with self._store.write() as conn:
            due = await inbox.accept(conn, updates, time.time())
        for update in due:
            if update["update_id"] not in in_hand:
                await self._hand_over(update)

    async def replay(self) -> None:
        """Hand over what a killed process left unhandled; what it failed on too often is given up."""
        async with self._store.write() as conn:
            for update_id in await inbox.mark_replayed(conn, time.time()):
                log.error("update_abandoned", update=update_id)
            left = await inbox.unsettled(conn, MOST_IN_HAND)
        for update in left:
            await self._hand_over(update)

    async def settle(self, update: object) -> None:
        """Settle an update whose handler did not do so itself, because it had no effect or failed."""
        if isinstance(update, Update):
            async with self._store.write() as conn:
                await inbox.settle(conn, update.update_id, time.time())
            self._in_hand.discard(update.update_id)

    async def _hand_over(self, raw: Mapping[str, Any]) -> None:
        if raw["update_id"] in self._in_hand:
            return
        try:
            update = Update.de_json(dict(raw), self._app.bot)
        except Exception:
            # One that the library cannot read must not stop those behind it. It stays open for the next start.
            log.exception("update_unreadable", update=raw["update_id"])
            return
        self._in_hand.add(update.update_id)
        await self._app.update_queue.put(update)
