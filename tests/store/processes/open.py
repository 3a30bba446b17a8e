"""Open a database and say whether Alembic was needed for it."""

import asyncio
import sys

from bot.store.engine import Store


async def main(url: str) -> None:
    await (await Store.open(url)).close()
    print("alembic" in sys.modules)  # noqa: T201  the test reads it


asyncio.run(main(sys.argv[1]))
