"""Wait for a while, or until told to stop; repeat work until then."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Return after so many seconds, or as soon as `stop` is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


async def repeat(work: Callable[[], Awaitable[None]], stop: asyncio.Event, every: float, *, failed: str) -> None:
    """Do the work every so many seconds until `stop` is set; what it raises is logged as `failed`, and it goes on."""
    while not stop.is_set():
        try:
            await work()
        except Exception:
            log.exception(failed)
        await pause(stop, every)
