import asyncio
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable

import pytest

from bot.store.engine import Store
from bot.store.lock import AlreadyRunning, single_instance


async def test_only_one_holds_a_database(store: Store, database_url: str) -> None:
    other = await Store.open(database_url)
    async with single_instance(store):
        with pytest.raises(AlreadyRunning, match="already running on this database"):
            await single_instance(other).__aenter__()
    async with single_instance(other):
        pass
    await other.close()


async def test_is_released_by_an_exception(store: Store) -> None:
    async def fail() -> None:
        async with single_instance(store):
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with single_instance(store):
        pass


async def test_a_killed_process_holds_nothing(
    store: Store, database_url: str, start: Callable[..., Awaitable[Process]]
) -> None:
    holder = await start("hold.py", database_url)
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    with pytest.raises(AlreadyRunning):
        await single_instance(store).__aenter__()
    holder.kill()
    await holder.wait()
    killed = time.monotonic()
    await asyncio.wait_for(_take(store), 5)
    assert time.monotonic() - killed < 2


async def _take(store: Store) -> None:
    while True:
        try:
            async with single_instance(store):
                return
        except AlreadyRunning:  # the server is about to notice that its client is gone
            await asyncio.sleep(0.01)
