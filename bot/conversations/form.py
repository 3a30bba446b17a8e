"""The form, pure: answers so far and the screen that is shown; words, photos and buttons lead to the next.

Screens are short words that wait in a row:
`main` `more` · `opt-NAME` an option's values · `pick-NAME-PAGE` a catalogue · `item-NAME-I` one chosen thing ·
`field-NAME-I-FIELD` one figure of it · `ask-NAME` or `ask-NAME-I-FIELD` something that is to be typed or sent.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from bot.capabilities.base import Capability, Choice
from bot.capabilities.options import Kind, Named, Option
from bot.errors import BadValue
from bot.locales.text import text


class Outdated(Exception):
    """A button that does not fit the form as it is now: pressed twice, on an old message, or made up by a client."""


@dataclass(frozen=True, slots=True)
class Form:
    """One request in the making."""

    capability: Capability
    answers: Mapping[str, Any]
    screen: str

    @classmethod
    def opened(cls, capability: Capability, answers: Mapping[str, Any]) -> Self:
        """Begin: with the question for what is missing, else with the panel."""
        missing = capability.missing(answers)
        return cls(capability, answers, f"ask-{missing.name}" if missing else "main")

    @property
    def parts(self) -> list[str]:
        """Split the screen's name."""
        return self.screen.split("-")

    @property
    def awaits(self) -> str | None:
        """Name what is to be typed or sent now, if anything."""
        return self.parts[1] if self.parts[0] == "ask" else None

    @property
    def back(self) -> str:
        """Say which screen lies before this one."""
        match self.parts:
            case ["opt", name] | ["pick", name, _]:
                return self.option(name).page
            case ["item", name, _]:
                return f"pick-{name}-0"
            case ["field", name, index, _] | ["ask", name, index, _]:
                return f"item-{name}-{index}"
            case ["ask", name] if name in {option.name for option in self.capability.options}:
                return self.option(name).page
            case _:
                return "main"

    @property
    def kind(self) -> Kind:
        """Say what the value that is awaited can be; raise `Outdated` where none of an option's is."""
        match self.parts:
            case ["ask", name, index, field]:
                return self.figure(name, number(index), field)
            case ["ask", name] if self.option(name).most == 1:
                return self.option(name).kind
            case _:
                raise Outdated(self.screen)

    def option(self, name: str) -> Option:
        """Find an option; raise `Outdated` where there is none of that name."""
        try:
            return self.capability.option(name)
        except KeyError:
            raise Outdated(name) from None

    def held(self, name: str) -> list[dict[str, Any]]:
        """List what is chosen of a catalogue; raise `Outdated` for an option that has none."""
        option = self.option(name)
        if not isinstance(option.kind, Named):
            raise Outdated(name)
        value = self.answers[name]
        return list(value) if option.most > 1 else [value] if value else []

    def chosen(self, name: str, index: int) -> dict[str, Any]:
        """Give one chosen thing; raise `Outdated` where there is none at that place."""
        held = self.held(name)
        if not 0 <= index < len(held):
            raise Outdated(self.screen)
        return held[index]

    def figure(self, name: str, index: int, field: str) -> Kind:
        """Say what a figure of a chosen thing can be; raise `Outdated` where it has none of that name."""
        kind = self.capability.fields(name, self.chosen(name, index)).get(field)
        if kind is None:
            raise Outdated(field)
        return kind

    def go(self, screen: str) -> Self:
        """Show another screen."""
        return replace(self, screen=screen)

    def with_answer(self, name: str, value: Any) -> Self:  # noqa: ANN401  a JSON value
        """Take an answer and go on to what is missing, or to the panel."""
        answers = {**self.answers, name: value}
        missing = self.capability.missing(answers)
        return replace(self, answers=answers, screen=f"ask-{missing.name}" if missing else self.back)

    def typed(self, words: str) -> Self:
        """Take typed words as the answer that is awaited; raise `BadValue` where they do not fit."""
        match self.parts:
            case ["ask", name, index, field]:
                return self.set_field(name, number(index), field, words)
            case ["ask", "photo"]:
                raise BadValue(text("I am waiting for a picture. Send one, or press Back."))
            case ["ask", name]:
                for need in self.capability.needs:
                    if need.name == name:
                        need.check(words)
                        return self.with_answer(name, words.strip())
                if self.option(name).most > 1:
                    raise Outdated(self.screen)
                return self.with_answer(name, self.option(name).parse(words))
            case _:
                raise Outdated(self.screen)

    def set(self, name: str, raw: str) -> Self:
        """Take a pressed value of an option."""
        option = self.option(name)
        if option.most > 1:
            raise Outdated(name)
        return replace(self, answers={**self.answers, name: option.parse(raw)}, screen=option.page)

    def cleared(self, name: str) -> Self:
        """Take an answer back to its default."""
        if name == "photo":
            return replace(self, answers={**self.answers, name: None}, screen="main")
        option = self.option(name)
        return replace(self, answers={**self.answers, name: option.default}, screen=option.page)

    def pick(self, name: str, key: str, choices: Sequence[Choice]) -> Self:
        """Choose a thing of a catalogue, or give it up where it was chosen."""
        choice = next((one for one in choices if key_of(one) == key), None)
        if choice is None:
            raise Outdated(key)
        picked = {"id": choice.id, "name": choice.name}
        option, before = self.option(name), self.held(name)
        if option.most == 1:
            return replace(self, answers={**self.answers, name: picked}, screen=option.page)
        held = [one for one in before if not is_chosen(choice, [one])]
        if len(held) == len(before):
            if len(held) >= option.most:
                raise BadValue(text("You have chosen {most} already; take one back first.", most=option.most))
            held.append(picked)
        return replace(self, answers={**self.answers, name: held})

    def set_field(self, name: str, index: int, field: str, raw: str) -> Self:
        """Take a value of a chosen thing's figure; raise `BadValue` where it does not fit."""
        kind = self.figure(name, index, field)
        held = self.held(name)
        try:
            held[index] = {**held[index], field: kind.parse(raw)}
        except ValueError:
            raise BadValue(text("That does not fit. Allowed: {allowed}.", allowed=kind.allowed())) from None
        value = held if self.option(name).most > 1 else held[0]
        return replace(self, answers={**self.answers, name: value}, screen=f"item-{name}-{index}")


def number(part: str) -> int:
    """Read a number in a screen's name; raise `Outdated` for what is none."""
    try:
        return int(part)
    except ValueError:
        raise Outdated(part) from None


def key_of(choice: Choice) -> str:
    """Give a short name for a button's data, whatever the length of the id."""
    return hashlib.sha256(choice.id.encode()).hexdigest()[:10]


def is_chosen(choice: Choice, held: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether a thing of a catalogue is among the chosen, by its id or by the name that was typed."""
    return any(
        one["id"] == choice.id
        if "id" in one
        else one["name"].casefold() in {choice.id.casefold(), choice.name.casefold()}
        for one in held
    )
