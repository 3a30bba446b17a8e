"""Claim tasks in small batches, once stdin is closed, until none is due; print the ids."""

import asyncio
import sys

from bot.store import claims
from bot.store.engine import Store
from bot.store.task import State


async def main(url: str) -> None:
    store = await Store.open(url)
    print("ready", flush=True)  # noqa: T201  the test waits for it
    await asyncio.to_thread(sys.stdin.read)
    while True:
        async with store.write() as conn:
            claimed = await claims.claim(conn, [State.QUEUED], now=200.0, limit=3, lease_seconds=60)
        if not claimed:
            break
        print(*(task.id for task in claimed))  # noqa: T201  the test counts them
    await store.close()


asyncio.run(main(sys.argv[1]))
