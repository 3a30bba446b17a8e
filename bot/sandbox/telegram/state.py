"""All that one stand-in holds."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.sandbox.telegram.cast import BOT, TOKEN, populate
from bot.sandbox.telegram.commands import Profile
from bot.sandbox.telegram.events import EventLog
from bot.sandbox.telegram.faults import CallLog, Faults
from bot.sandbox.telegram.files import FileStore
from bot.sandbox.telegram.inline import InlineQuery
from bot.sandbox.telegram.limits import Rates
from bot.sandbox.telegram.updates import UpdateQueue
from bot.sandbox.telegram.webhook import Webhook
from bot.sandbox.telegram.world import World

_MAX_QUERIES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Options:
    """How strict the stand-in is. Times are seconds; `now` gives unix time."""

    rate_limits: bool = True
    privacy: bool = True  # the bot reads in groups only what is meant for it
    inline: bool = True  # the bot has inline mode, which its owner switches on at @BotFather
    callback_seconds: float = 15
    webhook_retry_seconds: float = 1
    token: str = TOKEN
    now: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class CallbackQuery:
    """A button that was pressed and is not answered yet."""

    user_id: int
    chat_id: int
    at: float


class Sandbox:
    """One Telegram with one bot. Must be made where an event loop runs; `close` it in the same."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.world = World(BOT)
        self.files = FileStore()
        self.events = EventLog()
        self.updates = UpdateQueue()
        self.webhook = Webhook(self.updates, self.options.webhook_retry_seconds)
        self.rates = Rates(self.options.now) if self.options.rate_limits else None
        self.profile = Profile()
        self.faults = Faults()
        self.calls = CallLog()
        self.queries: OrderedDict[str, CallbackQuery] = OrderedDict()
        self.inline_queries: OrderedDict[str, InlineQuery] = OrderedDict()
        populate(self.world, self.now())

    def now(self) -> int:
        """Tell the time in whole unix seconds, as messages carry it."""
        return int(self.options.now())

    def ask(self, user_id: int, chat_id: int) -> str:
        """Remember a pressed button; the id is what the bot answers."""
        query_id = str(secrets.randbelow(2**62))
        self.queries[query_id] = CallbackQuery(user_id, chat_id, self.options.now())
        while len(self.queries) > _MAX_QUERIES:
            self.queries.popitem(last=False)
        return query_id

    def ask_inline(self, user_id: int, chat_id: int) -> str:
        """Remember what is typed behind the bot's name; the id is what the bot answers."""
        query_id = str(secrets.randbelow(2**62))
        self.inline_queries[query_id] = InlineQuery(user_id, chat_id, self.options.now())
        while len(self.inline_queries) > _MAX_QUERIES:
            self.inline_queries.popitem(last=False)
        return query_id

    async def close(self) -> None:
        """Let go everybody who waits, and deliver no more."""
        self.events.changed.close()
        self.updates.changed.close()
        await self.webhook.remove()
