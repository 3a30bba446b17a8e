"""A stand-in for the Miaohua (秒画) image API, so that the bot runs with no account.

It reads the vendor's document by itself and is as strict: it knows the shape of requests from nowhere else. Where
the document is silent, it decides so:

- a list's `size` that may be 0 (imgenstd's models) means 10 then, as elsewhere;
- the content type is asked for wherever the document lists it among the required headers;
- optional strings that are empty count as absent; `null` is no string;
- `pass` is a pre-processor of every ControlNet type, as the note above the document's table says;
- input pictures are fetched when an order comes in, from this machine only, and must be smaller than 8 MB everywhere;
- pictures stand upright: sizes are those after the EXIF orientation;
- a mask may differ from its picture's aspect ratio by 1%, one twentieth of its pixels may be neither black nor white,
  and something must be black;
- sides that must have the original's ratio may be off by 1%;
- a batch poll leaves unknown ids out, and keeps its own order;
- no `watermark_config`, no watermark.

What the families leave open beyond that is said where each is: `face/family.py`, `outpaint.py`, `split.py`,
`lora/family.py`.

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
from bot.sandbox.vendor.erase import erase_routes
from bot.sandbox.vendor.face.family import face_routes
from bot.sandbox.vendor.gate import Gate
from bot.sandbox.vendor.imgenstd.family import imgenstd_routes
from bot.sandbox.vendor.inpaint import inpaint_routes
from bot.sandbox.vendor.lora.family import lora_routes
from bot.sandbox.vendor.outpaint import outpaint_routes
from bot.sandbox.vendor.pictures import picture_route
from bot.sandbox.vendor.split import split_routes
from bot.sandbox.vendor.stylization import stylization_routes
from bot.sandbox.vendor.sup_res import sup_res_routes
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
        *face_routes(vendor),
        *erase_routes(vendor),
        *outpaint_routes(vendor),
        *stylization_routes(vendor),
        *inpaint_routes(vendor),
        *sup_res_routes(vendor),
        *split_routes(vendor),
        *lora_routes(vendor),
        picture_route(vendor),
        *control_routes(vendor),
    ]
    return Gate(Starlette(routes=routes, exception_handlers={HTTPException: _no_such_call}), vendor)


async def _about(_request: Request) -> Response:
    return PlainTextResponse(_ABOUT)


async def _no_such_call(_request: Request, error: Exception) -> Response:
    wrong_method = isinstance(error, HTTPException) and error.status_code == 405  # noqa: PLR2004  Method Not Allowed
    return errors.answer(errors.UNIMPLEMENTED if wrong_method else errors.NOT_FOUND)
