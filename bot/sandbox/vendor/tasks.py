"""The book of accepted orders. A task's state follows from the clock alone; nothing runs in the background."""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from PIL import Image

from bot.sandbox.vendor.fields import Format
from bot.sandbox.vendor.words import Outcome

_ID_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
_ID_LENGTH = 20
_PENDING_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a task; with an error code there is none to fetch."""

    seed: int
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """What an order brings, whatever its family.

    `paint(index, side)` draws a picture, with `side` its longest side brought down to that many pixels; it blocks.
    `effort` is the time it takes as a multiple of the usual.
    """

    pictures: tuple[Picture, ...]
    paint: Callable[[int, int | None], Image.Image]
    format: Format
    outcome: Outcome = "SUCCESS"
    effort: float = 1


@dataclass(frozen=True, slots=True)
class Task:
    """An accepted order; times in unix seconds."""

    id: str
    family: str
    body: Any
    work: Work
    accepted_at: float
    seconds: float

    def state(self, now: float) -> str:
        """Name the state at a moment."""
        elapsed = now - self.accepted_at
        if elapsed < self.seconds * _PENDING_SHARE:
            return "PENDING"
        return "RUNNING" if elapsed < self.seconds else self.work.outcome


class TaskBook:
    """The last `keep` tasks; older ones are forgotten."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._tasks: OrderedDict[str, Task] = OrderedDict()

    def book(self, family: str, body: Any, work: Work, *, now: float, seconds: float) -> Task:  # noqa: ANN401  JSON
        """Accept an order; `seconds` is what a task of usual effort takes."""
        name = "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))
        task = Task(name, family, body, work, now, seconds * work.effort)
        self._tasks[name] = task
        if len(self._tasks) > self._keep:
            self._tasks.popitem(last=False)
        return task

    def find(self, task_id: str) -> Task | None:
        """Find a task of any family."""
        return self._tasks.get(task_id)

    def select(self, family: str, task_ids: Iterable[str]) -> list[Task]:
        """Find a family's tasks among these ids, each once, in the order of booking: the asker's order is not kept."""
        wanted = set(task_ids)
        return [task for task in self._tasks.values() if task.family == family and task.id in wanted]

    def all(self) -> list[Task]:
        """List every task that is remembered, oldest first."""
        return list(self._tasks.values())
