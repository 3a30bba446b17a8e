"""The inbox: an update is a row before it is confirmed to Telegram, and is handed to the handlers from there."""

import time
from collections.abc import Sequence
from typing import Any

import structlog
from telegram import Update

from bot.store import inbox
from bot.store.engine import Store
from bot.telegram.services import App

log = structlog.get_logger()

# Beyond this many unhandled updates the rest stays with Telegram: they are not confirmed.
MOST_WAITING = 5000


class Overloaded(Exception):
    """There are too many unhandled updates to take more."""


class Reception:
    """Takes updates in, whether by polling or by webhook."""

    def __init__(self, store: Store, app: App) -> None:
        self._store = store
        self._app = app

    async def accept(self, updates: Sequence[dict[str, Any]]) -> None:
        """Write updates down, then hand over those that were not here before. Raises `Overloaded`."""
        if self._app.update_queue.qsize() > MOST_WAITING:
            raise Overloaded
        async with self._store.write() as conn:
            new = await inbox.accept(conn, updates, time.time())
        for update in new:
            await self._hand_over(update)

    async def replay(self) -> None:
        """Hand over what a killed process left unhandled; what it failed on too often is given up."""
        async with self._store.write() as conn:
            for update in await inbox.mark_replayed(conn, time.time()):
                log.error("update_abandoned", update=update["update_id"])
            left = await inbox.unsettled(conn, MOST_WAITING)
        for update in left:
            await self._hand_over(update)

    def close(self) -> None:
        """Leave what is not begun to the next start: its rows are open."""
        while not self._app.update_queue.empty():
            self._app.update_queue.get_nowait()

    async def _hand_over(self, raw: Any) -> None:  # noqa: ANN401  an update as Telegram wrote it
        await self._app.update_queue.put(Update.de_json(dict(raw), self._app.bot))


async def settle(store: Store, update: object) -> None:
    """Settle an update whose handler did not do so itself, because it had no effect or failed."""
    if isinstance(update, Update):
        async with store.write() as conn:
            await inbox.settle(conn, update.update_id, time.time())
