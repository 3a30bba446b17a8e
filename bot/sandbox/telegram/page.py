"""The chat page: files of `bot/sandbox/page/`."""

import asyncio
import mimetypes
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_MISSING: Final = "The chat page is not installed. The people side answers under /chat.\n"


async def _index(_request: Request) -> Response:
    return await _page_file("index.html")


async def _static(request: Request) -> Response:
    return await _page_file(request.path_params["name"])


PAGE_ROUTES: Final = [Route("/", _index), Route("/static/{name}", _static)]


async def _page_file(name: str) -> Response:
    resource = files("bot.sandbox").joinpath("page", name)
    if name.startswith(".") or not await asyncio.to_thread(resource.is_file):
        return PlainTextResponse(_MISSING, 404)
    body = await asyncio.to_thread(resource.read_bytes)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(body, media_type=kind, headers={"Cache-Control": "no-cache"})
