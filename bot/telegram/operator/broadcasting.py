"""Send what was confirmed to one chat after the other; rows say where it is, so that it goes on after a kill."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import structlog
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError, TimedOut

from bot.conversations.view import Button
from bot.locales.text import Text
from bot.store import broadcasts
from bot.store.broadcasts import Broadcast, Post
from bot.store.engine import Store
from bot.telegram import messages
from bot.telegram.faults import may_have_arrived, translated
from bot.telegram.operator import broadcast_view as view
from bot.telegram.services import Bot
from bot.telegram.turns import Priority
from bot.tracker.ports import NotNow, Undeliverable
from bot.waiting import pause, repeat

log = structlog.get_logger()

EVERY = 3.0
SHOW_EVERY = 5.0

# Seconds to wait where Telegram is out of reach and does not say for how long.
AWAY = 15.0


class Broadcasting:
    """The loop that sends broadcasts: one message is on its way at a time, and nothing else waits for it."""

    def __init__(self, bot: Bot, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._bot = bot
        self._store = store
        self._clock = clock
        self._shown_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is confirmed until `stop` is set."""
        await repeat(partial(self.work, stop), stop, EVERY, failed="broadcasting_failed")

    async def work(self, stop: asyncio.Event) -> None:
        """Send all that is confirmed, the oldest broadcast first."""
        while not stop.is_set():
            async with self._store.read() as conn:
                broadcast = await broadcasts.under_way(conn)
                chat_id = await broadcasts.next_due(conn, broadcast.id) if broadcast else None
            if broadcast is None:
                return
            if chat_id is None:
                await self._finish(broadcast)
                continue
            try:
                await self._post(broadcast, chat_id)
            except NotNow as fault:
                await pause(stop, AWAY if fault.seconds is None else fault.seconds)
            await self._show(broadcast)

    async def _post(self, broadcast: Broadcast, chat_id: int) -> None:
        """Send it to one chat, and write down what became of it; raise `NotNow` where it is to be tried again."""
        try:
            async with translated(self._store, chat_id):
                became = await self._send(broadcast, chat_id)
        except (Undeliverable, BadRequest):
            became = Post.FAILED
        async with self._store.write() as conn:
            await broadcasts.settle(conn, broadcast.id, chat_id, became)

    async def _send(self, broadcast: Broadcast, chat_id: int) -> Post:
        try:
            await self._bot.send_message(
                chat_id, broadcast.body, parse_mode=ParseMode.HTML, rate_limit_args=Priority.BROADCAST
            )
        except TimedOut as fault:
            if not may_have_arrived(fault):
                raise
            # Nobody wants the same news twice.
            log.warning("broadcast_unanswered", broadcast=broadcast.id, chat=chat_id)
            return Post.FAILED
        return Post.SENT

    async def _show(self, broadcast: Broadcast) -> None:
        """Show its author now and then how far it is."""
        now = self._clock()
        if now - self._shown_at < SHOW_EVERY:
            return
        self._shown_at = now
        async with self._store.read() as conn:
            posts = await broadcasts.tally(conn, broadcast.id)
        await self._edit(broadcast, view.progress(posts), view.stop(broadcast.id))
        async with self._store.read() as conn:
            posts, still = await broadcasts.tally(conn, broadcast.id), await broadcasts.get(conn, broadcast.id)
        if still is None or still.ended_at is not None:  # stopped meanwhile: the last word is that
            await self._edit(broadcast, view.stopped(posts))

    async def _finish(self, broadcast: Broadcast) -> None:
        """Report, then end: twice is better than never."""
        async with self._store.read() as conn:
            posts = await broadcasts.tally(conn, broadcast.id)
        log.info("broadcast_sent", broadcast=broadcast.id, sent=posts[Post.SENT], failed=posts[Post.FAILED])
        with suppress(TelegramError):
            sentence = view.report(posts).html(broadcast.lang)
            await self._bot.send_message(broadcast.author_id, sentence, parse_mode=ParseMode.HTML)
        await self._edit(broadcast, view.progress(posts))
        async with self._store.write() as conn:
            await broadcasts.end(conn, broadcast.id, self._clock())

    async def _edit(self, broadcast: Broadcast, sentence: Text, *rows: Sequence[Button]) -> None:
        if broadcast.message_id is None:
            return
        with suppress(TelegramError):
            await messages.edit(self._bot, broadcast.author_id, broadcast.message_id, sentence, broadcast.lang, *rows)
