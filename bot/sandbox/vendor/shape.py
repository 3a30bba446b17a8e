"""The shape nearly all families share: list models, order, poll one, poll many; and what every call is checked for."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.vendor import auth, errors
from bot.sandbox.vendor.errors import Refused
from bot.sandbox.vendor.fields import Batch, read_body
from bot.sandbox.vendor.tasks import Task, Work
from bot.sandbox.vendor.vendor import Vendor

_STATE_MESSAGES = {"PENDING": "排队中", "RUNNING": "生成中", "SUCCESS": "OK", "FAILED": "生成失败"}

Operation = Callable[[Request], Awaitable[Any]]


class Family(Protocol):
    """What one family adds to the shape."""

    @property
    def name(self) -> str:
        """Name it as its paths do."""

    def models(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Answer the list of models; raises `Refused`."""

    async def order(self, vendor: Vendor, body: bytes) -> Work:
        """Check an order, and fetch what it names; raises `Refused`."""


def page(items: Sequence[Any], size: int, offset: int) -> dict[str, Any]:
    """Cut one page out of a list."""
    return {"have_next": offset + size < len(items), "data": list(items[offset : offset + size])}


def endpoint(vendor: Vendor, path: str, operation: Operation, method: str = "GET") -> Route:
    """Route a path to an operation that returns JSON or raises `Refused`, after the checks that all calls share."""

    async def answer(request: Request) -> Response:
        try:
            auth.check(
                request.headers.get("authorization"),
                access_key=vendor.access_key,
                secret_key=vendor.secret_key,
                now=vendor.clock(),
            )
            _check_content_type(request.headers.get("content-type", ""))
            return JSONResponse(await operation(request))
        except Refused as refused:
            return errors.answer(refused.code, refused.message)

    return Route(path, answer, methods=[method])


def standard_routes(vendor: Vendor, family: Family) -> list[Route]:
    """Build the four calls of a family that has the common shape."""
    root = f"/v1/{family.name}"

    async def models(request: Request) -> Any:  # noqa: ANN401  JSON
        return family.models(request.query_params)

    async def imgen(request: Request) -> Any:  # noqa: ANN401  JSON
        body = await request.body()
        work = await family.order(vendor, body)
        task = vendor.tasks.book(family.name, from_json(body), work, now=vendor.clock(), seconds=vendor.task_seconds)
        return {"task_id": task.id}

    async def result(request: Request) -> Any:  # noqa: ANN401  JSON
        found = vendor.tasks.select(family.name, [request.path_params["task_id"]])
        if not found:
            raise Refused(errors.NOT_FOUND, "task not found")
        return describe(vendor, found[0], str(request.base_url))

    async def results(request: Request) -> Any:  # noqa: ANN401  JSON
        asked = read_body(Batch, await request.body())
        found = vendor.tasks.select(family.name, asked.task_ids)
        return {"results": [describe(vendor, task, str(request.base_url)) for task in found]}

    return [
        endpoint(vendor, f"{root}/models", models),
        endpoint(vendor, f"{root}/imgen", imgen, "POST"),
        endpoint(vendor, f"{root}/result/{{task_id}}", result),
        endpoint(vendor, f"{root}/results", results),
    ]


def describe(vendor: Vendor, task: Task, reached_at: str) -> dict[str, Any]:
    """Phrase a task as the polls do; links are signed anew each time."""
    state = task.state(vendor.clock())
    ended = state in {"SUCCESS", "FAILED"}
    base = vendor.base_url or reached_at.rstrip("/")
    images = [_image(vendor, task, index, base) for index in range(len(task.work.pictures))]
    return {
        "state": state,
        "state_message": _STATE_MESSAGES[state],
        "task_id": task.id,
        "images": images if ended else [],
    }


def _image(vendor: Vendor, task: Task, index: int, base: str) -> dict[str, Any]:
    picture = task.work.pictures[index]

    def link(size: str) -> str:
        if picture.error_code:
            return ""
        return base + vendor.links.sign(
            f"/pictures/{task.id}/{index}/{size}.{task.work.format.lower()}", vendor.clock()
        )

    return {
        "index": index,
        "seed": picture.seed,
        "small": link("small"),
        "raw": link("raw"),
        "error_code": picture.error_code,
    }


def _check_content_type(content_type: str) -> None:
    # The document lists it among the required headers of every call, of those without a body too.
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(errors.INVALID, "Content-Type must be application/json")
