"""Wait for a while, or until told to stop."""

import asyncio


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Return after so many seconds, or as soon as `stop` is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
