"""What a request's field allows, read from its one declaration."""

import math
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen, MultipleOf
from pydantic import BaseModel
from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Bounds:
    """A range of numbers; `None` is no end. An open end is itself not allowed, nor what is no multiple of `step`."""

    low: float | None
    high: float | None
    low_open: bool
    high_open: bool
    whole: bool
    step: int | None = None

    def allows(self, number: float) -> bool:
        """Whether a number is inside; where only whole ones are, it has to be an `int`."""
        if isinstance(number, bool) or not math.isfinite(number) or (self.whole and not isinstance(number, int)):
            return False
        return self._above_low(number) and self._below_high(number) and (self.step is None or number % self.step == 0)

    def phrase(self) -> str:
        """Put the range into signs that any language's sentence can hold: `1–70`, `> 0, ≤ 2`, `0, 8, …, 6000`."""
        if self.step is not None and self.low is not None and self.high is not None:
            first, last = math.ceil(self.low / self.step) * self.step, math.floor(self.high / self.step) * self.step
            return f"{first}, {first + self.step}, …, {last}"
        low, high = self.low, self.high
        low_open, high_open = self.low_open, self.high_open
        if self.whole:  # (0, 70] of whole numbers is 1–70
            low, low_open = (low + 1, False) if low is not None and low_open else (low, low_open)
            high, high_open = (high - 1, False) if high is not None and high_open else (high, high_open)
        if low is not None and high is not None and not low_open and not high_open:
            return f"{_figure(low)}–{_figure(high)}"
        ends = [f"{'>' if low_open else '≥'} {_figure(low)}"] if low is not None else []
        ends += [f"{'<' if high_open else '≤'} {_figure(high)}"] if high is not None else []
        return ", ".join(ends)

    def _above_low(self, number: float) -> bool:
        return self.low is None or number > self.low or (number == self.low and not self.low_open)

    def _below_high(self, number: float) -> bool:
        return self.high is None or number < self.high or (number == self.high and not self.high_open)


def bounds_of(model: type[BaseModel], field: str) -> Bounds:
    """Read a numeric field's range. Raises `LookupError` for a field that is none or has no ends."""
    found = _bounds(model.model_fields[field])
    if found is None:
        raise LookupError(f"{model.__name__}.{field} has no bounds")
    return found


def choices_of(model: type[BaseModel], field: str) -> tuple[str, ...]:
    """Read the words that a field allows. Raises `LookupError` for a field that is not a choice."""
    found = _choices(model.model_fields[field])
    if not found:
        raise LookupError(f"{model.__name__}.{field} is not a choice")
    return found


def longest_of(model: type[BaseModel], field: str) -> int:
    """Read how many characters or items a field may hold. Raises `LookupError` for a field that has no such bound."""
    most = _most(model.model_fields[field])
    if most is None:
        raise LookupError(f"{model.__name__}.{field} has no longest")
    return most


def phrase_of(field: FieldInfo) -> str:
    """Put what a field allows into signs and the vendor's own words; empty where it has no rule of that kind."""
    if (bounds := _bounds(field)) is not None:
        return bounds.phrase()
    if choices := _choices(field):
        return ", ".join(choices)
    if field.annotation is bool:
        return "true, false"
    return _length(field)


def _bounds(field: FieldInfo) -> Bounds | None:
    kind, rules = _held(field)
    if kind not in {int, float}:
        return None
    ends: dict[type, Any] = {}
    for rule in rules:
        match rule:
            case Ge(end) | Gt(end) | Le(end) | Lt(end) | MultipleOf(end):
                ends[type(rule)] = end
    if not ends:
        return None
    return Bounds(
        low=ends.get(Gt, ends.get(Ge)),
        high=ends.get(Lt, ends.get(Le)),
        low_open=Gt in ends,
        high_open=Lt in ends,
        whole=kind is int,
        step=ends.get(MultipleOf),
    )


def _held(field: FieldInfo) -> tuple[object, list[Any]]:
    """Look through `| None` at what a field holds, and by which rules."""
    parts = get_args(field.annotation)
    if NoneType not in parts:
        return field.annotation, field.metadata
    held = FieldInfo.from_annotation(next(part for part in parts if part is not NoneType))
    return held.annotation, [*field.metadata, *held.metadata]


def _length(field: FieldInfo) -> str:
    most = _most(field)
    least = next((rule.min_length for rule in field.metadata if isinstance(rule, MinLen)), None)
    if most is None:
        return ""
    return f"≤ {most}" if least is None else f"{least}–{most}"


def _most(field: FieldInfo) -> int | None:
    return next((rule.max_length for rule in field.metadata if isinstance(rule, MaxLen)), None)


def _choices(field: FieldInfo) -> tuple[str, ...]:
    return get_args(field.annotation) if get_origin(field.annotation) is Literal else ()


def _figure(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)
