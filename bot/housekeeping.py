"""What is done now and then: old rows and files go, expired questions close, the figures are read."""

import asyncio
import time
from collections.abc import Callable

import structlog
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from telegram.error import TelegramError

from bot.locales.text import text
from bot.media.shelf import Shelf
from bot.store import dialogs, inbox, tasks
from bot.store.engine import Store
from bot.store.task import State
from bot.telegram import messages
from bot.telegram.services import Bot
from bot.waiting import pause

log = structlog.get_logger()

EVERY = 15.0

# No task lives longer than this, from its order to the end of its delivery: its pictures are nobody's any more.
OLDEST_PICTURE = 2 * 24 * 3600.0

AT_A_TIME = 100


class Housekeeping:
    """The loop of small duties; `registry` holds the figures for `/metrics`."""

    def __init__(self, bot: Bot, store: Store, shelf: Shelf, *, clock: Callable[[], float] = time.time) -> None:
        self._bot = bot
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._tasks = Gauge("bot_tasks", "Tasks by state.", ["state"], registry=self.registry)
        self._updates = Gauge("bot_updates_open", "Updates whose effect is not committed.", registry=self.registry)

    async def run(self, stop: asyncio.Event) -> None:
        """Do the duties every 15 seconds until `stop` is set."""
        while not stop.is_set():
            try:
                await self.tidy()
            except Exception:
                log.exception("housekeeping_failed")
            await pause(stop, EVERY)

    async def tidy(self) -> None:
        """Do all duties once."""
        now = self._clock()
        async with self._store.write() as conn:
            await inbox.forget(conn, now - inbox.KEEP_SECONDS)
        await self._close_dialogs(now)
        await self._shelf.sweep(now - OLDEST_PICTURE)
        await self._read_figures()

    async def _close_dialogs(self, now: float) -> None:
        async with self._store.write() as conn:
            expired = await dialogs.expired(conn, now, AT_A_TIME)
            for dialog in expired:
                await dialogs.remove(conn, dialog.id)
        for dialog in expired:
            if dialog.message_id is None:
                continue
            sentence = text("This question has expired. Send the command again when you like.")
            try:
                await messages.edit(self._bot, dialog.chat_id, dialog.message_id, sentence, dialog.lang)
            except TelegramError as fault:
                log.info("dialog_not_closed", dialog=dialog.id, fault=type(fault).__name__)

    async def _read_figures(self) -> None:
        async with self._store.read() as conn:
            counts = await tasks.count_by_state(conn)
            self._updates.set(await inbox.count_open(conn))
        for state in State:
            self._tasks.labels(state=state.value).set(counts.get(state, 0))
