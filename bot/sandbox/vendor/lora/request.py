"""What orders of `lora` may hold (the vendor's document, section 十)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bot.sandbox.vendor.fields import Name, Page, Strict

MOST_IMAGES = 1000


class ModelsQuery(Page):
    """The query of `GET /v1/lora/models`."""

    type: Literal["LORA", "Checkpoint"] = "Checkpoint"


class Train(Strict):
    """The body of `POST /v1/lora/train`. Its table says that `images` is a string; its example, a list."""

    base_model_id: Name
    model_name: Annotated[str, Field(max_length=64)] = ""
    description: Annotated[str, Field(max_length=1024)] = ""
    trigger_word: Annotated[str, Field(max_length=256)] = ""
    main_object: Literal["Human", "Style"] = "Human"
    task_type: Literal["NORMAL", "VIP"] = "NORMAL"
    images: list[Name] = Field(min_length=1, max_length=MOST_IMAGES)

    @model_validator(mode="after")
    def _no_doubles(self) -> Self:
        if len(set(self.images)) < len(self.images):
            raise ValueError("images must not hold one twice")
        return self


class Cancel(Strict):
    """The body of `POST /v1/lora/cancel`."""

    task_id: Name
