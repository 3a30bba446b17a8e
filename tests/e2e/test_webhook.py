"""Webhook mode: the same bot, with Telegram knocking at its door."""

import httpx
import pytest

from tests.e2e.studio import Studio, has_result


@pytest.fixture
def settings() -> dict[str, str]:
    return {"TELEGRAM_MODE": "webhook", "TELEGRAM_WEBHOOK_SECRET": "a-secret-word"}


async def test_updates_come_by_webhook_and_survive_a_kill(studio: Studio) -> None:
    await studio.say("Alice", "/imagine a fox")
    await studio.answer("Alice", has_result)
    await studio.bot.kill()
    await studio.say("Alice", "/imagine a wolf")
    await studio.bot.start()
    await studio.answer("Alice", lambda message: "a wolf" in message.caption)
    assert [order["prompt"] for order in studio.orders()] == ["a fox", "a wolf"]


async def test_strangers_are_not_heard(studio: Studio) -> None:
    address = studio.bot.settings["PUBLIC_URL"]
    async with httpx.AsyncClient() as http:
        forged = await http.post(f"{address}/telegram", json={"update_id": 1})
        health = await http.get(f"{address}/healthz")
        metrics = await http.get(f"{address}/metrics")
    assert forged.status_code == 403
    assert health.json()["ok"] is True
    assert "bot_tasks" in metrics.text
