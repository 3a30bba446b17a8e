"""What tasks under way cost in requests to the vendor."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

from pydantic import SecretStr

from bot.miaohua.client import Miaohua, http_client
from bot.miaohua.imgenstd import ImageRequest, Imgenstd
from bot.sandbox.vendor.vendor import ACCESS_KEY, SECRET_KEY
from bot.store import tasks
from bot.store.engine import Store
from tests.bench.stage import Line, Stage, run_stage, under_way

LOADS = (1, 50, 500)
WINDOW = 10.0
AT_A_TIME = 20


async def measure() -> AsyncIterator[Line]:
    """Count the requests about tasks that are not done, in the first seconds of the youngest.

    The tasks are ordered here and their rows written beside the bot, which takes them up as its own: taking on 500
    through chats would take longer than all the rest.
    """
    async with run_stage(VENDOR_CONCURRENCY="1000") as stage:
        running = 0
        for load in LOADS:
            await _begin(stage, load - running)
            running = load
            since = time.time()
            await asyncio.sleep(WINDOW)
            asked = [len(json.loads(request["body"])["task_ids"]) for request in _polls(stage, since)]
            yield f"{load} tasks under way: polls a second", f"{len(asked) / WINDOW:.1f}"
            yield "    polls a task, in 10 s", f"{len(asked) / load:.3f}"
            yield "    tasks asked about in one poll", f"{sum(asked) / len(asked):.1f}"


async def _begin(stage: Stage, count: int) -> None:
    """Have that many more tasks under way; wait until the bot asks about them."""
    vendor_ids = await _order(stage, count)
    now = time.time()
    store = await Store.open(f"sqlite+aiosqlite:///{stage.studio.bot.home}/data/bot.db")
    async with store.write() as conn:
        rows = [await tasks.insert(conn, under_way("imagine", now)) for _ in vendor_ids]
        running = {"submitted_at": now, "next_at": now}
        await tasks.update_many(
            conn, [(row, {**running, "vendor_id": name}) for row, name in zip(rows, vendor_ids, strict=True)]
        )
    await store.close()
    await stage.until(lambda: any(vendor_ids[-1] in request["body"] for request in _polls(stage)))


async def _order(stage: Stage, count: int) -> list[str]:
    async with http_client() as http:
        client = Miaohua(
            http,
            base_url=stage.studio.vendor_address,
            access_key=SecretStr(ACCESS_KEY),
            secret_key=SecretStr(SECRET_KEY),
        )
        imgenstd = Imgenstd(client)
        [model, *_] = await imgenstd.models("Checkpoint")
        request = ImageRequest.build(model_id=model.id, prompt="never-ends")
        free = asyncio.Semaphore(AT_A_TIME)

        async def order() -> str:
            async with free:
                return await imgenstd.submit(request)

        return await asyncio.gather(*(order() for _ in range(count)))


def _polls(stage: Stage, since: float = 0.0) -> list[dict[str, str]]:
    return [
        request
        for request in stage.vendor.journal.last
        if request["path"] == "/v1/imgenstd/results" and request["time"] >= since
    ]
