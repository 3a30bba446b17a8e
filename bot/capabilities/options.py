"""Options: declared once, and from that come flags, panel, help, checks and the vendor's request.

A kind reads what a person types (`parse`), says what is allowed, phrases a value, and offers presets for buttons.
Values are JSON values, because answers wait in rows.
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

from bot.errors import BadValue
from bot.locales.text import Text, layout, text, verbatim
from bot.miaohua.bounds import Bounds
from bot.miaohua.prompts import prompt_length

# Longer than any name of the vendor's: its own training allows 64 characters.
LONGEST_NAME = 128

Takes = Literal["token", "rest", "nothing"]

_SIDES = re.compile(r"(\d{1,5})[xX×*](\d{1,5})")


class Kind(Protocol):
    """What an option's values are."""

    @property
    def takes(self) -> Takes:
        """Say how much of what is typed behind the flag is its value."""

    def parse(self, raw: str) -> Any:  # noqa: ANN401  a JSON value
        """Read what was typed; raise `ValueError` for what is not allowed."""

    def allowed(self) -> Text:
        """Say what may be typed."""

    def show(self, value: Any) -> Text:  # noqa: ANN401  what parse gave
        """Phrase a value."""

    def presets(self) -> Sequence[str]:
        """Offer values, as they would be typed, for buttons."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number within the vendor's bounds."""

    bounds: Bounds
    offers: tuple[float, ...] = ()
    takes: Takes = "token"

    def parse(self, raw: str) -> float | int:
        """Read a number; a whole one where the vendor wants one."""
        number = float(_narrow(raw))
        value = int(number) if self.bounds.whole and number.is_integer() else number
        if not self.bounds.allows(value):
            raise ValueError(raw)
        return value

    def allowed(self) -> Text:
        """Say the range."""
        return verbatim(self.bounds.phrase())

    def show(self, value: float) -> Text:
        """Phrase it without a needless fraction."""
        return verbatim(f"{value:.10g}")

    def presets(self) -> Sequence[str]:
        """Offer the declared values."""
        return [f"{offer:g}" for offer in self.offers]


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words; each has a label."""

    labels: Mapping[str, Text]
    takes: Takes = "token"

    def parse(self, raw: str) -> str:
        """Read a word, in whatever case."""
        for value in self.labels:
            if value.lower() == _narrow(raw).lower():
                return value
        raise ValueError(raw)

    def allowed(self) -> Text:
        """Say the words."""
        return verbatim(" · ".join(self.labels))

    def show(self, value: str) -> Text:
        """Phrase it by its label."""
        return self.labels[value]

    def presets(self) -> Sequence[str]:
        """Offer all of them."""
        return list(self.labels)


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off; the flag alone means on."""

    takes: Takes = "nothing"

    def parse(self, raw: str) -> bool:
        """Read `on` or `off`; nothing means on."""
        answer = {"": True, "on": True, "off": False}.get(_narrow(raw).lower())
        if answer is None:
            raise ValueError(raw)
        return answer

    def allowed(self) -> Text:
        """Say the two words."""
        return verbatim("on · off")

    def show(self, value: bool) -> Text:  # noqa: FBT001  the value itself
        """Phrase it."""
        return text("on") if value else text("off")

    def presets(self) -> Sequence[str]:
        """Offer both."""
        return ["on", "off"]


