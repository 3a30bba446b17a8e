"""Serve pictures: drawn when they are fetched, the same each time, so that none has to be kept."""

import asyncio
import io

from PIL import Image
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.sandbox.vendor.fields import Format
from bot.sandbox.vendor.links import PICTURE_SIZES
from bot.sandbox.vendor.tasks import Task
from bot.sandbox.vendor.vendor import Vendor

SMALL_SIDE = 512
_QUALITY = 92


def picture_route(vendor: Vendor) -> Route:
    """Build the download of finished pictures: no token, but a link that is signed and expires."""

    async def answer(request: Request) -> Response:
        problem = vendor.links.check(request.url.path, request.query_params, vendor.clock())
        if problem:
            return PlainTextResponse(problem, 403)
        task = vendor.tasks.find(request.path_params["task_id"])
        size = request.path_params["size"]
        if task is None or size not in PICTURE_SIZES:
            return PlainTextResponse("NoSuchKey", 404)
        content = await draw(vendor, task, request.path_params["index"], size)
        return Response(content, media_type=media_type(task))

    return Route("/pictures/{task_id}/{index:int}/{size}.{extension}", answer)


async def draw(vendor: Vendor, task: Task, index: int, size: str) -> bytes:
    """Draw a picture of a task, small or raw, as a file's bytes; few at a time."""
    side = SMALL_SIDE if size == "small" else None
    async with vendor.drawing:
        return await asyncio.to_thread(lambda: encode(task.work.paint(index, side), task.work.format))


def media_type(task: Task) -> str:
    """Name the content type of a task's pictures."""
    return "image/png" if task.work.format == "PNG" else "image/jpeg"


def encode(picture: Image.Image, name: Format) -> bytes:
    """Write a picture as a file's bytes."""
    held = io.BytesIO()
    if name == "PNG":
        picture.save(held, "PNG", compress_level=1)  # quickly; who waits is on this machine
    else:
        picture.save(held, "JPEG", quality=_QUALITY)
    return held.getvalue()
