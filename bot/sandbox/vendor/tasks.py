"""The book of accepted orders. A task's state follows from the clock alone; nothing runs in the background."""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from bot.sandbox.vendor.fields import Format
from bot.sandbox.vendor.words import Outcome, outcome, picture_error

MOST_HELD = 256 * 1024 * 1024
SEED_END = 99999999
_ID_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
_ID_LENGTH = 20
PENDING_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a task; with an error code there is none to fetch."""

    seed: int
    error_code: str = ""


def _no_picture(index: int, _side: int | None) -> Image.Image:
    raise LookupError(index)


@dataclass(frozen=True, slots=True)
class Work:
    """What an order brings, whatever its family.

    `paint(index, side)` draws a picture, with `side` its longest side brought down to that many pixels; it blocks.
    `effort` is the time it takes as a multiple of the usual. `held` counts the bytes of input pictures that it keeps.
    `detail` is what polls tell of a task that makes no pictures.
    """

    pictures: tuple[Picture, ...] = ()
    paint: Callable[[int, int | None], Image.Image] = _no_picture
    format: Format = "JPG"
    outcome: Outcome = "SUCCESS"
    effort: float = 1
    held: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)

    def fated(self, words: str) -> "Work":
        """Let the words of `words.py` that a text holds decide what becomes of it."""
        pictures = tuple(
            replace(picture, error_code=picture.error_code or picture_error(words, index))
            for index, picture in enumerate(self.pictures)
        )
        return replace(self, pictures=pictures, outcome=outcome(words))


def number_pictures(samples: int, seed: int = 0, seed_end: int = SEED_END) -> tuple[Picture, ...]:
    """Give each picture its seed: the one asked for and those after it, or, for 0, from a random one below the end."""
    first = seed or secrets.randbelow(seed_end - samples) + 1
    return tuple(Picture(first + index) for index in range(samples))


@dataclass(frozen=True, slots=True)
class Task:
    """An accepted order; times in unix seconds. `operation` is the path's word that it was sent to."""

    id: str
    family: str
    operation: str
    body: Any
    work: Work
    accepted_at: float
    seconds: float

    def state(self, now: float) -> str:
        """Name the state at a moment."""
        elapsed = now - self.accepted_at
        if elapsed < self.seconds * PENDING_SHARE:
            return "PENDING"
        return "RUNNING" if elapsed < self.seconds else self.work.outcome


class TaskBook:
    """The last `keep` tasks, and no more than 256 MB of their input pictures; older ones are forgotten."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._held = 0
        self._tasks: OrderedDict[str, Task] = OrderedDict()

    def book(self, family: str, operation: str, body: Any, work: Work, *, now: float, seconds: float) -> Task:  # noqa: ANN401  JSON
        """Accept an order; `seconds` is what a task of usual effort takes."""
        task = Task(new_id(), family, operation, body, work, now, seconds * work.effort)
        self._tasks[task.id] = task
        self._held += work.held
        while len(self._tasks) > self._keep or (self._held > MOST_HELD and len(self._tasks) > 1):
            _, forgotten = self._tasks.popitem(last=False)
            self._held -= forgotten.work.held
        return task

    def cancel(self, task: Task, now: float, detail: Mapping[str, Any]) -> bool:
        """End a task as failed while it waits for its turn; tell whether it did."""
        if task.state(now) != "PENDING":
            return False
        work = replace(task.work, outcome="FAILED", detail={**task.work.detail, **detail})
        self._tasks[task.id] = replace(task, work=work, seconds=0)
        return True

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


def new_id() -> str:
    """Make up a name that nobody guesses."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))
