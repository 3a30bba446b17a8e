from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.chat import ChatClient
from bot.sandbox.telegram.app import run_telegram
from bot.sandbox.telegram.cast import TOKEN
from bot.sandbox.telegram.state import Options
from bot.sandbox.vendor.app import create_app
from bot.sandbox.vendor.vendor import ACCESS_KEY, SECRET_KEY, Vendor
from bot.web.server import serve
from tests.e2e.studio import Bot, Studio, free_port


@pytest.fixture
def vendor() -> Vendor:
    return Vendor(task_seconds=0)


@pytest.fixture
def settings() -> dict[str, str]:
    """What a test wants to set otherwise."""
    return {}


@pytest.fixture
async def studio(vendor: Vendor, settings: dict[str, str], tmp_path: Path) -> AsyncIterator[Studio]:
    async with (
        serve(create_app(vendor), "127.0.0.1", 0) as vendor_address,
        run_telegram(Options(rate_limits=False)) as (address, telegram),
        ChatClient(address) as chat,
    ):
        port = free_port()
        usual = {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": address,
            "MIAOHUA_ACCESS_KEY": ACCESS_KEY,
            "MIAOHUA_SECRET_KEY": SECRET_KEY,
            "MIAOHUA_API_URL": vendor_address,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "WEB_PORT": str(port),
            "MIN_INTERVAL_SECONDS": "0",
            "MAX_RUNNING_TASKS": "100",
            "DAILY_LIMIT": "1000",
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "DEBUG",
        }
        bot = Bot(usual | settings, tmp_path)
        await bot.start()
        try:
            yield Studio(bot, chat, await chat.state(), vendor, vendor_address, telegram, address)
        finally:
            await bot.kill()
            print("".join(bot.log[-100:]))  # noqa: T201  pytest shows it with a failure
