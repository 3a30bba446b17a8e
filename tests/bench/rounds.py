"""What tasks of many families cost in requests, each time that all of them are asked about."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.capabilities.makers import polls
from bot.miaohua.client import Miaohua, http_client
from bot.sandbox.vendor.app import create_app
from bot.sandbox.vendor.tasks import Work, number_pictures
from bot.sandbox.vendor.vendor import ACCESS_KEY, SECRET_KEY, Vendor
from bot.store import tasks
from bot.store.engine import Store
from bot.store.task import Task
from bot.tracker.gate import Gate
from bot.tracker.handover import Handover
from bot.tracker.loop import Tracker
from bot.tracker.polling import Polling
from bot.tracker.ports import Made, Outlet, Prepared
from bot.tracker.submission import Submission
from bot.tracker.timings import Timings
from bot.web.server import serve
from tests.bench.stage import KEPT, PATIENCE, Line, under_way

WINDOW = 8.0  # seconds; such tasks are asked about every second or two
LOADS: Mapping[str, Mapping[str, int]] = {
    "six families alike": {
        "imgenstd": 84, "stylization": 84, "erase": 83, "inpaint": 83, "outpaint": 83, "sup_res": 83
    },
    "six families, as awkward as can be": {
        "imgenstd": 301, "stylization": 51, "erase": 51, "inpaint": 51, "outpaint": 45, "sup_res": 1
    },
    "one family": {"imgenstd": 500},
    "50 face swaps": {"face": 50},
}  # fmt: skip


async def measure() -> AsyncIterator[Line]:
    """Let the bot's own tracker ask about tasks that never end, and read the vendor's journal."""
    for label, load in LOADS.items():
        async with _asking(load) as vendor:
            await _until_asked(vendor, sum(load.values()))
            await asyncio.sleep(WINDOW)
            asked = [(_family(request), _ids(request)) for request in vendor.journal.last]
        counts = [len(each) for each in _rounds(ids for _, ids in asked)]
        others = {family for family, _ in asked} - load.keys()
        yield f"{label}: requests a round", f"mean {sum(counts) / len(counts):.1f}, most {max(counts)}"
        yield "    rounds · requests about families that have no task", f"{len(counts)} · {len(others)}"


def _family(request: Mapping[str, Any]) -> str:
    return str(request["path"]).split("/")[2]


def _ids(request: Mapping[str, Any]) -> frozenset[str]:
    """Say which tasks a request asks about."""
    if request["path"].endswith("/results"):
        return frozenset(json.loads(request["body"])["task_ids"])
    return frozenset({str(request["path"]).rpartition("/")[2]})


def _rounds(asked: Iterable[frozenset[str]]) -> list[list[frozenset[str]]]:
    """Part requests into rounds: one begins where a task is asked about again. The last, unfinished, is left out."""
    rounds: list[list[frozenset[str]]] = [[]]
    seen: Counter[str] = Counter()
    for ids in asked:
        if seen & Counter(ids):
            rounds.append([])
            seen.clear()
        rounds[-1].append(ids)
        seen.update(ids)
    return rounds[:-1]


async def _until_asked(vendor: Vendor, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(frozenset().union(*map(_ids, vendor.journal.last))) < count:  # noqa: ASYNC110  it has no event
            await asyncio.sleep(0.05)


@dataclass(frozen=True)
class _Maker:
    """A capability whose orders are all placed."""

    family: str
    patience: float = 3600.0
    preparation: float = 90.0

    async def prepare(self, task: Task) -> Prepared:
        raise NotImplementedError(task.capability)

    async def keep(self, conn: AsyncConnection, task: Task, made: Made) -> None:
        raise NotImplementedError(task.capability)


async def _withdraw(task_id: int) -> None:
    raise NotImplementedError(task_id)


@asynccontextmanager
async def _asking(load: Mapping[str, int]) -> AsyncIterator[Vendor]:
    """Run the tracker on tasks of these families."""
    vendor = Vendor(keep=KEPT)
    stop = asyncio.Event()
    with TemporaryDirectory(prefix="bench-") as home:
        store = await Store.open(f"sqlite+aiosqlite:///{Path(home)}/bot.db")
        await _begin(store, vendor, load)
        async with serve(create_app(vendor), "127.0.0.1", 0) as address, http_client() as http:
            client = Miaohua(http, base_url=address, access_key=SecretStr(ACCESS_KEY), secret_key=SecretStr(SECRET_KEY))
            running = asyncio.create_task(_tracker(store, client, load).run(stop))
            yield vendor
            stop.set()
            await running
        await store.close()


def _tracker(store: Store, client: Miaohua, load: Mapping[str, int]) -> Tracker:
    makers = {family: _Maker(family) for family in load}
    timings, gate = Timings(store), Gate(1000)
    return Tracker(
        store,
        submission=Submission(store, makers, timings, gate, withdraw=_withdraw),
        polling=Polling(store, makers, polls(client), timings),
        handover=Handover(store, cast("Outlet", None), withdraw=_withdraw),  # nothing ever ends
        gate=gate,
    )


async def _begin(store: Store, vendor: Vendor, load: Mapping[str, int]) -> None:
    """Have tasks at the vendor that never end, and in the rows as ordered just now."""
    now = time.time()
    never = Work(number_pictures(1), outcome="RUNNING")
    async with store.write() as conn:
        for family, count in load.items():
            operation = "imggen" if family == "face" else "imgen"
            for _ in range(count):
                booked = vendor.tasks.book(family, operation, {}, never, now=now, seconds=0)
                row = await tasks.insert(conn, under_way(family, now))
                await tasks.update(conn, row, vendor_id=booked.id, submitted_at=now)
