"""What the vendor's answers have in common, and how tolerantly they are read."""

from collections.abc import Iterable, Iterator
from typing import Any, Self

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from bot.miaohua.errors import Unanswered

_log = structlog.get_logger(__name__)


class Answer(BaseModel):
    """Part of an answer. Fields that we do not know are ignored, and `null` is read as "not there"."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: object) -> object:
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if value is not None}
        return data

    @classmethod
    def read(cls, data: object) -> Self:
        """Read decoded JSON. Raises `Unanswered` where something that must be there is missing or makes no sense."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise Unanswered(f"unreadable {cls.__name__}: {_first(error)}") from None

    @classmethod
    def read_each(cls, items: Iterable[object]) -> Iterator[Self]:
        """Read a list's items one by one; one that is unreadable is logged and does not spoil the others."""
        for item in items:
            try:
                yield cls.read(item)
            except Unanswered as error:
                _log.warning("miaohua.unreadable_item", reason=str(error))


def numbered(items: object) -> object:
    """Give those of a list's objects that have no index their place in it, and leave out what is no object."""
    if not isinstance(items, list):
        return items
    return [
        {"index": place} | {name: value for name, value in item.items() if value is not None}
        for place, item in enumerate(items)
        if isinstance(item, dict)
    ]


def _first(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}, not {str(first['input'])[:60]!r}"
