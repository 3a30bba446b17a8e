"""What the start does where Telegram is not there, or does not want to."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot import app
from bot.assembly import Parts
from bot.settings import Settings, SettingsError
from bot.telegram.services import App

GIVEN: dict[str, Any] = {
    "telegram_bot_token": "7000000001:a-token",
    "telegram_mode": "webhook",
    "telegram_webhook_secret": "a-secret-word",
    "miaohua_access_key": "a",
    "miaohua_secret_key": "b",
    "public_url": "https://bot.example",
}


class Bot:
    """Answers with these faults before it does what it is asked; then the stop comes."""

    def __init__(self, stop: asyncio.Event, *faults: TelegramError) -> None:
        self.stop = stop
        self.faults = list(faults)
        self.heard: list[tuple[str, dict[str, Any]]] = []

    async def set_webhook(self, url: str, **more: Any) -> None:
        self.answer()
        self.heard.append((url, more))
        self.stop.set()

    async def initialize(self) -> None:
        self.answer()

    def answer(self) -> None:
        if self.faults:
            raise self.faults.pop(0)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "RECONNECT_EVERY", 0.001)


async def test_the_webhook_is_set_as_soon_as_telegram_takes_it() -> None:
    stop = asyncio.Event()
    bot = Bot(stop, NetworkError("away"), RetryAfter(1), BadRequest("bad webhook: failed to resolve host"))
    parts = cast("Parts", SimpleNamespace(app=SimpleNamespace(bot=bot)))
    await asyncio.wait_for(app._receive(Settings(_env_file=None, **GIVEN), parts, stop), 20)
    [(url, more)] = bot.heard
    assert url == "https://bot.example/telegram"
    assert (more["secret_token"], more["drop_pending_updates"]) == ("a-secret-word", False)


async def test_the_bot_is_introduced_as_often_as_it_takes() -> None:
    bot = Bot(asyncio.Event(), NetworkError("away"))
    assert await app._connect(cast("App", bot), bot.stop)
    bot.stop.set()
    assert not await app._connect(cast("App", bot), bot.stop)


async def test_a_token_that_nobody_knows_ends_the_start() -> None:
    bot = Bot(asyncio.Event(), InvalidToken("no"))
    with pytest.raises(SettingsError, match="TELEGRAM_BOT_TOKEN"):
        await app._connect(cast("App", bot), bot.stop)
