"""Updates of one person in one chat run one after another; those of others beside them.

A handler may then read a dialog's state and write it back without another update of the same dialog in between.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from inspect import iscoroutine
from typing import Any

import structlog
from telegram import Update
from telegram.ext import BaseUpdateProcessor

log = structlog.get_logger()

# The base class takes its semaphore first, when a person's backlog would fill it: it must never be the one that waits.
_NEVER_REACHED = 1 << 30

After = Callable[[object], Awaitable[None]]


class SerialProcessor(BaseUpdateProcessor):
    """Runs the handlers of up to `concurrency` dialogs at a time, in order of arrival within each.

    `after` is awaited with every update whose handlers are done or have failed, before the next update of that dialog
    begins. Once begun it is not cancelled; it is not called for an update whose handlers were cancelled.
    """

    def __init__(self, concurrency: int = 64, after: After | None = None) -> None:
        super().__init__(max_concurrent_updates=_NEVER_REACHED)
        self._slots = asyncio.Semaphore(concurrency)
        self._after = after
        self._locks: dict[Hashable, tuple[asyncio.Lock, int]] = {}
        self._settling: set[asyncio.Task[None]] = set()

    async def initialize(self) -> None:
        """Do nothing: there is nothing to open."""

    async def shutdown(self) -> None:
        """Wait for the last `after`."""
        if self._settling:
            await asyncio.wait(self._settling)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Await the handlers when it is this dialog's turn and a slot is free."""
        try:
            async with self._turn(dialog_key(update)):
                await self._run(update, coroutine)
        finally:
            if iscoroutine(coroutine):
                coroutine.close()  # cancelled before it began: nobody else will

    async def _run(self, update: object, coroutine: Awaitable[Any]) -> None:
        try:
            async with self._slots:
                await coroutine
        except Exception:
            await self._settle(update)
            raise
        await self._settle(update)

    @asynccontextmanager
    async def _turn(self, key: Hashable) -> AsyncIterator[None]:
        """Hold a key's lock. Whoever waits or holds is counted; the last one takes the lock away."""
        lock, users = self._locks.get(key) or (asyncio.Lock(), 0)
        self._locks[key] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks.pop(key)
            if users > 1:
                self._locks[key] = lock, users - 1

    async def _settle(self, update: object) -> None:
        if self._after is None:
            return
        task = asyncio.create_task(_logged(self._after, update))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
        await asyncio.shield(task)


def dialog_key(update: object) -> Hashable:
    """Say which updates must not run at the same time: those of one sender in one chat.

    A query sent inline has no chat. An update with neither chat nor sender stands alone.
    """
    if not isinstance(update, Update):
        return object()
    chat, sender = update.effective_chat, update.effective_sender
    if chat is None and sender is None:
        return "update", update.update_id
    return chat and chat.id, sender and sender.id


async def _logged(after: After, update: object) -> None:
    try:
        await after(update)
    except Exception:
        log.exception("update_not_settled", update_id=getattr(update, "update_id", None))
