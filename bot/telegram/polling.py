"""Fetch updates so that none is lost: a batch is confirmed to Telegram only once it is accepted."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

import structlog
from telegram import Bot
from telegram.error import Conflict, EndPointNotFound, InvalidToken, RetryAfter

from bot.telegram.pacing import seconds_to_wait

log = structlog.get_logger()

RawUpdate = dict[str, Any]
T = TypeVar("T")

LONGEST_PAUSE = 30.0  # seconds

# Any other spelling of getUpdates warns that python-telegram-bot has a method for it, which gives no raw updates.
_GET_UPDATES = "get_Updates"

_READ_MARGIN = 10.0  # seconds beyond the long poll, for an answer to arrive
_ACCEPT_SECONDS = 60.0


class Poller:
    """Long polling with `getUpdates`.

    `accept` gets each batch as Telegram sent it. When it raises, the batch is not confirmed and comes again; after a
    stop or a crash the last batch may come twice. `poll_seconds` is how long Telegram holds a poll without updates.
    """

    def __init__(
        self,
        bot: Bot,
        accept: Callable[[list[RawUpdate]], Awaitable[None]],
        allowed_updates: Sequence[str],
        *,
        poll_seconds: int = 30,
        sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._bot = bot
        self._accept = accept
        self._allowed_updates = list(allowed_updates)
        self._poll_seconds = poll_seconds
        self._sleep = sleep
        self._chance = chance
        self._webhook_gone = False
        self._offset: int | None = None
        self._failures = 0
        self._conflict_told = False

    async def run(self, stop: asyncio.Event) -> None:
        """Fetch until `stop` is set; a poll in progress is then given up, a batch in hand is still accepted.

        Raises `InvalidToken` when Telegram does not know the token; all other failures are waited out.
        """
        stopped = asyncio.create_task(stop.wait(), name="polling stop")
        try:
            while not stop.is_set():
                pause = await self._round(stopped)
                if pause:
                    await _unless(stopped, self._sleep(pause))
        finally:
            stopped.cancel()

    async def _round(self, stopped: asyncio.Task[Any]) -> float:
        """Fetch and hand over once; return how long to pause."""
        try:
            batch = await _unless(stopped, self._fetch())
        except (InvalidToken, EndPointNotFound) as error:  # the latter is what an initialized Bot makes of the former
            raise InvalidToken("Telegram does not know this bot's token.") from error
        except RetryAfter as error:
            return seconds_to_wait(error)
        except Exception as error:  # noqa: BLE001  whatever came, the next poll may work
            return self._fetch_failed(error)
        return await self._hand_over(batch) if batch else self._succeeded()

    async def _fetch(self) -> list[RawUpdate]:
        async with asyncio.timeout(self._poll_seconds + 2 * _READ_MARGIN):
            if not self._webhook_gone:
                await self._bot.delete_webhook(drop_pending_updates=False)
                self._webhook_gone = True
            batch: list[RawUpdate] = await self._bot.do_api_request(
                _GET_UPDATES,
                api_kwargs={
                    "offset": self._offset,
                    "timeout": self._poll_seconds,
                    "allowed_updates": self._allowed_updates,
                },
                read_timeout=self._poll_seconds + _READ_MARGIN,
            )
        return batch

    async def _hand_over(self, batch: list[RawUpdate]) -> float:
        try:
            async with asyncio.timeout(_ACCEPT_SECONDS):
                await self._accept(batch)
        except Exception:
            log.exception("updates_not_accepted", updates=len(batch))
            return self._next_pause()
        self._offset = max(update["update_id"] for update in batch) + 1
        return self._succeeded()

    def _succeeded(self) -> float:
        self._failures = 0
        return 0

    def _fetch_failed(self, error: Exception) -> float:
        pause = self._next_pause()
        if isinstance(error, Conflict) and not self._conflict_told:
            self._conflict_told = True
            log.error(
                "polling_conflict", hint="Another process fetches this bot's updates. Telegram serves one: stop it."
            )
        else:
            log.warning("polling_failed", error=repr(error), failures=self._failures, pause=round(pause, 1))
        return pause

    def _next_pause(self) -> float:
        self._failures += 1
        return pause_after(self._failures, self._chance())


def pause_after(failures: int, chance: float) -> float:
    """Return the seconds to wait after failures in a row: doubled up to 30, less up to half by `chance` (0 to 1)."""
    longest = min(2.0 ** min(failures - 1, 10), LONGEST_PAUSE)
    return longest * (1 + chance) / 2


async def _unless(stopped: asyncio.Task[Any], work: Coroutine[Any, Any, T]) -> T | None:
    """Do the work, or give it up and return None once `stopped` is done."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
