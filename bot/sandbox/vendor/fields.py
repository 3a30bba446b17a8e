"""What requests are checked against: strict types, no unknown field, and the fields that recur in every family."""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bot.sandbox.vendor.errors import INVALID, Refused

LONGEST_BATCH = 50


class Strict(BaseModel):
    """A request's body or query."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


AnyRequest = TypeVar("AnyRequest", bound=Strict)


def weigh(words: str) -> int:
    """Count characters as the vendor does: a Chinese (wide) one is two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in words)


def at_most(limit: int) -> AfterValidator:
    """Bound a text, in the vendor's count."""

    def check(words: str) -> str:
        if weigh(words) > limit:
            raise ValueError(f"longer than {limit} characters ({limit // 2} Chinese ones)")
        return words

    return AfterValidator(check)


def _not_blank(words: str) -> str:
    if not words.strip():
        raise ValueError("must not be empty")
    return words


NotBlank = AfterValidator(_not_blank)
Name = Annotated[str, NotBlank]
Format = Literal["JPG", "PNG"]
Samples = Annotated[int, Field(ge=1, le=8)]
Prompt = Annotated[str, at_most(2000)]
Share = Annotated[float, Field(ge=0, le=1)]
Side = Annotated[int, Field(ge=640, le=6000)]
Watermark = Literal["Default", "MakaLogo"]


class WatermarkConfig(Strict):
    """`watermark_config`: without it there is no mark; an empty one means Default."""

    type: Watermark = "Default"


class Watermarked(Strict):
    """A body that may ask for a mark on its pictures."""

    watermark_config: WatermarkConfig = WatermarkConfig()

    @property
    def watermark(self) -> Watermark | None:
        """Name the mark to print, if one was asked for."""
        return self.watermark_config.type if "watermark_config" in self.model_fields_set else None


class Page(Strict):
    """`size` and `offset` of a list."""

    size: int = Field(default=10, ge=1, le=100)
    offset: int = Field(default=0, ge=0)


class Batch(Strict):
    """The JSON body of the batch poll's GET."""

    task_ids: list[Name] = Field(min_length=1, max_length=LONGEST_BATCH)


def read_body(model: type[AnyRequest], body: bytes) -> AnyRequest:
    """Read a JSON body; raises `Refused` with code 3."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _refusal(error) from None


def read_query(model: type[AnyRequest], query: Mapping[str, str]) -> AnyRequest:
    """Read a query string, whose numbers are text; raises `Refused` with code 3."""
    try:
        return model.model_validate_strings(dict(query))
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> Refused:
    first = error.errors(include_input=False, include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return Refused(INVALID, f"invalid argument {field}: {first['msg']}".replace(" :", ":"))
