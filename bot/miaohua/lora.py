"""LoRA training (the vendor's document, section 十)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, field_validator

from bot.miaohua.answers import Answer
from bot.miaohua.family import Family, Model, read_pages
from bot.miaohua.requests import Id, Order, http_url, refused
from bot.miaohua.tasks import State, Task

ModelKind = Literal["Checkpoint", "LORA"]


def _url_or_key(value: str) -> str:
    """Check what looks like a link as one; what a key looks like, the document does not say."""
    return http_url(value) if "://" in value else value


def _one_spelling(state: object) -> object:
    return State.SUCCESS if state == "DONE" else state


def _fraction(progress: float) -> float:
    return min(max(progress, 0.0), 1.0)


class TrainRequest(Order):
    """Train a LoRA on pictures: links, or keys under which the vendor has them. Lengths are characters.

    With the main object `Human` every picture must show a person.
    """

    action = "train"

    base_model_id: Id
    model_name: str | None = Field(default=None, max_length=64)
    description: str | None = Field(default=None, max_length=1024)
    trigger_word: str | None = Field(default=None, max_length=256)
    main_object: Literal["Human", "Style"] = "Human"
    task_type: Literal["NORMAL", "VIP"] = "NORMAL"
    images: tuple[Annotated[Id, AfterValidator(_url_or_key)], ...] = Field(min_length=1, max_length=1000)

    @field_validator("images")
    @classmethod
    def _each_once(cls, images: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(images)) < len(images):
            raise refused("1–1000, ≠")
        return images


class Training(Task):
    """A task that makes a model, `lora_id`, and no pictures. `training_progress` goes from 0 to 1.

    The document's tables and examples spell some names differently; both are read.
    """

    state: Annotated[State, BeforeValidator(_one_spelling)]
    state_message: str = Field(default="", validation_alias=AliasChoices("state_message", "state_msg"))
    lora_id: str = ""
    training_progress: Annotated[float, Field(allow_inf_nan=False), AfterValidator(_fraction)] = 0.0
    trigger_words: str = Field(default="", validation_alias=AliasChoices("trigger_words", "trigger_word"))


class LoraTraining(Family[TrainRequest, Training]):
    """The calls of `/v1/lora`."""

    name = "lora"
    reads = Training

    async def models(self, kind: ModelKind = "Checkpoint") -> tuple[Model, ...]:
        """List the base models that one can train on, or the LoRAs there are."""
        return await read_pages(self._api, self._path("models"), Model, type=kind)

    async def cancel(self, task_id: str) -> bool:
        """Take a training back; say whether that went. Only one that still waits can be."""
        answer = await self._api.call("POST", self._path("cancel"), json={"task_id": task_id})
        return _Cancelled.read(answer).success


class _Cancelled(Answer):
    success: bool = False
