"""Killed at any moment: nothing lost, nothing ordered twice."""

import asyncio
import random
from collections import Counter

import pytest

from bot.sandbox.telegram.people.shown import ChatMessage
from bot.sandbox.vendor.vendor import Vendor
from bot.store import inbox, tasks
from bot.store.engine import Store
from tests.e2e.studio import Studio, has_result

KILLS = 20
PEOPLE = ("Alice", "小明", "Bob", "李华")


@pytest.fixture
def vendor() -> Vendor:
    return Vendor(task_seconds=0.4)


@pytest.fixture
def settings() -> dict[str, str]:
    return {"VENDOR_CONCURRENCY": "8", "LOG_LEVEL": "INFO"}


@pytest.mark.timeout(400)
async def test_killed_at_twenty_random_moments(studio: Studio) -> None:
    chance = random.Random()
    asked: dict[int, str] = {}
    for kill in range(KILLS):
        for person in chance.sample(PEOPLE, 2):
            words = f"fox number {kill} of {person}"
            [message] = await studio.say(person, f"/imagine {words} --size 640x640")
            asked[message.message_id] = words
        await asyncio.sleep(chance.uniform(0.0, 2.5))  # the random moment itself
        await studio.bot.kill()
        await studio.bot.launch()
    await _all_ended(studio, len(asked))
    ordered = Counter(order["prompt"] for order in studio.orders())
    assert max(ordered.values()) == 1
    answers = [answer for person in PEOPLE for answer in await studio.chat.history(studio.state.chat(person).id)]
    for message_id, words in asked.items():
        mine = [answer for answer in answers if answer.reply_to_message_id == message_id and answer.sender.is_bot]
        delivered = [answer for answer in mine if words in answer.caption]
        uncertain = [answer for answer in mine if any(_retries(button.data) for button in answer.buttons)]
        assert delivered or uncertain, words
        assert not (delivered and uncertain), words
        assert ordered[words] == 1 or uncertain, words


async def test_a_dialog_and_its_buttons_outlive_a_kill(studio: Studio) -> None:
    await studio.say("Alice", "/imagine")
    await studio.answer("Alice", lambda message: "What shall I draw" in message.text)
    await studio.bot.kill()
    await studio.bot.start()
    await studio.say("Alice", "a fox in the snow")
    panel = await studio.answer("Alice", lambda message: _has(message, "✨ Generate"))
    await studio.bot.kill()
    await studio.bot.start()
    await studio.press("Alice", panel, "✨ Generate")
    result = await studio.answer("Alice", has_result)
    assert "a fox in the snow" in result.caption


async def test_a_second_arrival_of_an_update_has_no_second_effect(studio: Studio) -> None:
    await studio.say("Alice", "/imagine a fox")
    await studio.answer("Alice", has_result)
    update_id = max(int(call["params"].get("offset", 0)) for call in await _polls(studio)) - 1
    await studio.chat.act("redeliver", update_id=update_id)
    await studio.say("Alice", "/help")
    await studio.answer("Alice", lambda message: "/imagine" in message.text)
    assert len(studio.orders()) == 1


async def test_an_order_without_an_answer_is_told_and_never_repeated(studio: Studio) -> None:
    await studio.fault(on="imgen", drop="after")
    await studio.say("Alice", "/imagine a fox")
    told = await studio.answer("Alice", lambda message: _has(message, "🔁 Retry"))
    assert "cannot tell" in told.text
    assert len(studio.orders()) == 1
    await studio.press("Alice", told, "🔁 Retry")
    await studio.answer("Alice", has_result)
    assert len(studio.orders()) == 2


@pytest.mark.parametrize("fault", [{"code": 8}, {"code": 503}, {"code": 13}, {"status": 503}, {"code": 409}])
async def test_a_busy_vendor_costs_nothing_but_time(studio: Studio, fault: dict[str, int]) -> None:
    await studio.fault(on="imgen", times=2, **fault)
    await studio.say("Alice", "/imagine a fox")
    await studio.answer("Alice", has_result)
    assert len(studio.orders()) == 1


async def test_told_to_stop_it_ends_in_peace(studio: Studio) -> None:
    await studio.say("Alice", "/imagine a fox")
    await studio.chat.wait_for(lambda event: event.type == "reaction")
    assert await studio.bot.stop() == 0
    assert not any("Traceback" in line for line in studio.bot.log)
    await studio.bot.start()
    await studio.answer("Alice", has_result)
    assert len(studio.orders()) == 1


async def _all_ended(studio: Studio, expected: int) -> None:
    """Wait until every request is a task, every task has ended, and everybody has been told."""
    store = await Store.open(f"sqlite+aiosqlite:///{studio.bot.home}/data/bot.db")
    try:
        async with asyncio.timeout(150):
            while True:
                async with store.read() as conn:
                    counts = await tasks.count_by_state(conn)
                    waits = await tasks.pulse(conn, 0.0)
                    unsettled = await inbox.count_open(conn)
                if sum(counts.values()) == expected and not waits and not unsettled:
                    return
                await studio.chat.events(0.5)  # until something happens
    finally:
        await store.close()


async def _polls(studio: Studio) -> list[dict[str, dict[str, int]]]:
    return [call for call in await studio.chat.calls() if call["method"].lower() == "getupdates"]


def _retries(data: str | None) -> bool:
    return (data or "").startswith("r:retry:")


def _has(message: ChatMessage, button: str) -> bool:
    return any(held.text == button for held in message.buttons)
