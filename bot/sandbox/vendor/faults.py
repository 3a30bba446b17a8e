"""Faults that tests order, so that the bot can be seen to bear them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.vendor import errors
from bot.sandbox.vendor.errors import Refused
from bot.sandbox.vendor.fields import Name, Strict
from bot.sandbox.vendor.words import Fate

MOST_FAULTS = 1000
FATE = "sandbox.fate"  # in a request's scope: the word by which its order is to end


class Fault(Strict):
    """What goes wrong with the next `times` requests to an operation.

    `on` is the path's word after the family (`imgen`, `results`, `models`, ...), or both (`erase/imgen`), `pictures`
    for downloads, or `any`. Exactly one of: `code`, an error answer of the vendor's; `status` (with `body`), some
    proxy's answer; `drop`, the connection is closed without an answer `before` or `after` the request took effect;
    `delay`, the request waits that many seconds and then goes on as usual; `fate`, the order goes as if its prompt held
    that word.
    """

    on: Name
    times: int = Field(default=1, ge=1, le=100_000)
    code: int | None = None
    status: int | None = Field(default=None, ge=200, le=599)
    body: str = ""
    drop: Literal["before", "after"] | None = None
    delay: float | None = Field(default=None, ge=0, le=600)
    fate: Fate | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = (self.code, self.status, self.drop, self.delay, self.fate)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("give exactly one of code, status, drop, delay, fate")
        return self


class Faults:
    """The faults that wait for their requests, first come first served."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        """Order a fault; raises `Refused` where too many wait already."""
        if len(self._waiting) >= MOST_FAULTS:
            raise Refused(errors.LIMIT, "too many faults wait already")
        self._waiting.append((fault, fault.times))

    def take(self, *names: str) -> Fault | None:
        """Use up one time of the first fault that concerns an operation of these names."""
        for place, (fault, left) in enumerate(self._waiting):
            if fault.on in {*names, "any"}:
                self._waiting[place : place + 1] = [(fault, left - 1)] if left > 1 else []
                return fault
        return None

    def waiting(self) -> list[dict[str, Any]]:
        """List what is still to come."""
        return [{**fault.model_dump(exclude_none=True), "times": left} for fault, left in self._waiting]

    def clear(self) -> None:
        """Forget what is still to come."""
        self._waiting.clear()


async def play(
    fault: Fault,
    app: ASGIApp,
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Let a request meet its fault."""
    if fault.code is not None:
        await errors.answer(fault.code)(scope, receive, send)
    elif fault.status is not None:
        await Response(fault.body, fault.status, media_type="text/html")(scope, receive, send)
    elif fault.delay is not None:
        await sleep(fault.delay)
        await app(scope, receive, send)
    elif fault.fate is not None:
        await app({**scope, FATE: fault.fate}, receive, send)
    else:
        if fault.drop == "after":
            await app(scope, receive, _unheard)
        await _hang_up(receive, send)


async def _unheard(_message: Message) -> None:
    """Take an answer that nobody gets."""


async def _hang_up(receive: Receive, send: Send) -> None:
    # ASGI cannot close a connection unanswered; uvicorn's `send` is bound to the object that holds the transport.
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the sandbox dropped the connection")  # without a server, the caller meets it
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass  # returning earlier, uvicorn would try to answer with status 500
