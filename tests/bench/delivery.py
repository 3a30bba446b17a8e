"""How soon a picture that the vendor has finished is in the chat."""

import random
from collections.abc import AsyncIterator, Iterator

from bot.sandbox.vendor.tasks import Task
from tests.bench.stage import Line, Stage, run_stage, spread

ALONE = 8
CROWD = 30
FASTEST, SLOWEST = 10, 70  # steps; a task takes 0.6 to 1.8 times the stand-in's usual time


async def measure() -> AsyncIterator[Line]:
    """Time from the vendor's SUCCESS to the upload at Telegram; tasks take 0.6 to 1.8 s, as chance has it."""
    chance = random.Random(1)
    async with run_stage(task_seconds=1.0, VENDOR_CONCURRENCY=str(CROWD)) as stage:
        alone = [f"alone {number}" for number in range(ALONE)]
        for prompt in alone:
            await stage.say(stage.people[0], _order(prompt, chance))
            await stage.delivered(prompt)
        for line in _told(stage, alone, "one task at a time"):
            yield line
        worked, ordered = stage.cpu(), _orders(stage)
        crowd = [f"crowd {number}" for number in range(CROWD)]
        for person, prompt in zip(stage.people, crowd, strict=False):
            await stage.say(person, _order(prompt, chance))
        await stage.delivered(*crowd)
        for line in _told(stage, crowd, f"{CROWD} tasks at a time"):
            yield line
        yield "    orders posted for each of them", f"{(_orders(stage) - ordered) / CROWD:.2f}"
        yield "    CPU time for each of them, from update to picture", f"{(stage.cpu() - worked) / CROWD * 1000:.0f} ms"


def _order(prompt: str, chance: random.Random) -> str:
    return f"/imagine {prompt} --steps {chance.randint(FASTEST, SLOWEST)}"


def _told(stage: Stage, prompts: list[str], when: str) -> Iterator[Line]:
    tasks = {task.body["prompt"]: task for task in stage.vendor.tasks.all()}
    heard = [_fetched_at(stage, tasks[prompt]) - _success_at(tasks[prompt]) for prompt in prompts]
    whole = [stage.times.delivered[prompt] - _success_at(tasks[prompt]) for prompt in prompts]
    yield f"SUCCESS to picture at Telegram, {when}", spread(whole)
    yield "    of that until the bot begins to fetch it", spread(heard)


def _orders(stage: Stage) -> int:
    return stage.vendor.journal.counts["POST /v1/imgenstd/imgen"]


def _success_at(task: Task) -> float:
    return task.accepted_at + task.seconds


def _fetched_at(stage: Stage, task: Task) -> float:
    return next(
        float(request["time"])
        for request in stage.vendor.journal.last
        if request["path"].startswith(f"/pictures/{task.id}/")
    )
