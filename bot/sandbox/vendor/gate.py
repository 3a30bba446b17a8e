"""What every request passes first: it is written down, and meets the fault that waits for it."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.vendor import errors, faults
from bot.sandbox.vendor.vendor import Vendor

BIGGEST_BODY = 8 * 1024 * 1024  # a picture may come within, of 7 MB
_NAME = "a sandbox stand-in for the Miaohua image API"


class Gate:
    """An ASGI application in front of the stand-in's own."""

    def __init__(self, app: ASGIApp, vendor: Vendor) -> None:
        self._app = app
        self._vendor = vendor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102  the ASGI signature
        if scope["type"] != "http" or scope["path"].startswith("/sandbox/"):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        self._vendor.journal.note(scope, body, self._vendor.clock())
        if len(body) > BIGGEST_BODY:
            await errors.answer(errors.INVALID, "the body is too large")(scope, receive, send)
            return
        fault = self._vendor.faults.take(*_operations(scope["path"]))
        replayed = _Replay(body, receive)
        if fault is None:
            await self._named(scope, replayed, send)
        else:
            await faults.play(fault, self._named, scope, replayed, send, sleep=self._vendor.sleep)

    async def _named(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["server"] = _NAME
            await send(message)

        await self._app(scope, receive, send_named)


class _Replay:
    """Give a body that has been read once more, then whatever the connection brings."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        body, self._body = self._body, None
        if body is None:
            return await self._receive()
        return {"type": "http.request", "body": body, "more_body": False}


async def _read(receive: Receive) -> bytes:
    """Read the body, but not much more of it than is allowed."""
    held = bytearray()
    while len(held) <= BIGGEST_BODY:
        message = await receive()
        held += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(held)


def _operations(path: str) -> tuple[str, ...]:
    """Name the operation: by the word after the family in /v1/{family}/{operation}/..., and by both; else the first."""
    match path.strip("/").split("/"):
        case ["v1", family, operation, *_]:
            return operation, f"{family}/{operation}"
        case parts:
            return (parts[0],)
