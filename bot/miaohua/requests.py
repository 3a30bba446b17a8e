"""What the families' requests have in common: how they are built, checked and put into JSON."""

from typing import Annotated, Any, ClassVar, Literal, Self, get_args
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
        try:
            if isinstance(value, str):
                value.encode()
        except UnicodeEncodeError:
            raise refused("UTF-8") from None
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


class Order(VendorRequest):
    """A request that starts a task. `action` is where it is posted, below its family's path."""

    action: ClassVar[str] = "imgen"


def http_url(value: str) -> str:
    """Check a link that the vendor is to open; made for validators, hence `refused`."""
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(sign.isspace() for sign in value):
        raise refused("http://…, https://…")
    return value


def at_most(length: int) -> AfterValidator:
    """Make a rule for prompts: so many characters at most, a Chinese one being two."""

    def check(value: str) -> str:
        if prompt_length(value) > length:
            raise refused(f"≤ {length}")
        return value

    return AfterValidator(check)


def _not_blank(value: str) -> str:
    if not value.strip():
        raise refused(f"1–{MAX_PROMPT_LENGTH}")
    return value


Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]
Id = Annotated[str, Field(min_length=1)]
ImageUrl = Annotated[str, AfterValidator(http_url)]
"""A link that the vendor itself can open."""
NegativePrompt = Annotated[str, at_most(MAX_PROMPT_LENGTH)]
Prompt = Annotated[str, at_most(MAX_PROMPT_LENGTH), AfterValidator(_not_blank)]
Samples = Annotated[int, Strict(), Field(ge=1, le=8)]
Side = Annotated[int, Strict(), Field(ge=640, le=6000)]
"""Width or height of a picture to be made, in pixels."""
HdRatio = Annotated[float, Strict(), Field(gt=1, le=3)]
"""How many times as wide and high the result becomes."""
Format = Literal["JPG", "PNG"]


class Watermark(VendorRequest):
    """What is printed on the pictures: `Default` is 图片由 AI 生成 ("made by AI"), `MakaLogo` the Miaohua logo."""

    type: Literal["Default", "MakaLogo"]


class Resizing(Order):
    """An order that may say how large the result is to be, in the aspect ratio of the original picture."""

    height: Side | None = None
    width: Side | None = Field(default=None, validate_default=True)  # so that a rule can ask for both

    def check_ratio(self, original_width: int, original_height: int) -> None:
        """Raise `InvalidRequest` where the result would be more than 1% off the original's aspect ratio.

        The document says 1% of outpainting, and nothing of stylizing, where whole pixels need some room too.
        """
        if self.width is None or self.height is None:
            return
        exact, over = self.height * original_width, 100 * original_height
        low, high = -(-99 * exact // over), 101 * exact // over
        if not low <= self.width <= high:
            raise InvalidRequest("width", f"{low}–{high}")


def _invalid(model: type[VendorRequest], error: ValidationError) -> InvalidRequest:
    first = error.errors(include_url=False, include_input=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    if first["type"] == _REFUSED:
        return InvalidRequest(path, first["ctx"]["allowed"])
    if first["type"] == "string_unicode":  # where a string has a rule, pydantic itself refuses half characters
        return InvalidRequest(path, "UTF-8")
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
