"""Pace what the bot sends: `ApplicationBuilder().rate_limiter(Pacer())`.

Messages and edits wait for their turn (see `turns`); everything else goes at once. A call may say what it is:
`bot.send_message(..., rate_limit_args=Priority.RESULT)`.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, Literal

import structlog
from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.telegram.rates import Rates
from bot.telegram.turns import ChatId, Priority, Send, Turns

log = structlog.get_logger()

Answer = bool | dict[str, Any] | list[dict[str, Any]]
Outcome = Literal["turn", "outdated", "too late"]

_RESULTS = frozenset({"sendPhoto", "sendMediaGroup", "sendDocument", "editMessageMedia"})
_OTHER_EDITS = frozenset({"sendMessageDraft", "stopMessageLiveLocation", "stopPoll"})

# Of no use when late: these are never repeated.
_FLEETING = frozenset({"sendChatAction", "setMessageReaction", "answerCallbackQuery", "answerInlineQuery"})

_TRY_LATER = 30  # seconds, told to a call that had to give up waiting


class Pacer(BaseRateLimiter[int]):
    """Keeps to Telegram's limits, results first.

    A call that would wait too long raises `RetryAfter`, as if Telegram had refused it: it was not sent. An edit that
    a newer one replaced while it waited is not sent and returns True, as edits without a message to return do.
    """

    def __init__(
        self,
        rates: Rates | None = None,
        *,
        retries: int = 5,
        max_wait: float = 300,
        max_waiting: int = 1000,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._turns = Turns(rates or Rates())
        self._retries = retries
        self._max_wait = max_wait
        self._max_waiting = max_waiting
        self._clock = clock
        self._sleep = sleep
        self._waiting: dict[Send, asyncio.Future[Outcome]] = {}
        self._timer: asyncio.Task[None] | None = None
        self._timer_at = math.inf

    async def initialize(self) -> None:
        """Do nothing: there is nothing to open."""

    async def shutdown(self) -> None:
        """Refuse whatever still waits."""
        waiting = list(self._waiting)
        for send in waiting:
            self._turns.leave(send)
        self._tell(waiting, "too late")
        self._set_timer()

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Answer]],
        args: Any,  # noqa: ANN401  the base class's signature
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Answer:
        """Make the call when its turn has come; again, when Telegram says how long to wait, a few times."""
        deadline = self._clock() + self._max_wait
        send = _send(endpoint, data, rate_limit_args, deadline)
        if endpoint == "deleteMessage":
            self._tell(self._turns.outdate(endpoint, _chat(data), data.get("message_id")), "outdated")
        for attempts_left in range(self._retries, -1, -1):
            if send is not None and not await self._turn(send):
                return True
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                seconds = seconds_to_wait(error)
                log.warning("flood_control", endpoint=endpoint, chat=data.get("chat_id"), seconds=seconds)
                until = self._clock() + seconds
                if send is not None:
                    self._halt(send.chat, until)
                if not attempts_left or until > deadline or endpoint in _FLEETING:
                    raise
            if send is None:
                await self._sleep(seconds)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _turn(self, send: Send) -> bool:
        """Wait for the turn; False when the call has become pointless."""
        if len(self._waiting) >= self._max_waiting:
            raise RetryAfter(_TRY_LATER)
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting[send] = outcome
        self._tell(self._turns.enter(send, self._clock()), "outdated")
        self._advance()
        try:
            if await outcome == "too late":
                raise RetryAfter(_TRY_LATER)
        except asyncio.CancelledError:
            self._waiting.pop(send, None)
            self._turns.leave(send)
            self._advance()
            raise
        return outcome.result() == "turn"

    def _advance(self) -> None:
        now = self._clock()
        self._tell(self._turns.take(now), "turn")
        self._tell(self._turns.lapsed(now), "too late")
        self._set_timer()

    def _tell(self, sends: list[Send], outcome: Outcome) -> None:
        for send in sends:
            told = self._waiting.pop(send)
            if not told.done():  # its caller may have been cancelled a moment ago
                told.set_result(outcome)

    def _halt(self, chat: ChatId | None, until: float) -> None:
        self._turns.halt(chat, until, self._clock())
        self._advance()

    def _set_timer(self) -> None:
        now = self._clock()
        at = self._turns.next_at(now)
        if at == self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        delay = max(at - now, 0.001)  # a clock's rounding must not make it spin
        self._timer = None if at == math.inf else asyncio.create_task(self._wake(delay), name="pacer")

    async def _wake(self, delay: float) -> None:
        await self._sleep(delay)
        self._timer, self._timer_at = None, math.inf
        self._advance()


def seconds_to_wait(error: RetryAfter) -> float:
    """Read how long Telegram asks to wait; python-telegram-bot is changing the type."""
    told = error.retry_after
    return told.total_seconds() if isinstance(told, timedelta) else float(told)


def _send(endpoint: str, data: dict[str, Any], priority: int | None, deadline: float) -> Send | None:
    """Describe a call that makes or edits messages; None for any other."""
    usual = _usual_priority(endpoint)
    if usual is None:
        return None
    several = data.get("media") if endpoint == "sendMediaGroup" else data.get("message_ids")
    return Send(
        endpoint,
        Priority(priority) if priority else usual,
        _chat(data),
        deadline,
        message=data.get("message_id"),
        places=max(len(several), 1) if isinstance(several, list | tuple) else 1,
    )


def _usual_priority(endpoint: str) -> Priority | None:
    if endpoint in _RESULTS:
        return Priority.RESULT
    if endpoint.startswith("editMessage") or endpoint in _OTHER_EDITS:
        return Priority.EDIT
    if endpoint.startswith(("send", "forwardMessage", "copyMessage")) and endpoint != "sendChatAction":
        return Priority.MESSAGE
    return None


def _chat(data: dict[str, Any]) -> ChatId | None:
    chat: ChatId | None = data.get("chat_id")
    try:
        return int(chat) if chat is not None else None
    except ValueError:
        return chat
