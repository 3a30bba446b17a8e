"""The shape that nearly all families share: models, submit, result, results.

A family's own module subclasses `Family` with its name and its request, and adds only what is its own.
"""

from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import quote

import structlog
from pydantic import AliasChoices, Field

from bot.miaohua.answers import Answer
from bot.miaohua.client import Miaohua
from bot.miaohua.errors import InvalidRequest, Unanswered
from bot.miaohua.requests import VendorRequest
from bot.miaohua.tasks import Task

MAX_IDS = 50
"""Tasks that one call can ask about."""

PAGE_SIZE = 100
MAX_PAGES = 50

_log = structlog.get_logger(__name__)

_Request = TypeVar("_Request", bound=VendorRequest)
_Item = TypeVar("_Item", bound=Answer)


class Model(Answer):
    """A model one can ask for. `base_model_type` says which LoRAs fit which base."""

    id: str = Field(min_length=1)
    name: str = ""
    description: str = ""
    base_model_type: str = ""
    model_type: str = ""
    trigger_words: str = Field(default="", validation_alias=AliasChoices("trigger_words", "trigger_word"))


class Family(Generic[_Request]):
    """One family's calls, made through `api`. Every method raises `MiaohuaError`s only."""

    name: ClassVar[str]

    def __init__(self, api: Miaohua) -> None:
        self._api = api

    async def models(self) -> tuple[Model, ...]:
        """List the family's models, all pages."""
        return await read_pages(self._api, self._path("models"), Model)

    async def submit(self, request: _Request) -> str:
        """Start a task and return its id. This is what costs: see `Unanswered` before repeating it."""
        answer = await self._api.call("POST", self._path("imgen"), json=request.payload())
        return _Submitted.read(answer).task_id

    async def result(self, task_id: str) -> Task:
        """Ask about one task."""
        answer = await self._api.call("GET", self._path("result", task_id))
        task = Task.read(answer | {"task_id": answer.get("task_id") or task_id})
        if task.task_id != task_id:
            raise Unanswered("an answer about another task")
        return task

    async def results(self, task_ids: Iterable[str]) -> dict[str, Task]:
        """Ask about at most 50 tasks at once; one that the vendor says nothing readable about is not in the answer."""
        ours = list(dict.fromkeys(task_ids))
        if len(ours) > MAX_IDS:
            raise InvalidRequest("task_ids", f"≤ {MAX_IDS}")
        if not ours:
            return {}
        answer = await self._api.call("GET", self._path("results"), json={"task_ids": ours})
        found: dict[str, Task] = {}
        for task in Task.read_each(_Results.read(answer).results):
            found.setdefault(task.task_id, task)
        return {task_id: found[task_id] for task_id in ours if task_id in found}

    def _path(self, *parts: str) -> str:
        return "/".join(["/v1", self.name, *(quote(part, safe="") for part in parts)])


async def read_pages(api: Miaohua, path: str, kind: type[_Item], **params: str) -> tuple[_Item, ...]:
    """Read a list page by page, each item once.

    Ends at the page that says so, at one that brings nothing new, or after `MAX_PAGES`.
    """
    found: dict[_Item, None] = {}
    offset = 0
    for _ in range(MAX_PAGES):
        page = _Page.read(await api.call("GET", path, params={**params, "size": PAGE_SIZE, "offset": offset}))
        known = len(found)
        found.update(dict.fromkeys(kind.read_each(page.data)))
        offset += len(page.data)
        if not page.have_next or len(found) == known:
            break
    else:
        _log.warning("miaohua.list_cut_short", path=path, items=len(found))
    return tuple(found)


class _Submitted(Answer):
    task_id: str = Field(min_length=1)


class _Page(Answer):
    have_next: bool = False
    data: tuple[Any, ...] = ()


class _Results(Answer):
    results: tuple[Any, ...] = ()
