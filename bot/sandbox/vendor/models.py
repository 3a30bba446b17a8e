"""The models of a family that has few of them (the chapters' first section in the vendor's document)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.sandbox.vendor.errors import NOT_FOUND, Refused
from bot.sandbox.vendor.fields import Page, read_query

AnyItem = TypeVar("AnyItem")


@dataclass(frozen=True, slots=True)
class ServiceModel:
    """One model, and what its list says of it. Some families print all fields, others the first three only."""

    id: str
    name: str
    description: str


class Models:
    """A family's models; `typed` lists have the fields of base models and LoRAs too."""

    def __init__(self, *models: ServiceModel, typed: bool = False) -> None:
        self._models = {model.id: model for model in models}
        self._typed = {"base_model_type": "", "model_type": "Checkpoint", "trigger_words": ""} if typed else {}

    def answer(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Answer the list; raises `Refused`."""
        asked = read_query(Page, query)
        found = [
            {"id": model.id, "name": model.name, "description": model.description, **self._typed}
            for model in self._models.values()
        ]
        return cut_page(found, asked.size, asked.offset)

    def check(self, model_id: str) -> None:
        """Raise `Refused` with code 5 where there is no such model."""
        if model_id not in self._models:
            raise Refused(NOT_FOUND, f"model {model_id} not found")


def cut_page(items: Sequence[AnyItem], size: int, offset: int) -> dict[str, Any]:
    """Cut one page out of a list."""
    return {"have_next": offset + size < len(items), "data": list(items[offset : offset + size])}
