"""The family `face`: find faces, and put others in their place (the vendor's document, section 三).

What the document leaves open: the detection's answer is wrapped as the swap's is, and its corners are
{"left", "top", "right", "bottom"}; the stand-in's options say otherwise where a test wants it. Faces are numbered from
left to right. A number that a picture does not have is refused with the order, and so is a base's face named twice.
A swap that fails is done and has no links.
"""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from bot.sandbox.vendor.face.orders import MODELS, order_detection, order_swap
from bot.sandbox.vendor.retouching.regions import Box
from bot.sandbox.vendor.shape import accept, endpoint, find_task, link_picture, order_route
from bot.sandbox.vendor.tasks import Task
from bot.sandbox.vendor.vendor import Coords, Vendor

_NAME = "face"


def face_routes(vendor: Vendor) -> list[Route]:
    """Build the family's calls; it has no batch poll."""

    async def models(request: Request) -> Any:  # noqa: ANN401  JSON
        return MODELS.answer(request.query_params)

    async def detection(request: Request) -> Any:  # noqa: ANN401  JSON
        found = _detection(vendor, find_task(vendor, request, _NAME, "detect"))
        return {"task": found} if vendor.detection_wrapped else found

    async def swap(request: Request) -> Any:  # noqa: ANN401  JSON
        return _swap(vendor, find_task(vendor, request, _NAME, "imggen"), request)

    async def imggen_sync(request: Request) -> Any:  # noqa: ANN401  JSON
        task = await accept(vendor, request, _NAME, "imggen_sync", order_swap, at_once=True)
        return _swap(vendor, task, request)

    return [
        endpoint(vendor, "/v1/face/models", models),
        order_route(vendor, _NAME, "detect", order_detection),
        endpoint(vendor, "/v1/face/detect/{task_id}", detection),
        order_route(vendor, _NAME, "imggen", order_swap),
        endpoint(vendor, "/v1/face/imggen/{task_id}", swap),
        endpoint(vendor, "/v1/face/imggen_sync", imggen_sync, "POST"),
    ]


def _detection(vendor: Vendor, task: Task) -> dict[str, Any]:
    state = task.state(vendor.clock())
    boxes = task.work.detail["boxes"] if state == "SUCCESS" else []
    faces = [{"index": index, "coords": _written(box, vendor.coords)} for index, box in enumerate(boxes)]
    return {"state": _number(state), "faces": faces}


def _swap(vendor: Vendor, task: Task, request: Request) -> Mapping[str, Any]:
    state = task.state(vendor.clock())
    small, raw = (
        link_picture(vendor, task, 0, size, str(request.base_url)) if state == "SUCCESS" else ""
        for size in ("small", "raw")
    )
    return {"task": {"state": _number(state), "img_url": small, "img_raw_url": raw}}


def _number(state: str) -> int:
    return 1 if state in {"SUCCESS", "FAILED"} else 0


def _written(box: Box, coords: Coords) -> Any:  # noqa: ANN401  JSON of four shapes
    left, top, right, bottom = box
    match coords:
        case "edges":
            return {"left": left, "top": top, "right": right, "bottom": bottom}
        case "numbered":
            return {"x1": left, "y1": top, "x2": right, "y2": bottom}
        case "list":
            return [left, top, right, bottom]
        case "points":
            return [[left, top], [right, bottom]]
