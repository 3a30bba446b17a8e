"""How many updates the bot takes in."""

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx

from tests.bench.stage import Line, Stage, run_stage

UPDATES = 1000
GROUP = -4_000_000_999


async def measure() -> AsyncIterator[Line]:
    """Hand over a backlog of group messages that ask for nothing: written down, handled, settled."""
    async with run_stage() as stage:
        worked = stage.cpu()
        for number in range(UPDATES):
            stage.telegram.updates.push("message", _message(stage, number))
        last = _last_id(stage)
        await stage.until(lambda: stage.times.polls[-1][1] > last)
        confirmed = stage.times.polls[-1][0]
        begun = min(at for (chat, _), at in stage.times.handed.items() if chat == GROUP)
        settled = await _settled_at(stage)
        yield f"{UPDATES} updates waiting: accepted", f"{UPDATES / (confirmed - begun):.0f}/s"
        yield "    accepted, handled and settled", f"{UPDATES / (settled - begun):.0f}/s"
        yield "    CPU time for each of them", f"{(stage.cpu() - worked) / UPDATES * 1000:.1f} ms"


def _message(stage: Stage, number: int) -> dict[str, Any]:
    person = stage.people[number % len(stage.people)]
    return {
        "message_id": number + 1,
        "date": int(time.time()),
        "chat": {"id": GROUP, "type": "group", "title": "Talkers"},
        "from": {"id": person, "is_bot": False, "first_name": "Person", "language_code": "en"},
        "text": f"What a day, number {number}!",
    }


def _last_id(stage: Stage) -> int:
    head = stage.telegram.updates.head()
    assert head is not None
    return head.id + UPDATES - 1


async def _settled_at(stage: Stage) -> float:
    address = stage.studio.bot.settings["PUBLIC_URL"]
    async with httpx.AsyncClient() as http:
        while True:
            health = await http.get(f"{address}/healthz")
            if health.json()["updates_open"] == 0:
                return time.time()
