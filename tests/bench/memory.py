"""What the bot's process holds in memory, as Linux counts it, and how long it takes to start."""

import re
import time
from collections.abc import AsyncIterator

from bot.sandbox.telegram.people.speaking import Upload
from tests.bench.stage import Line, Stage, jpeg, run_stage

MANY = 200
ALBUMS = 10


async def measure() -> AsyncIterator[Line]:
    """Read resident memory, and its peak, after each kind of work."""
    begun = time.time()
    async with run_stage(VENDOR_CONCURRENCY="50") as stage:
        yield "start, to the first picture delivered", f"{time.time() - begun:.1f} s"
        yield "memory, idle", _memory(stage)
        await _order(stage, [f"one {number}" for number in range(MANY)], "")
        yield f"    after {MANY} tasks of one picture", _memory(stage)
        await _order(stage, [f"eight {number}" for number in range(ALBUMS)], "--n 8")
        yield f"    after {ALBUMS} tasks of eight pictures", _memory(stage)
        photo = Upload("photo.jpg", "image/jpeg", jpeg(6000, 4000))
        await stage.say(stage.people[0], "/imagine fitted", files=(photo,), media="document")
        await stage.delivered("fitted")
        yield "    after fitting a JPEG of 24 megapixels", _memory(stage)


async def _order(stage: Stage, prompts: list[str], flags: str) -> None:
    for start in range(0, len(prompts), len(stage.people)):
        wave = prompts[start : start + len(stage.people)]
        for person, prompt in zip(stage.people, wave, strict=False):
            await stage.say(person, f"/imagine {prompt} {flags}")
        await stage.delivered(*wave)


def _memory(stage: Stage) -> str:
    """Say what is held now, and what was held at most since this was asked before."""
    status = (stage.proc / "status").read_text()
    held, peak = (int(re.findall(rf"{name}:\s+(\d+) kB", status)[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    (stage.proc / "clear_refs").write_text("5")  # begins a new peak
    return f"{held:.0f} MB, peak {peak:.0f} MB"
