"""A task at the vendor's, as nearly every family reports it."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from bot.miaohua.answers import Answer, numbered


class State(StrEnum):
    """How far a task is."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing will change any more. The one place that says so."""
        return self in {State.SUCCESS, State.FAILED}


class ImageFault(StrEnum):
    """The reasons the vendor lists for a picture that is not there; it may invent others."""

    SENSITIVE = "Sensitive"
    INTERNAL = "InternalError"
    CALL_ENGINE = "CallEngineError"
    ENGINE = "EngineGenError"


class Image(Answer):
    """One picture of a task: two links that expire, or an `error_code`."""

    index: int = 0
    seed: int | None = None
    small: str = ""
    raw: str = ""
    error_code: str = ""

    @property
    def url(self) -> str:
        """The best link there is, or an empty string where the picture was refused or failed."""
        return "" if self.error_code else self.raw or self.small


class Task(Answer):
    """A task. One in `SUCCESS` can still hold pictures that failed."""

    task_id: str = Field(min_length=1)
    state: State
    state_message: str = ""
    images: Annotated[tuple[Image, ...], BeforeValidator(numbered)] = ()

    @property
    def is_terminal(self) -> bool:
        """Whether nothing will change any more."""
        return self.state.is_terminal
