"""Wait for something to change, for a while."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import Request

T = TypeVar("T")


class Signal:
    """Wakes everybody who waits; the next wait is for the next change."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._closed = False

    def wake(self) -> None:
        """Tell everybody who waits that something changed."""
        self._event.set()
        if not self._closed:
            self._event = asyncio.Event()

    def close(self) -> None:
        """Wake everybody and let nobody wait any more."""
        self._closed = True
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for a change; False after `seconds` without one, or when nobody is to wait any more."""
        if seconds <= 0 or self._closed:
            return False
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        return not self._closed


async def unless_gone(request: Request, work: Awaitable[T]) -> T | None:
    """Wait for a long poll's result, but not for somebody who has hung up: then it is cancelled and None is given."""
    poll = asyncio.ensure_future(work)
    gone = asyncio.create_task(_gone(request), name="long poll disconnect")
    try:
        await asyncio.wait({poll, gone}, return_when=asyncio.FIRST_COMPLETED)
        return poll.result() if poll.done() else None
    finally:
        poll.cancel()
        gone.cancel()
        await asyncio.gather(poll, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
