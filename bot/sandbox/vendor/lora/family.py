"""The family `lora`: train a LoRA from pictures (the vendor's document, section 十).

Spelt as the document's examples do, against its tables: `state_msg`, `trigger_word`, and DONE for a training that is
finished. Every picture is fetched and checked when the order comes in; one that shows nobody lets a training of a
person fail as in the example: its message says so, while its state stays RUNNING. Keys of uploaded pictures are
refused: the document has no call to upload.
"""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from bot.sandbox.vendor.errors import NOT_FOUND, Refused
from bot.sandbox.vendor.fields import Batch, read_body, read_query
from bot.sandbox.vendor.imgenstd.catalogue import Model
from bot.sandbox.vendor.lora.request import Cancel, ModelsQuery
from bot.sandbox.vendor.lora.training import CANCELLED, NOBODY_SHOWN, order_training
from bot.sandbox.vendor.models import cut_page
from bot.sandbox.vendor.shape import accept, endpoint, find_task
from bot.sandbox.vendor.tasks import PENDING_SHARE, Task
from bot.sandbox.vendor.vendor import Vendor

_NAME = "lora"
_ALMOST = 0.99
_SPELT = {"SUCCESS": "DONE"}


def lora_routes(vendor: Vendor) -> list[Route]:
    """Build the family's calls; some of them need no content type."""

    async def models(request: Request) -> Any:  # noqa: ANN401  JSON
        return _models(vendor, request.query_params)

    async def train(request: Request) -> Any:  # noqa: ANN401  JSON
        task = await accept(vendor, request, _NAME, "train", order_training)
        if task.work.outcome == "SUCCESS":
            vendor.catalogue.add(task.work.detail["lora"], task.accepted_at + task.seconds)
        return {"task_id": task.id}

    async def result(request: Request) -> Any:  # noqa: ANN401  JSON
        return _describe(vendor, find_task(vendor, request, _NAME))

    async def results(request: Request) -> Any:  # noqa: ANN401  JSON
        asked = read_body(Batch, await request.body())
        return {"results": [_describe(vendor, task) for task in vendor.tasks.select(_NAME, asked.task_ids)]}

    async def cancel(request: Request) -> Any:  # noqa: ANN401  JSON
        return {"success": _cancel(vendor, read_body(Cancel, await request.body()).task_id)}

    return [
        endpoint(vendor, "/v1/lora/models", models, typed=False),
        endpoint(vendor, "/v1/lora/train", train, "POST"),
        endpoint(vendor, "/v1/lora/result/{task_id}", result, typed=False),
        endpoint(vendor, "/v1/lora/results", results),
        endpoint(vendor, "/v1/lora/cancel", cancel, "POST", typed=False),
    ]


def _models(vendor: Vendor, query: Mapping[str, str]) -> dict[str, Any]:
    asked = read_query(ModelsQuery, query)
    known = vendor.catalogue.all(vendor.clock())
    found = [model for model in known if model.model_type == asked.type and (model.loras or asked.type == "LORA")]
    return cut_page([_spelt(model) for model in found], asked.size, asked.offset)


def _spelt(model: Model) -> dict[str, Any]:
    answer = model.answer()
    answer["trigger_word"] = answer.pop("trigger_words")
    return answer


def _describe(vendor: Vendor, task: Task) -> dict[str, Any]:
    now = vendor.clock()
    state = task.state(now)
    message = task.work.detail["message"] if state == "FAILED" else ""
    return {
        "state": "RUNNING" if message == NOBODY_SHOWN else _SPELT.get(state, state),
        "state_msg": message,
        "task_id": task.id,
        "lora_id": task.work.detail["lora"].id,
        "training_progress": _progress(task, now),
    }


def _progress(task: Task, now: float) -> float:
    """Go from 0, while it waits, to 1 when it is done; a training that fails never begins."""
    if task.work.outcome == "FAILED":
        return 0
    if task.state(now) == "SUCCESS":
        return 1
    share = (now - task.accepted_at) / task.seconds
    return round(max(0.0, min(_ALMOST, (share - PENDING_SHARE) / (1 - PENDING_SHARE))), 3)


def _cancel(vendor: Vendor, task_id: str) -> bool:
    for task in vendor.tasks.select(_NAME, [task_id]):
        cancelled = vendor.tasks.cancel(task, vendor.clock(), {"message": CANCELLED})
        if cancelled:
            vendor.catalogue.remove(task.work.detail["lora"].id)
        return cancelled
    raise Refused(NOT_FOUND, "task not found")
