"""Hold a database as its only process until stdin is closed."""

import asyncio
import sys

from bot.store.engine import Store
from bot.store.lock import single_instance


async def main(url: str) -> None:
    store = await Store.open(url)
    async with single_instance(store):
        print("held", flush=True)  # noqa: T201  the test waits for it
        await asyncio.to_thread(sys.stdin.read)
    await store.close()


asyncio.run(main(sys.argv[1]))
