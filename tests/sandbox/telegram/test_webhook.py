"""Updates by webhook: posted in order, with the secret, until they are taken."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot
from telegram.error import BadRequest, Conflict

from bot.sandbox.chat import ChatClient
from bot.sandbox.telegram.people.shown import Person
from bot.sandbox.telegram.state import Sandbox
from bot.web.server import serve


class Receiver:
    """Takes what is posted; answers 500 as often as it is told."""

    def __init__(self) -> None:
        self.url = ""
        self.failures = 0
        self.refused = 0
        self.secrets: set[str | None] = set()
        self.taken: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def receive(self, request: Request) -> Response:
        self.secrets.add(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        if self.failures:
            self.failures -= 1
            self.refused += 1
            return Response(status_code=500)
        self.taken.put_nowait(await request.json())
        return Response()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = Starlette(routes=[Route("/hook", made.receive, methods=["POST"])])
    async with serve(app, "127.0.0.1", 0) as address:
        made.url = f"{address}/hook"
        yield made


async def next_text(receiver: Receiver) -> str:
    async with asyncio.timeout(20):
        update = await receiver.taken.get()
    return str(update["message"]["text"])


async def test_posts_in_order_and_again_until_taken(
    bot: Bot, chat: ChatClient, alice: Person, receiver: Receiver
) -> None:
    receiver.failures = 2
    await bot.set_webhook(receiver.url, secret_token="s3cret")
    for text in ("one", "two", "three"):
        await chat.send(alice.id, alice.id, text)
    assert [await next_text(receiver) for _ in range(4)] == ["/start", "one", "two", "three"]
    assert (receiver.refused, receiver.secrets) == (2, {"s3cret"})
    info = await bot.get_webhook_info()
    assert (info.url, info.last_error_message) == (
        receiver.url,
        "Wrong response from the webhook: 500 Internal Server Error",
    )


async def test_polling_is_refused_beside_it(bot: Bot, receiver: Receiver) -> None:
    await bot.set_webhook(receiver.url)
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_a_poll_under_way_ends(bot: Bot, receiver: Receiver, sandbox: Sandbox) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=50))
    assert await sandbox.updates.changed.wait(20)  # until the poll is there
    await bot.set_webhook(receiver.url)
    with pytest.raises(Conflict):
        await poll


async def test_only_to_this_machine(bot: Bot) -> None:
    for url in ("https://example.com/hook", "http://10.0.0.1/hook", "ftp://127.0.0.1/hook"):
        with pytest.raises(BadRequest, match=r"(?i)bad webhook"):
            await bot.set_webhook(url)
    with pytest.raises(BadRequest, match=r"(?i)secret token contains unallowed characters"):
        await bot.set_webhook("http://127.0.0.1:1/hook", secret_token="not allowed!")


async def test_what_waits_can_be_dropped(bot: Bot, chat: ChatClient, alice: Person, receiver: Receiver) -> None:
    await bot.delete_webhook(drop_pending_updates=True)
    await bot.set_webhook(receiver.url)
    await chat.send(alice.id, alice.id, "after")
    assert await next_text(receiver) == "after"
