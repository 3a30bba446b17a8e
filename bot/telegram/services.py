"""What handlers work with: one frozen object, made by the composition root, and a context that hands it over."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import httpx
from telegram.ext import Application, CallbackContext, ExtBot, JobQueue

from bot.capabilities.base import Studio
from bot.settings import Settings
from bot.store.engine import Store
from bot.telegram.admins import Admins
from bot.telegram.album import Pages
from bot.tracker.timings import Timings


@dataclass(frozen=True, slots=True)
class Services:
    """The parts that a handler may use."""

    settings: Settings
    store: Store
    studio: Studio
    timings: Timings
    admins: Admins
    wake: Callable[[], None]  # tells the tracker that a task was added
    http: httpx.AsyncClient  # for the vendor's pictures
    fetch: Callable[[str], Awaitable[bytes]]  # a file of Telegram's, by its id
    is_down: Callable[[], bool]  # whether the image service is out of order
    pages: Pages = field(default_factory=Pages)
    clock: Callable[[], float] = time.time


_Nothing: TypeAlias = dict[Any, Any]
Bot: TypeAlias = ExtBot[Any]


class Context(CallbackContext[Bot, _Nothing, _Nothing, Services]):
    """A context whose `bot_data` is the services; chat and user data are not used, because rows hold them."""

    @property
    def services(self) -> Services:
        """Give the parts that the composition root put in place."""
        return self.bot_data


App: TypeAlias = Application[Bot, Context, _Nothing, _Nothing, Services, JobQueue[Context] | None]
