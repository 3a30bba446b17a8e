"""What every figure needs: the bot as a process between the stand-ins, many people, and when each thing happened."""

import asyncio
import html
import io
import os
import re
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import AsyncMock, patch
from uuid import uuid4

from PIL import Image

from bot.sandbox.telegram.faults import CallLog
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.people import membership, speaking
from bot.sandbox.telegram.people.requests import NewUser
from bot.sandbox.telegram.people.speaking import Said
from bot.sandbox.telegram.state import Sandbox
from bot.sandbox.vendor import pictures
from bot.sandbox.vendor.vendor import Vendor
from bot.store.task import NewTask, State
from tests.e2e.studio import Studio, run_studio

PEOPLE = 50
PATIENCE = 60.0  # seconds for anything that a figure waits for
KEPT = 5000  # tasks and requests that the stand-in for the vendor remembers

Line = tuple[str, str]
Message = tuple[int, int]  # chat and message id

_BOLD = re.compile(r"<b>(.*?)</b>", re.DOTALL)


@dataclass
class Times:
    """When each thing happened, in unix seconds."""

    handed: dict[Message, float] = field(default_factory=dict)  # a message left for the bot in an update
    reacted: dict[Message, float] = field(default_factory=dict)  # the bot's reaction to it came in
    delivered: dict[str, float] = field(default_factory=dict)  # the pictures for this prompt came in
    polls: list[tuple[float, int]] = field(default_factory=list)  # getUpdates, with its offset


@dataclass
class Stage:
    """A running studio. People are user ids, which are the ids of their private chats, too."""

    studio: Studio
    people: list[int]
    times: Times

    @property
    def vendor(self) -> Vendor:
        return self.studio.vendor

    @property
    def telegram(self) -> Sandbox:
        return self.studio.telegram

    async def say(self, person: int, text: str, **more: Any) -> Message:
        [message] = await speaking.say(self.telegram, Said(person, person, text, **more))
        return person, message.id

    async def until(self, came: Callable[[], bool]) -> None:
        """Wait until something came about. Raises `TimeoutError`."""
        async with asyncio.timeout(PATIENCE):
            while not came():  # noqa: ASYNC110  it comes about in the stand-ins, which have no event for it
                await asyncio.sleep(0.005)

    @property
    def proc(self) -> Path:
        """Where Linux tells of the bot's process."""
        assert self.studio.bot.process is not None
        return Path(f"/proc/{self.studio.bot.process.pid}")

    def cpu(self) -> float:
        """Tell the seconds of CPU time that the bot has used so far."""
        fields = (self.proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def delivered(self, *prompts: str) -> None:
        await self.until(lambda: self.times.delivered.keys() >= set(prompts))


@asynccontextmanager
async def run_stage(*, task_seconds: float = 0, **settings: str) -> AsyncIterator[Stage]:
    """Start everything; the vendor's pictures are one that is ready, so that drawing takes no time."""
    ready = AsyncMock(return_value=jpeg(960, 960))
    vendor = Vendor(task_seconds=task_seconds, keep=KEPT)
    usual = {"LOG_LEVEL": "INFO", "MAX_RUNNING_TASKS": "1000", "DAILY_LIMIT": "10000"}
    with TemporaryDirectory(prefix="bench-") as home, patch.object(pictures, "draw", ready):
        async with run_studio(vendor, usual | settings, Path(home)) as studio:
            with _recorded(studio.telegram) as times:
                people = [_newcomer(studio.telegram, number) for number in range(PEOPLE)]
                stage = Stage(studio, people, times)
                await stage.say(people[0], "/imagine warm-up")
                await stage.delivered("warm-up")
                yield stage


def jpeg(width: int, height: int) -> bytes:
    """Make a JPEG that compresses as badly as a photo."""
    kept = io.BytesIO()
    Image.effect_noise((width, height), 30).convert("RGB").save(kept, "JPEG", quality=60)
    return kept.getvalue()


def spread(seconds: Sequence[float]) -> str:
    """Phrase durations as median and 95th percentile."""
    median, high = statistics.median(seconds), statistics.quantiles(seconds, n=20, method="inclusive")[-1]
    return f"{_brief(median)} (p95 {_brief(high)})"


def _brief(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _newcomer(telegram: Sandbox, number: int) -> int:
    wanted = NewUser(first_name=f"Person {number}", language_code="en")
    return membership.add_user(telegram, wanted).id


@contextmanager
def _recorded(telegram: Sandbox) -> Iterator[Times]:
    times = Times()
    fetch = telegram.updates.poll

    async def poll(offset: int, limit: int, seconds: float) -> list[dict[str, Any]]:
        batch = await fetch(offset, limit, seconds)
        now = time.time()
        for message in (update["message"] for update in batch if "message" in update):
            times.handed.setdefault((message["chat"]["id"], message["message_id"]), now)
        return batch

    with patch.object(telegram.updates, "poll", poll), patch.object(telegram, "calls", _Calls(times)):
        yield times


class _Calls(CallLog):
    """The stand-in's record of calls, which writes the times down as well."""

    def __init__(self, times: Times) -> None:
        super().__init__()
        self._times = times

    def add(self, method: str, params: Params, at: float) -> None:
        super().add(method, params, at)
        match method:
            case "getUpdates":
                self._times.polls.append((at, params.integer("offset") or 0))
            case "setMessageReaction":
                self._times.reacted[params.integer("chat_id") or 0, params.integer("message_id") or 0] = at
            case "sendPhoto" | "sendDocument":
                self._deliver(params.text("caption"), at)
            case "sendMediaGroup":
                self._deliver(params.json("media")[0]["caption"], at)

    def _deliver(self, caption: str | None, at: float) -> None:
        if caption and (prompt := _BOLD.match(caption)):
            self._times.delivered[html.unescape(prompt[1])] = at


def under_way(capability: str, now: float) -> NewTask:
    """Make a task that is at the vendor and never ends."""
    return NewTask(
        order_key=f"bench:{uuid4()}",
        capability=capability,
        kind=f"{capability}:never-ends",
        owner_id=1,
        chat_id=1,
        lang="en",
        request={},
        created_at=now,
        next_at=now,
        deadline_at=now + 3600,
        state=State.RUNNING,
    )
