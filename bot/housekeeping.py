"""What is done now and then: old rows and files go, expired questions close, the figures are read."""

import asyncio
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from telegram.error import TelegramError

from bot.locales.text import text
from bot.media.offers import Offers, of_dialog
from bot.store import albums, broadcasts, collected, dialogs, forgetting, inbox, tasks
from bot.store.engine import Store
from bot.store.task import State
from bot.telegram import messages
from bot.telegram.services import Bot
from bot.tracker.gate import Gate
from bot.waiting import repeat

log = structlog.get_logger()

EVERY = 15.0

DAY = 24 * 3600.0

# Longer than any copy for a task or a dialog is wanted; a collection's are wanted for as long as it has rows.
OLDEST_PICTURE = 6 * 24 * 3600.0

# A training that came to nothing can be ordered again for a day, with the pictures that were collected for it.
COLLECTION_KEPT = 24 * 3600.0

# To list a bucket costs money.
SWEEP_EVERY = 3600.0

AT_A_TIME = 100
TASKS_AT_A_TIME = 500  # more than are ordered in this time
COLLECTIONS_AT_A_TIME = 10  # each of up to a thousand files


class Housekeeping:
    """The loop of small duties; `registry` holds the figures for `/metrics`."""

    def __init__(
        self,
        bot: Bot,
        store: Store,
        offers: Offers,
        *,
        history_days: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._bot = bot
        self._store = store
        self._offers = offers
        self._history = history_days * DAY
        self._clock = clock
        self._sweep_at = 0.0
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._tasks = Gauge("bot_tasks", "Tasks by state.", ["state"], registry=self.registry)
        self._updates = Gauge("bot_updates_open", "Updates whose effect is not committed.", registry=self.registry)

    def watch(self, gate: Gate) -> None:
        """Add what is known of the vendor to the figures."""
        places = Gauge("bot_vendor_places", "Orders that the vendor takes at a time.", registry=self.registry)
        places.set_function(lambda: gate.places)
        down = Gauge("bot_vendor_down", "1 while the vendor is out of order.", registry=self.registry)
        down.set_function(lambda: gate.is_down)

    async def run(self, stop: asyncio.Event) -> None:
        """Do the duties every 15 seconds until `stop` is set."""
        await repeat(self.tidy, stop, EVERY, failed="housekeeping_failed")

    async def tidy(self) -> None:
        """Do all duties once."""
        now = self._clock()
        async with self._store.write() as conn:
            await inbox.forget(conn, now - inbox.KEEP_SECONDS)
            await albums.forget(conn, now - min(albums.KEEP_SECONDS, self._history or math.inf))
            await broadcasts.expire(conn, now - (self._history or broadcasts.KEEP_SECONDS))
        await self._expire(now)
        await self._close_dialogs(now)
        await self._read_figures()
        await self._discard_collections(now)
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_EVERY
            await self._sweep(now - OLDEST_PICTURE)

    async def _expire(self, now: float) -> None:
        """Let go what is older than the operator keeps."""
        if not self._history:
            return
        before = now - self._history
        async with self._store.write() as conn:
            gone = await forgetting.expire_tasks(conn, before, TASKS_AT_A_TIME)
            await forgetting.expire_days(conn, datetime.fromtimestamp(before, UTC).date().isoformat())
        if gone:
            log.info("tasks_expired", tasks=gone)

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
                if dialog.picture is not None:  # a picture cannot become text
                    await messages.remove(self._bot, dialog.chat_id, dialog.message_id)
                    continue
                await messages.edit(self._bot, dialog.chat_id, dialog.message_id, sentence, dialog.lang)
            except TelegramError as fault:
                log.info("dialog_not_closed", dialog=dialog.id, fault=type(fault).__name__)

    async def _discard_collections(self, now: float) -> None:
        async with self._store.write() as conn:
            left = await collected.abandoned(conn, now - COLLECTION_KEPT, COLLECTIONS_AT_A_TIME)
            for collection_id in left:
                await collected.clear(conn, collection_id)
        for collection_id in left:
            await self._offers.remove(of_dialog(collection_id))

    async def _sweep(self, before: float) -> None:
        """Remove old copies that nobody removed; a training that is ordered again works from pictures of any age."""
        async with self._store.read() as conn:
            collections = await collected.ids(conn)
        await self._offers.sweep(before, {of_dialog(collection_id) for collection_id in collections})

    async def _read_figures(self) -> None:
        async with self._store.read() as conn:
            counts = await tasks.count_by_state(conn)
            self._updates.set(await inbox.count_open(conn))
        for state in State:
            self._tasks.labels(state=state.value).set(counts.get(state, 0))