@dataclass(frozen=True, slots=True)
class Words:
    """Free text, up to a length counted as the vendor counts (2 for a Chinese character)."""

    limit: int
    takes: Takes = "rest"

    def parse(self, raw: str) -> str:
        """Read text that is not too long."""
        words = raw.strip()
        if self.length(words) > self.limit:
            raise ValueError(raw)
        return words

    def length(self, words: str) -> int:
        """Count as the vendor does."""
        return prompt_length(words)

    def allowed(self) -> Text:
        """Say the length in both scripts."""
        return text("up to {limit} characters, or {half} Chinese ones", limit=self.limit, half=self.limit // 2)

    def show(self, value: str) -> Text:
        """Phrase its beginning."""
        return verbatim(shorten(value, 24)) if value else text("none")

    def presets(self) -> Sequence[str]:
        """Offer nothing: it is to be typed."""
        return []


@dataclass(frozen=True, slots=True)
class Characters(Words):
    """Free text, up to a number of characters in whatever script."""

    def length(self, words: str) -> int:
        """Count characters."""
        return len(words)

    def allowed(self) -> Text:
        """Say the length."""
        return text("up to {limit} characters", limit=self.limit)


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels, typed as such (`1280x720`) or as a ratio (`16:9`).

    A ratio becomes the size of that ratio with about `area` pixels whose sides are multiples of 8 within the bounds.
    """

    bounds: Bounds
    area: int = 960 * 960
    offers: tuple[str, ...] = ("1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16", "21:9")
    takes: Takes = "token"

    def parse(self, raw: str) -> list[int]:
        """Read a size or a ratio."""
        typed = _narrow(raw)
        if exact := _SIDES.fullmatch(typed):
            sides = [int(exact[1]), int(exact[2])]
        elif ratio := re.fullmatch(r"(\d{1,4}(?:\.\d{1,3})?):(\d{1,4}(?:\.\d{1,3})?)", typed):
            sides = self._of_ratio(float(ratio[1]), float(ratio[2]))
        else:
            raise ValueError(raw)
        if not all(self.bounds.allows(side) for side in sides):
            raise ValueError(raw)
        return sides

    def _of_ratio(self, across: float, down: float) -> list[int]:
        if not across or not down:
            raise ValueError("a ratio has no zero")
        scale = math.sqrt(self.area / (across * down))
        scale = max(scale, (self.bounds.low or 0) / min(across, down))
        return [round(across * scale / 8) * 8, round(down * scale / 8) * 8]

    def allowed(self) -> Text:
        """Say both ways of typing it, and the bounds of a side."""
        return text("a ratio like 16:9, or WIDTHxHEIGHT with {sides} px a side", sides=self.bounds.phrase())

    def show(self, value: Sequence[int]) -> Text:
        """Phrase it in pixels."""
        return verbatim(f"{value[0]}×{value[1]}")

    def presets(self) -> Sequence[str]:
        """Offer the usual ratios."""
        return list(self.offers)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two whole numbers, each within the same bounds."""

    bounds: Bounds
    offers: tuple[str, ...] = ()
    takes: Takes = "token"
    form: ClassVar[re.Pattern[str]]

    def parse(self, raw: str) -> list[int]:
        """Read both."""
        found = self.form.fullmatch(_narrow(raw))
        pair = [int(found[1]), int(found[2])] if found else []
        if not pair or not all(self.bounds.allows(figure) for figure in pair):
            raise ValueError(raw)
        return pair

    def presets(self) -> Sequence[str]:
        """Offer the declared ones."""
        return list(self.offers)


@dataclass(frozen=True, slots=True)
class Sides(_Pair):
    """Width and height in pixels, typed as such (`1536x1024`)."""

    form = _SIDES

    def allowed(self) -> Text:
        """Say how it is typed, and the bounds of a side."""
        return text("WIDTHxHEIGHT with {sides} px a side", sides=self.bounds.phrase())

    def show(self, value: Sequence[int]) -> Text:
        """Phrase it in pixels."""
        return verbatim(f"{value[0]}×{value[1]}")


@dataclass(frozen=True, slots=True)
class Point(_Pair):
    """A place in a picture, in pixels from its left and its top (`128,0`)."""

    form = re.compile(r"(\d{1,5})\s*,\s*(\d{1,5})")

    def allowed(self) -> Text:
        """Say how it is typed, and the bounds of a figure."""
        return text("X,Y with {figures} px each", figures=self.bounds.phrase())

    def show(self, value: Sequence[int]) -> Text:
        """Phrase it as it is typed."""
        return verbatim(f"{value[0]},{value[1]}")


@dataclass(frozen=True, slots=True)
class Named:
    """The name or the id of something in a catalogue, with fields behind a colon: `NAME:0.8,low=80`.

    A value is `{"name": ..., <field>: <value>}`; which names there are is known only when they are looked up.
    """

    lead: str | None = None  # the field that the bare figure behind the colon is
    fields: Mapping[str, Kind] = field(default_factory=dict)
    takes: Takes = "token"

    def parse(self, raw: str) -> dict[str, Any]:
        """Read a name and its fields."""
        name, _, rest = raw.replace("：", ":").partition(":")
        if not 1 <= len(name.strip()) <= LONGEST_NAME:
            raise ValueError("a name is missing, or is none")
        value: dict[str, Any] = {"name": name.strip()}
        for part in filter(None, (piece.strip() for piece in rest.replace("，", ",").split(","))):
            key, equals, typed = part.partition("=")
            if not equals:
                key, typed = self.lead or "", part
            if key.strip() not in self.fields:
                raise ValueError(raw)
            value[key.strip()] = self.fields[key.strip()].parse(typed)
        return value

    def allowed(self) -> Text:
        """Say how it is typed: NAME, NAME[:0–2], NAME[:0–2][,low=1–255]."""
        parts = [f"[:{{{name}}}]" if name == self.lead else f"[,{name}={{{name}}}]" for name in self.fields]
        return layout("NAME" + "".join(parts), **{name: kind.allowed() for name, kind in self.fields.items()})

    def show(self, value: Mapping[str, Any]) -> Text:
        """Phrase the name and the leading figure."""
        figure = value.get(self.lead) if self.lead else None
        name = shorten(value["name"], 40)
        return verbatim(name if figure is None else f"{name} × {figure:g}")

    def presets(self) -> Sequence[str]:
        """Offer nothing: a catalogue does."""
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing that can be chosen about a request."""

    name: str
    label: Text
    help: Text
    kind: Kind
    flags: tuple[str, ...] = ()
    sets: Mapping[str, str] = field(default_factory=dict)  # flags that stand for a value: --png
    default: Any = None
    most: int = 1  # how many values it may hold; more than one makes the value a list
    page: Literal["main", "more"] = "more"
    remembered: bool = False  # the last choice is the next default
    is_required: bool = False  # it has no default, and is asked for

    def parse(self, raw: str, *, flag: str | None = None) -> Any:  # noqa: ANN401  a JSON value
        """Read a typed value; raise `BadValue` with what is allowed."""
        try:
            return self.kind.parse(raw)
        except (ValueError, OverflowError):
            raise BadValue(
                text(
                    "“{given}” does not fit <b>{option}</b>. Allowed: {allowed}.",
                    given=shorten(raw, 60) or "…",
                    option=f"--{flag}" if flag else self.label,
                    allowed=self.kind.allowed(),
                )
            ) from None

    def show(self, value: Any) -> Text:  # noqa: ANN401  a JSON value
        """Phrase a value, or that there is none."""
        if value is None or value == []:
            return text("automatic") if self.most == 1 else text("none")
        if self.most == 1:
            return self.kind.show(value)
        return verbatim(", ".join(self.kind.show(one).plain("en") for one in value))


def shorten(words: str, most: int) -> str:
    """Cut text to at most so many characters, an ellipsis included."""
    flat = " ".join(words.split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def _narrow(raw: str) -> str:
    # Full-width digits and signs come from Chinese keyboards.
    return unicodedata.normalize("NFKC", raw).strip()
