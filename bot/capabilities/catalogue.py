"""The vendor's lists of models and ControlNets, kept for a while."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import structlog

from bot.errors import BadValue, Unavailable
from bot.locales.text import Text, text, verbatim
from bot.miaohua.client import Miaohua
from bot.miaohua.errors import MiaohuaError
from bot.miaohua.family import Model, read_pages
from bot.miaohua.imgenstd import ControlNetModel, Imgenstd
from bot.miaohua.lora import LoraTraining

log = structlog.get_logger()

FRESH = 600.0
RETRY = 15.0

MOST_NAMES = 30  # that a refusal lists

T = TypeVar("T")


@dataclass(slots=True)
class _Shelf(Generic[T]):
    items: Sequence[T] | None = None
    stale_at: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Catalogue:
    """Lists that are asked for once in ten minutes; where the vendor does not answer, the last known is used.

    It is not asked again for 15 seconds then, so that people do not wait in line for an answer that does not come.
    """

    def __init__(self, client: Miaohua, *, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._imgenstd = Imgenstd(client)
        self._clock = clock
        self._shelves: defaultdict[str, _Shelf[Any]] = defaultdict(_Shelf)

    async def models(self, family: str) -> Sequence[Model]:
        """List the models of a family that has one kind of them."""
        return await self._kept(family, lambda: read_pages(self._client, f"/v1/{family}/models", Model))

    async def checkpoints(self) -> Sequence[Model]:
        """List the base models."""
        return await self._kept("checkpoints", lambda: self._imgenstd.models("Checkpoint"))

    async def loras(self) -> Sequence[Model]:
        """List the LoRAs, whatever they are based on."""
        return await self._kept("loras", lambda: self._imgenstd.models("LORA"))

    async def trainable(self) -> Sequence[Model]:
        """List the base models that a LoRA can be trained on."""
        return await self._kept("trainable", lambda: LoraTraining(self._client).models("Checkpoint"))

    async def controlnets(self, model_id: str) -> Sequence[ControlNetModel]:
        """List the ControlNets that a base model supports."""
        return await self._kept(f"cn:{model_id}", lambda: self._imgenstd.model_controlnets(model_id))

    async def _kept(self, name: str, ask: Callable[[], Awaitable[Sequence[T]]]) -> Sequence[T]:
        shelf: _Shelf[T] = self._shelves[name]
        async with shelf.lock:
            if self._clock() >= shelf.stale_at:
                await self._refresh(name, shelf, ask)
        if shelf.items is None:
            raise Unavailable(
                text("The image service does not answer, so I cannot look up its models. Please try again in a minute.")
            )
        return shelf.items

    async def _refresh(self, name: str, shelf: _Shelf[T], ask: Callable[[], Awaitable[Sequence[T]]]) -> None:
        try:
            shelf.items = await ask()
            shelf.stale_at = self._clock() + FRESH
        except MiaohuaError as error:
            log.warning("catalogue_not_refreshed", list=name, error=str(error))
            shelf.stale_at = self._clock() + RETRY


def first(models: Sequence[Model]) -> Model:
    """Give the first model; raise `Unavailable` where there is none."""
    if not models:
        raise Unavailable(text("The image service has no models for this bot at present. Please try again later."))
    return models[0]


def chosen_of(models: Sequence[Model], chosen: Mapping[str, Any] | None, what: Text) -> Model:
    """Give the model that was chosen, by its id or the name that was typed, else the first. Raises what `find` does."""
    return find(models, name_of(chosen), what) if chosen else first(models)


def name_of(chosen: Mapping[str, Any]) -> str:
    """Give the id of something chosen, or the name that was typed."""
    return str(chosen.get("id") or chosen["name"])


def find(models: Sequence[Model], name: str, what: Text) -> Model:
    """Find a model by its id, its name, or a part of its name that only one has; `what` names the choice.

    Raises `BadValue` with the names there are, or those that the part fits.
    """
    fitting = matching(models, name)
    if len(fitting) == 1:
        return fitting[0]
    names = verbatim(" · ".join(model.name for model in (fitting or models)[:MOST_NAMES]))
    if fitting:
        raise BadValue(
            text(
                "<b>{what}</b>: “{name}” fits several. Write more of the name: {names}",
                what=what,
                name=name,
                names=names,
            )
        )
    raise BadValue(text("<b>{what}</b>: there is no “{name}”. There are: {names}", what=what, name=name, names=names))


def matching(models: Sequence[Model], name: str) -> Sequence[Model]:
    """List the models that a name can mean: the one that has it as id or name, else those that it begins, or stands in.

    In whatever case.
    """
    wanted = name.casefold().strip()
    for model in models:
        if wanted in {model.id.casefold(), model.name.casefold()}:
            return [model]
    begins = [model for model in models if model.name.casefold().startswith(wanted)]
    return begins or [model for model in models if wanted in model.name.casefold()]
