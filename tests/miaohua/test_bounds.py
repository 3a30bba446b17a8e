from typing import Annotated, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError

from bot.miaohua.bounds import Bounds, bounds_of, choices_of, longest_of, phrase_of


class Sample(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)

    closed: int = Field(default=1, ge=1, le=8)
    half: Annotated[int, Strict()] = Field(default=30, gt=0, le=70)
    right_open: int = Field(default=0, ge=0, lt=99_999_999)
    weight: Annotated[float, Strict()] = Field(default=1, gt=0, le=2)
    open: float = Field(default=1, gt=0, lt=2)
    fraction: float = Field(default=0.6, ge=0.1, le=1)
    low_only: float = Field(default=1, ge=2.5)
    high_only: int = Field(default=1, lt=3)
    stepped: Annotated[int, Strict()] = Field(default=64, ge=10, le=200, multiple_of=64)
    maybe: Annotated[int, Strict(), Field(ge=1, le=8)] | None = None
    maybe_outside: int | None = Field(default=None, gt=1, le=8)
    endless: int = 1
    colour: Literal["red", "green"] = "red"
    flag: bool = False
    many: tuple[str, ...] = Field(default=(), max_length=3)
    some: tuple[str, ...] = Field(default=("a",), min_length=1, max_length=3)
    short: str | None = Field(default=None, max_length=64)
    word: str = ""


@pytest.mark.parametrize(
    ("field", "expected", "phrase"),
    [
        ("closed", Bounds(1, 8, low_open=False, high_open=False, whole=True), "1–8"),
        ("half", Bounds(0, 70, low_open=True, high_open=False, whole=True), "1–70"),
        ("right_open", Bounds(0, 99_999_999, low_open=False, high_open=True, whole=True), "0–99999998"),
        ("weight", Bounds(0, 2, low_open=True, high_open=False, whole=False), "> 0, ≤ 2"),
        ("open", Bounds(0, 2, low_open=True, high_open=True, whole=False), "> 0, < 2"),
        ("fraction", Bounds(0.1, 1, low_open=False, high_open=False, whole=False), "0.1–1"),
        ("low_only", Bounds(2.5, None, low_open=False, high_open=False, whole=False), "≥ 2.5"),
        ("high_only", Bounds(None, 3, low_open=False, high_open=True, whole=True), "≤ 2"),
        ("stepped", Bounds(10, 200, low_open=False, high_open=False, whole=True, step=64), "64, 128, …, 192"),
        ("maybe", Bounds(1, 8, low_open=False, high_open=False, whole=True), "1–8"),
        ("maybe_outside", Bounds(1, 8, low_open=True, high_open=False, whole=True), "2–8"),
    ],
)
def test_bounds_are_read_from_the_declaration_and_phrase_themselves(field: str, expected: Bounds, phrase: str) -> None:
    assert bounds_of(Sample, field) == expected
    assert expected.phrase() == phrase
    assert phrase_of(Sample.model_fields[field]) == phrase


@pytest.mark.parametrize(
    ("field", "inside", "outside"),
    [
        ("closed", [1, 8], [0, 9, 1.0, True]),
        ("half", [1, 70], [0, 71]),
        ("right_open", [0, 99_999_998], [-1, 99_999_999]),
        ("weight", [0.001, 1, 2], [0, 2.001, float("nan"), float("inf"), True]),
        ("open", [0.001, 1.999], [0, 2]),
        ("low_only", [2.5, 1e9], [2.4, float("inf")]),
        ("high_only", [-5, 2], [3]),
        ("stepped", [64, 128, 192], [0, 10, 63, 65, 200, 256, 64.0]),
        ("maybe", [1, 8], [0, 9]),
    ],
)
def test_bounds_allow_what_is_inside(field: str, inside: list[float], outside: list[float]) -> None:
    bounds = bounds_of(Sample, field)
    assert all(bounds.allows(number) for number in inside)
    assert not any(bounds.allows(number) for number in outside)


@settings(deadline=None)
@given(
    field=st.sampled_from(["half", "weight", "stepped"]),
    number=st.integers() | st.integers(-2, 75) | st.sampled_from([64, 128, 192, 256]) | st.floats() | st.floats(-1, 3),
)
def test_bounds_allow_exactly_what_validation_allows(field: str, number: float) -> None:
    try:
        Sample.model_validate({field: number})
    except ValidationError:
        accepted = False
    else:
        accepted = True
    assert bounds_of(Sample, field).allows(number) is accepted


def test_a_field_without_ends_has_no_bounds() -> None:
    for field in ("endless", "word", "colour"):
        with pytest.raises(LookupError):
            bounds_of(Sample, field)


def test_choices_are_read_from_the_declaration() -> None:
    assert choices_of(Sample, "colour") == ("red", "green")
    with pytest.raises(LookupError):
        choices_of(Sample, "word")


@pytest.mark.parametrize(
    ("field", "phrase"),
    [
        ("colour", "red, green"),
        ("flag", "true, false"),
        ("many", "≤ 3"),
        ("some", "1–3"),
        ("short", "≤ 64"),
        ("word", ""),
        ("endless", ""),
    ],
)
def test_other_rules_phrase_themselves_too(field: str, phrase: str) -> None:
    assert phrase_of(Sample.model_fields[field]) == phrase


def test_lengths_are_read_from_strings_and_lists() -> None:
    assert [longest_of(Sample, field) for field in ("many", "some", "short")] == [3, 3, 64]
    with pytest.raises(LookupError, match=r"Sample\.word"):
        longest_of(Sample, "word")
