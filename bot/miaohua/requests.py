"""What the families' requests have in common: how they are built, checked and put into JSON."""

from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from bot.miaohua.bounds import phrase_of
from bot.miaohua.errors import InvalidRequest
from bot.miaohua.prompts import MAX_PROMPT_LENGTH, prompt_length

_REFUSED = "not_allowed"


def refused(allowed: str) -> PydanticCustomError:
    """Make a validator's error that says what is allowed instead."""
    return PydanticCustomError(_REFUSED, "allowed: {allowed}", {"allowed": allowed})


class VendorRequest(BaseModel):
    """What is asked of the vendor: fields named as the vendor names them, defaults as the vendor has them.

    `None` means "not said", as if the field were left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_unsaid(cls, data: object) -> object:
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if value is not None}
        return data

    @field_validator("*")
    @classmethod
    def _encodable(cls, value: object) -> object:
        """Refuse half characters (lone surrogates), which Python keeps in a string but JSON in UTF-8 cannot."""
        if isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value):
            raise refused("UTF-8")
        return value

    @classmethod
    def build(cls, **values: Any) -> Self:  # noqa: ANN401  a field's value each; validation is what this is for
        """Make a request. Raises `InvalidRequest` with the path of the first wrong field and what it allows."""
        try:
            return cls(**values)
        except ValidationError as error:
            raise _invalid(cls, error) from None

    def payload(self) -> dict[str, Any]:
        """Return the JSON body: only what was said, so that the vendor's defaults stay the vendor's."""
        return self.model_dump(mode="json", exclude_unset=True)


def _http_url(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(sign.isspace() for sign in value):
        raise refused("http://…, https://…")
    return value


def _short_enough(value: str) -> str:
    if prompt_length(value) > MAX_PROMPT_LENGTH:
        raise refused(f"≤ {MAX_PROMPT_LENGTH}")
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise refused(f"1–{MAX_PROMPT_LENGTH}")
    return value


Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]
Id = Annotated[str, Field(min_length=1)]
ImageUrl = Annotated[str, AfterValidator(_http_url)]
"""A link that the vendor itself can open."""
NegativePrompt = Annotated[str, AfterValidator(_short_enough)]
Prompt = Annotated[str, AfterValidator(_short_enough), AfterValidator(_not_blank)]
Format = Literal["JPG", "PNG"]


class Watermark(VendorRequest):
    """What is printed on the pictures: `Default` is 图片由 AI 生成 ("made by AI"), `MakaLogo` the Miaohua logo."""

    type: Literal["Default", "MakaLogo"]


def _invalid(model: type[VendorRequest], error: ValidationError) -> InvalidRequest:
    first = error.errors(include_url=False, include_input=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    if first["type"] == _REFUSED:
        return InvalidRequest(path, first["ctx"]["allowed"])
    holder, field = _at(model, first["loc"])
    if field is None:
        return InvalidRequest(path, ", ".join(holder.model_fields))
    return InvalidRequest(path, phrase_of(field) or first["msg"])


def _at(model: type[BaseModel], path: tuple[int | str, ...]) -> tuple[type[BaseModel], FieldInfo | None]:
    """Follow an error's path to the field where it ends; none where the model has no such field."""
    field: FieldInfo | None = None
    for name in (part for part in path if isinstance(part, str)):
        if field is not None:
            model = _model_in(field.annotation) or model
        field = model.model_fields.get(name)
        if field is None:
            break
    return model, field


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
