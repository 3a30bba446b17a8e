"""Where the requests go in these tests: to the stand-in for Telegram, and to where the vendor's pictures lie."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import httpx
from telegram.ext import Application, ContextTypes, ExtBot
from telegram.request import HTTPXRequest

from bot.sandbox.telegram.app import create_app
from bot.sandbox.telegram.cast import TOKEN
from bot.sandbox.telegram.state import Sandbox
from bot.telegram.pacing import Pacer
from bot.telegram.rates import Rate, Rates
from bot.telegram.services import App, Bot, Context

ADDRESS = "http://127.0.0.1"
WEB = "http://127.0.0.1/vendor"

# Nothing waits for its turn here: pacing has its own tests.
_ANY = Rate(10_000, 1)
UNHURRIED = Rates(overall=_ANY, chat=_ANY, chat_edits=_ANY, group=_ANY, group_edits=_ANY)

# Loading certificates would only take time.
_PLAIN: dict[str, Any] = {"trust_env": False, "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}


class Wire(httpx.ASGITransport):
    """The way to the stand-in for Telegram.

    `after` holds what is to happen once, by method (or a file's name): when the work is done and the answer is still
    on its way. What it raises, the bot meets in place of the answer.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(create_app(sandbox))
        self.after: dict[str, Callable[[], Awaitable[object]]] = {}

    def fail(self, method: str, error: Exception) -> None:
        async def meet() -> None:
            raise error

        self.after[method] = meet

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        happens = self.after.pop(request.url.path.rpartition("/")[2], None)
        if happens is not None:
            await happens()
        return answer


@dataclass
class Web:
    """Where the vendor's pictures lie: bytes, a status, or an error, by path; and what was asked for."""

    holds: dict[str, bytes | int | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        self.asked.append(name)
        held = self.holds.get(name, 404)
        if isinstance(held, Exception):
            raise held
        return httpx.Response(held) if isinstance(held, int) else httpx.Response(200, content=held)


def make_app(wire: Wire) -> App:
    """Make a real application whose bot speaks to the stand-in."""
    requests = [HTTPXRequest(httpx_kwargs={**_PLAIN, "transport": wire}) for _ in range(2)]
    bot: Bot = ExtBot(
        TOKEN,
        base_url=f"{ADDRESS}/bot",
        base_file_url=f"{ADDRESS}/file/bot",
        request=requests[0],
        get_updates_request=requests[1],
        rate_limiter=Pacer(UNHURRIED),
    )
    builder: Any = Application.builder().bot(bot).updater(None).context_types(ContextTypes(context=Context))
    return cast("App", builder.job_queue(None).build())
