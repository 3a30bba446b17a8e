"""What a task is: one request of one person, from its order to its picture."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import RowMapping

from bot.locales.text import Lang

# How the order keys of errands begin: tasks that work for a dialog, not for a person's allowance.
ERRAND = "errand:"


class State(StrEnum):
    """Where a task stands. The moves between them are the tracker's."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNCERTAIN = "uncertain"


FINISHED = frozenset(
    {State.DELIVERED, State.FAILED, State.REFUSED, State.CANCELLED, State.EXPIRED, State.UNCERTAIN},
)
UNFINISHED = frozenset(State) - FINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A task to be inserted. Times are unix seconds; `order_key` names what ordered it, at most once."""

    order_key: str
    capability: str
    kind: str
    owner_id: int
    chat_id: int
    lang: Lang
    request: dict[str, Any]
    created_at: float
    next_at: float
    deadline_at: float
    state: State = State.QUEUED
    thread_id: int | None = None
    message_id: int | None = None
    allowance_day: str | None = None
    reserved: int = 0
    parent_id: int | None = None
    parent_index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A row of `tasks`, as it was when it was read. What each column means stands in `tables.py`."""

    id: int
    order_key: str
    capability: str
    kind: str
    owner_id: int
    chat_id: int
    thread_id: int | None
    message_id: int | None
    lang: Lang
    request: dict[str, Any]
    state: State
    next_at: float | None
    turn: int
    turn_in_chat: int
    lease_token: int
    attempts: int
    vendor_id: str | None
    error_code: int | None
    reason: dict[str, Any] | None
    allowance_day: str | None
    reserved: int
    notes: list[dict[str, Any]] | None
    progress: float | None
    found: dict[str, Any] | None
    status_message_id: int | None
    buttons_message_id: int | None
    parent_id: int | None
    parent_index: int | None
    created_at: float
    submitted_at: float | None
    finished_at: float | None
    deadline_at: float

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """Read a row."""
        return cls(**{**row, "state": State(row["state"])})

    @property
    def finished(self) -> bool:
        """Tell whether nothing will change it any more."""
        return self.state in FINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A row of `pictures`: what a task brought at one index, or the vendor's code for why there is none."""

    task_id: int
    index: int
    seed: int | None = None
    small_url: str | None = None
    raw_url: str | None = None
    error_code: str = ""
    message_id: int | None = None
    preview_id: int | None = None
    photo_id: str | None = None
    document_id: str | None = None

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """Read a row."""
        return cls(**row)
