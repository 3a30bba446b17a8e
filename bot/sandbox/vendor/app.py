"""A stand-in for the Miaohua (秒画) image API, so that the bot runs with no account.

It reads the vendor's document by itself and is as strict: it knows the shape of requests from nowhere else. Where
the document is silent, it decides so:

- a list's `size` that may be 0 (imgenstd's models) means 10 then, as elsewhere;
- the content type is asked for on every call, since the document requires that header everywhere;
- optional strings that are empty count as absent; `null` is no string;
- `pass` is a pre-processor of every ControlNet type, as the note above the document's table says;
- input pictures are fetched when an order comes in, from this machine only;
- a batch poll leaves unknown ids out, and keeps its own order;
- no `watermark_config`, no watermark.

Words in the prompt that decide what becomes of a task stand in `words.py`; faults to order, in `faults.py`.
"""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.sandbox.vendor import errors
from bot.sandbox.vendor.control import control_routes
from bot.sandbox.vendor.gate import Gate
from bot.sandbox.vendor.imgenstd.family import imgenstd_routes
from bot.sandbox.vendor.pictures import picture_route
from bot.sandbox.vendor.vendor import Vendor

_ABOUT = """\
This is a sandbox: a stand-in for the Miaohua (秒画) image API, on this machine only.
Its pictures are drawn by simple rules. No model is behind it, and nothing is sent anywhere.
"""


def create_app(vendor: Vendor) -> ASGIApp:
    """Build the stand-in's application around its state."""
    routes = [
        Route("/", _about),
        *imgenstd_routes(vendor),
        picture_route(vendor),
        *control_routes(vendor),
    ]
    return Gate(Starlette(routes=routes, exception_handlers={HTTPException: _no_such_call}), vendor)


async def _about(_request: Request) -> Response:
    return PlainTextResponse(_ABOUT)


async def _no_such_call(_request: Request, error: Exception) -> Response:
    wrong_method = isinstance(error, HTTPException) and error.status_code == 405  # noqa: PLR2004  Method Not Allowed
    return errors.answer(errors.UNIMPLEMENTED if wrong_method else errors.NOT_FOUND)
