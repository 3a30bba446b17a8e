"""The shape nearly all families share: list models, order, poll one, poll many; and what every call is checked for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.vendor import auth, errors
from bot.sandbox.vendor.errors import Refused
from bot.sandbox.vendor.faults import FATE
from bot.sandbox.vendor.fields import Batch, read_body
from bot.sandbox.vendor.links import PictureSize
from bot.sandbox.vendor.tasks import Task, Work
from bot.sandbox.vendor.vendor import Vendor

LONGEST_REMEMBERED = 4000  # of a text in an order's body
_STATE_MESSAGES = {"PENDING": "排队中", "RUNNING": "生成中", "SUCCESS": "OK", "FAILED": "生成失败"}

Operation = Callable[[Request], Awaitable[Any]]
Order = Callable[[Vendor, bytes], Awaitable[Work]]  # checks an order and fetches what it names; raises `Refused`


@dataclass(frozen=True, slots=True)
class Family:
    """What one family adds to the shape. `models` answers the list; it raises `Refused`."""

    name: str
    models: Callable[[Mapping[str, str]], dict[str, Any]]
    order: Order


def endpoint(vendor: Vendor, path: str, operation: Operation, method: str = "GET", *, typed: bool = True) -> Route:
    """Route a path to an operation that returns JSON or raises `Refused`, after the checks that all calls share.

    `typed` tells whether the document lists the content type among the call's required headers.
    """

    async def answer(request: Request) -> Response:
        try:
            auth.check(
                request.headers.get("authorization"),
                access_key=vendor.access_key,
                secret_key=vendor.secret_key,
                now=vendor.clock(),
            )
            if typed:
                _check_content_type(request.headers.get("content-type", ""))
            return JSONResponse(await operation(request))
        except Refused as refused:
            return errors.answer(refused.code, refused.message)

    return Route(path, answer, methods=[method])


def standard_routes(vendor: Vendor, family: Family) -> list[Route]:
    """Build the four calls of a family that has the common shape."""
    return [
        models_route(vendor, family),
        order_route(vendor, family.name, "imgen", family.order),
        result_route(vendor, family.name),
        results_route(vendor, family.name),
    ]


def models_route(vendor: Vendor, family: Family) -> Route:
    """Build the list of models."""

    async def models(request: Request) -> Any:  # noqa: ANN401  JSON
        return family.models(request.query_params)

    return endpoint(vendor, f"/v1/{family.name}/models", models)


def order_route(vendor: Vendor, family: str, operation: str, order: Order) -> Route:
    """Build a call that accepts an order and answers its task's id."""

    async def accept_order(request: Request) -> Any:  # noqa: ANN401  JSON
        return {"task_id": (await accept(vendor, request, family, operation, order)).id}

    return endpoint(vendor, f"/v1/{family}/{operation}", accept_order, "POST")


def result_route(vendor: Vendor, family: str) -> Route:
    """Build the poll of one task."""

    async def result(request: Request) -> Any:  # noqa: ANN401  JSON
        return describe(vendor, find_task(vendor, request, family), str(request.base_url))

    return endpoint(vendor, f"/v1/{family}/result/{{task_id}}", result)


def results_route(vendor: Vendor, family: str) -> Route:
    """Build the poll of many tasks."""

    async def results(request: Request) -> Any:  # noqa: ANN401  JSON
        asked = read_body(Batch, await request.body())
        found = vendor.tasks.select(family, asked.task_ids)
        return {"results": [describe(vendor, task, str(request.base_url)) for task in found]}

    return endpoint(vendor, f"/v1/{family}/results", results)


async def accept(
    vendor: Vendor, request: Request, family: str, operation: str, order: Order, *, at_once: bool = False
) -> Task:
    """Check an order and write it down; `at_once`: it is done by then."""
    body = await request.body()
    work = await order(vendor, body)
    if fate := request.scope.get(FATE):
        work = work.fated(fate)
    seconds = 0 if at_once else vendor.task_seconds
    return vendor.tasks.book(family, operation, _remembered(body), work, now=vendor.clock(), seconds=seconds)


def find_task(vendor: Vendor, request: Request, family: str, operation: str = "") -> Task:
    """Find the task that a path names; raises `Refused` with code 5."""
    for task in vendor.tasks.select(family, [request.path_params["task_id"]]):
        if operation in {"", task.operation}:
            return task
    raise Refused(errors.NOT_FOUND, "task not found")


def describe(vendor: Vendor, task: Task, reached_at: str) -> dict[str, Any]:
    """Phrase a task as the polls do; links are signed anew each time."""
    state = task.state(vendor.clock())
    ended = state in {"SUCCESS", "FAILED"}
    images = [_image(vendor, task, index, reached_at) for index in range(len(task.work.pictures))]
    return {
        "state": state,
        "state_message": _STATE_MESSAGES[state],
        "task_id": task.id,
        "images": images if ended else [],
    }


def _image(vendor: Vendor, task: Task, index: int, reached_at: str) -> dict[str, Any]:
    picture = task.work.pictures[index]
    return {
        "index": index,
        "seed": picture.seed,
        "small": link_picture(vendor, task, index, "small", reached_at),
        "raw": link_picture(vendor, task, index, "raw", reached_at),
        "error_code": picture.error_code,
    }


def link_picture(vendor: Vendor, task: Task, index: int, size: PictureSize, reached_at: str) -> str:
    """Sign a link to one of a task's pictures; empty where it has an error."""
    if task.work.pictures[index].error_code:
        return ""
    base = vendor.base_url or reached_at.rstrip("/")
    path = f"/pictures/{task.id}/{index}/{size}.{task.work.format.lower()}"
    return base + vendor.links.sign(path, vendor.clock())


def _remembered(body: bytes) -> Any:  # noqa: ANN401  JSON
    """Keep a body without the pictures that it may hold."""
    return {
        name: value[:LONGEST_REMEMBERED] if isinstance(value, str) else value for name, value in from_json(body).items()
    }


def _check_content_type(content_type: str) -> None:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(errors.INVALID, "Content-Type must be application/json")
