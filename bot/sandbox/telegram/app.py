"""The stand-in as a web application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.telegram.bot_side import bot_routes
from bot.sandbox.telegram.page import PAGE_ROUTES
from bot.sandbox.telegram.people.routes import people_routes
from bot.sandbox.telegram.state import Options, Sandbox
from bot.web.server import serve

_LOCAL: Final = ["127.0.0.1", "localhost"]


class _Label:
    """Says in every answer what it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def labelled(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Sandbox"] = "a stand-in for Telegram, in memory on this machine"
            await send(message)

        await self._app(scope, receive, labelled)


def create_app(sandbox: Sandbox) -> Starlette:
    """Put both sides and the page together; only requests to this machine by its own name are heard."""
    return Starlette(
        routes=[*people_routes(sandbox), *PAGE_ROUTES, *bot_routes(sandbox)],
        middleware=[Middleware(_Label), Middleware(TrustedHostMiddleware, allowed_hosts=_LOCAL)],
    )


@asynccontextmanager
async def run_telegram(options: Options | None = None, *, port: int = 0) -> AsyncIterator[tuple[str, Sandbox]]:
    """Serve a stand-in on loopback until the context ends; yield its address and what it holds.

    The address is both `TELEGRAM_API_URL` and where the chat page is. Port 0 takes a free one.
    """
    sandbox = Sandbox(options)
    async with serve(create_app(sandbox), "127.0.0.1", port) as address:
        try:
            yield address, sandbox
        finally:
            await sandbox.close()
