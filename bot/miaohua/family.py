"""The shape that nearly all families share: models, submit, result, results.

A family's own module subclasses `Family` with its name and its orders, and adds only what is its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import quote

import structlog
from pydantic import AliasChoices, Field

from bot.miaohua.answers import Answer
from bot.miaohua.client import Miaohua
from bot.miaohua.errors import InvalidRequest, MiaohuaError, Unanswered
from bot.miaohua.requests import Order
from bot.miaohua.tasks import Task

MAX_IDS = 50
"""Tasks that one call can ask about."""

AT_ONCE = 5
"""Calls at the same time where tasks are asked about one by one."""

PAGE_SIZE = 100
MAX_PAGES = 50

_log = structlog.get_logger(__name__)

_Order = TypeVar("_Order", bound=Order)
_Task = TypeVar("_Task", bound=Task)
_Item = TypeVar("_Item", bound=Answer)
_Heard = TypeVar("_Heard", bound=Answer)


class Model(Answer):
    """A model one can ask for. `base_model_type` says which LoRAs fit which base."""

    id: str = Field(min_length=1)
    name: str = ""
    description: str = ""
    base_model_type: str = ""
    model_type: str = ""
    trigger_words: str = Field(default="", validation_alias=AliasChoices("trigger_words", "trigger_word"))


class Family(Generic[_Order, _Task]):
    """One family's calls, made through `api`. Every method raises `MiaohuaError`s only."""

    name: ClassVar[str]
    reads: type[_Task]
    """What is said of a task is read as this."""

    def __init__(self, api: Miaohua) -> None:
        self._api = api

    async def models(self) -> tuple[Model, ...]:
        """List the family's models, all pages."""
        return await read_pages(self._api, self._path("models"), Model)

    async def submit(self, order: _Order) -> str:
        """Start a task and return its id. This is what costs: see `Unanswered` before repeating it."""
        return await self._start(order)

    async def result(self, task_id: str) -> _Task:
        """Ask about one task."""
        return await self._one(task_id)

    async def results(self, task_ids: Iterable[str]) -> dict[str, _Task]:
        """Ask about at most 50 tasks at once; one that the vendor says nothing readable about is not in the answer."""
        return await self._batch(task_ids)

    async def _start(self, order: Order) -> str:
        answer = await self._api.call("POST", self._path(order.action), json=order.payload())
        return _Submitted.read(answer).task_id

    async def _one(self, task_id: str, **params: str) -> _Task:
        answer = await self._api.call("GET", self._path("result", task_id), params=params or None)
        task = self.reads.read(answer | {"task_id": answer.get("task_id") or task_id})
        if task.task_id != task_id:
            raise Unanswered("an answer about another task")
        return task

    async def _batch(self, task_ids: Iterable[str], **fields: str) -> dict[str, _Task]:
        ours = _few(task_ids)
        if not ours:
            return {}
        answer = await self._api.call("GET", self._path("results"), json={"task_ids": ours, **fields})
        found: dict[str, _Task] = {}
        for task in self.reads.read_each(_Results.read(answer).results):
            found.setdefault(task.task_id, task)
        return {task_id: found[task_id] for task_id in ours if task_id in found}

    async def _one_by_one(
        self, task_ids: Iterable[str], ask_one: Callable[[str], Awaitable[_Heard]]
    ) -> dict[str, _Heard]:
        """Ask about each task by itself; one that fails is not in the answer.

        Where all fail, the first failure is raised: it may concern us, and not the tasks.
        """
        ours = _few(task_ids)
        gate = asyncio.Semaphore(AT_ONCE)

        async def ask(task_id: str) -> _Heard | MiaohuaError:
            async with gate:
                try:
                    return await ask_one(task_id)
                except MiaohuaError as error:
                    _log.warning("miaohua.task_left_out", family=self.name, task_id=task_id, error=str(error))
                    return error

        heard = dict(zip(ours, await asyncio.gather(*(ask(task_id) for task_id in ours)), strict=True))
        found = {task_id: answer for task_id, answer in heard.items() if not isinstance(answer, MiaohuaError)}
        failures = [answer for answer in heard.values() if isinstance(answer, MiaohuaError)]
        if failures and not found:
            raise failures[0]
        return found

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


def _few(task_ids: Iterable[str]) -> list[str]:
    ours = list(dict.fromkeys(task_ids))
    if len(ours) > MAX_IDS:
        raise InvalidRequest("task_ids", f"≤ {MAX_IDS}")
    return ours


class _Submitted(Answer):
    task_id: str = Field(min_length=1)


class _Page(Answer):
    have_next: bool = False
    data: tuple[Any, ...] = ()


class _Results(Answer):
    results: tuple[Any, ...] = ()
