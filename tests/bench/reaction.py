"""How soon a person sees that a request was heard."""

import asyncio
from collections.abc import AsyncIterator

from tests.bench.stage import Line, Message, Stage, run_stage, spread

ALONE = 20


async def measure() -> AsyncIterator[Line]:
    """Time from the update's hand-over by Telegram to the reaction on its message."""
    async with run_stage(VENDOR_CONCURRENCY="100") as stage:
        stage.vendor.task_seconds = 60.0  # nothing is delivered meanwhile
        alone: list[Message] = []
        for number in range(ALONE):
            alone.append(await stage.say(stage.people[number], f"/imagine fox {number}"))
            await stage.until(lambda: alone[-1] in stage.times.reacted)
        yield "update to reaction, idle bot", spread(_waits(stage, alone))
        worked = stage.cpu()
        said = await asyncio.gather(*(stage.say(person, "/imagine an owl") for person in stage.people))
        await stage.until(lambda: stage.times.reacted.keys() >= set(said))
        yield f"update to reaction, {len(said)} people at once", spread(_waits(stage, said))
        yield "    CPU time for each of them", f"{(stage.cpu() - worked) / len(said) * 1000:.0f} ms"


def _waits(stage: Stage, messages: list[Message]) -> list[float]:
    return [stage.times.reacted[message] - stage.times.handed[message] for message in messages]
