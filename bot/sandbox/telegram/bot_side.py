"""The Bot API over HTTP: methods and file downloads."""

import asyncio
import hmac
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.sandbox.telegram.faults import Fault
from bot.sandbox.telegram.methods.registry import METHODS, known_name
from bot.sandbox.telegram.params import Params, read_params
from bot.sandbox.telegram.refusals import Refused
from bot.sandbox.telegram.state import Sandbox
from bot.sandbox.telegram.waiting import unless_gone

_NO_FAULT: Final = Fault("")


class Dropped(Response):
    """No answer: a head without its body, after which the server closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  the ASGI signature
        """Begin an answer and leave it at that."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})


def bot_routes(sandbox: Sandbox) -> list[Route]:
    """Make the routes that a bot calls."""

    async def call(request: Request) -> Response:
        try:
            return await _call(sandbox, request)
        except Refused as refused:
            return JSONResponse(refused.answer(), refused.code)

    async def download(request: Request) -> Response:
        try:
            _check_token(sandbox, request)
        except Refused as refused:
            return JSONResponse(refused.answer(), refused.code)
        body = sandbox.files.read_path(request.path_params["path"])
        if body is None:
            return JSONResponse(_not_found().answer(), 404)
        return Response(body, media_type="application/octet-stream")

    return [
        Route("/bot{token}/{method}", call, methods=["GET", "POST"]),
        Route("/file/bot{token}/{path:path}", download),
    ]


async def _call(sandbox: Sandbox, request: Request) -> Response:
    _check_token(sandbox, request)
    name = known_name(request.path_params["method"])
    if name is None:
        raise _not_found()
    params = await read_params(request)
    sandbox.calls.add(name, params, sandbox.options.now())
    fault = sandbox.faults.next_for(name) or _NO_FAULT
    await asyncio.sleep(fault.delay)
    if fault.drop == "before":
        return Dropped()
    refusal = fault.refusal()
    if refusal:
        raise refusal
    return await _answer(sandbox, request, name, params, fault)


async def _answer(sandbox: Sandbox, request: Request, name: str, params: Params, fault: Fault) -> Response:
    work = METHODS[name](sandbox, params)
    result = await (unless_gone(request, work) if name == "getUpdates" else work)
    return Dropped() if fault.drop == "after" else JSONResponse({"ok": True, "result": result})


def _check_token(sandbox: Sandbox, request: Request) -> None:
    given: str = request.path_params["token"]
    if not hmac.compare_digest(given.encode(), sandbox.options.token.encode()):
        raise Refused(401, "Unauthorized")


def _not_found() -> Refused:
    return Refused(404, "Not Found")
