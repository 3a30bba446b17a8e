"""The form, pure: answers so far and the screen that is shown; words, photos and buttons lead to the next.

Screens are short words that wait in a row:
`main` `more` · `opt-NAME` an option's values · `pick-NAME-PAGE` a catalogue · `item-NAME-I` one chosen thing ·
`field-NAME-I-FIELD` one figure of it · `ask-NAME` or `ask-NAME-I-FIELD` a value that is to be typed ·
`ask-NAME` or `ask-NAME-SCREEN` a need, as its `Asking` asks for it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from bot.capabilities.base import Capability, Choice
from bot.capabilities.needs import Need
from bot.capabilities.options import Kind, Named, Option
from bot.errors import BadValue
from bot.locales.text import text

# An answer of the dialog's own: it began with a command that said all, so it is ordered as soon as that is found out.
HURRY = "hurry"


class Outdated(Exception):
    """A button that does not fit the form as it is now: pressed twice, on an old message, or made up by a client."""


@dataclass(frozen=True, slots=True)
class Form:
    """One request in the making."""

    capability: Capability
    answers: Mapping[str, Any]
    screen: str
    id: int = 0  # of the dialog that it is kept in

    @classmethod
    def opened(cls, capability: Capability, answers: Mapping[str, Any]) -> Self:
        """Begin: with what is to be found out or still missing, else with the panel."""
        return cls(capability, answers, "main").answered(answers, back="main")

    @property
    def parts(self) -> list[str]:
        """Split the screen's name."""
        return self.screen.split("-")

    @property
    def need(self) -> Need | None:
        """Give the need that is asked for now, if any."""
        match self.parts:
            case ["ask", name] | ["ask", name, _]:
                return next((need for need in self.capability.needs if need.name == name), None)
            case _:
                return None

    @property
    def awaits_value(self) -> bool:
        """Say whether an option's value is to be typed now."""
        return self.parts[0] == "ask" and self.need is None

    @property
    def is_complete(self) -> bool:
        """Say whether nothing is left to be asked for or found out."""
        missing = self.capability.missing(self.answers) or self.capability.missing_option(self.answers)
        return missing is None and not self.capability.errands(self.answers)

    @property
    def is_ready(self) -> bool:
        """Say whether it is to be ordered without a panel before: all was said in the command that began it."""
        return bool(self.answers.get(HURRY)) and self.is_complete

    @property
    def given(self) -> dict[str, Any]:
        """Give the answers alone."""
        return {name: answer for name, answer in self.answers.items() if name != HURRY}

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
            case ["ask", name] if self.need is None:
                return self.option(name).page
            case ["ask", name, _]:
                return f"ask-{name}"
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
        return self.answered({**self.answers, name: value}, back="main" if self.need else self.back)

    def answered(self, answers: Mapping[str, Any], *, back: str) -> Self:
        """Take answers and go on: to what is to be found out or still missing, else `back`."""
        sent = self.capability.errands(answers)
        missing = sent[0][0] if sent else self.capability.missing(answers)
        if missing is not None:
            return replace(self, answers=answers, screen=f"ask-{missing.name}")
        option = self.capability.missing_option(answers)
        return replace(self, answers=answers, screen=f"pick-{option.name}-0" if option else back)

    def typed(self, words: str) -> Self:
        """Take typed words as the value that is awaited; raise `BadValue` where they do not fit."""
        match self.parts:
            case ["ask", name, index, field]:
                return self.set_field(name, number(index), field, words)
            case ["ask", name] if self.option(name).most == 1:
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
        """Take an answer back to its default, or to none."""
        if name in {need.name for need in self.capability.needs}:
            return self.answered({**self.answers, name: None}, back="main")
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
            return self.answered({**self.answers, name: picked}, back=option.page)
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
