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
from bot.capabilities.options import Named
from bot.errors import BadValue
from bot.locales.text import text


class Outdated(Exception):
    """A button that does not fit the form as it is now: pressed twice, or on an old message."""


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
            case ["opt", name]:
                return self.capability.option(name).page
            case ["item", name, _]:
                return f"pick-{name}-0"
            case ["field", name, index, _] | ["ask", name, index, _]:
                return f"item-{name}-{index}"
            case ["ask", name] if name in {option.name for option in self.capability.options}:
                return self.capability.option(name).page
            case _:
                return "main"

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
                return self._with_field(name, int(index), field, words)
            case ["ask", "photo"]:
                raise BadValue(text("I am waiting for a picture. Send one, or press Back."))
            case ["ask", name]:
                for need in self.capability.needs:
                    if need.name == name:
                        need.check(words)
                        return self.with_answer(name, words.strip())
                return self.with_answer(name, self.capability.option(name).parse(words))
            case _:
                raise Outdated(self.screen)

    def set(self, name: str, raw: str) -> Self:
        """Take a pressed value of an option."""
        option = self.capability.option(name)
        return replace(self, answers={**self.answers, name: option.parse(raw)}, screen=option.page)

    def cleared(self, name: str) -> Self:
        """Take an answer back to its default."""
        default = next((one.default for one in self.capability.options if one.name == name), None)
        page = "main" if name == "photo" else self.capability.option(name).page
        return replace(self, answers={**self.answers, name: default}, screen=page)

    def pick(self, name: str, key: str, choices: Sequence[Choice]) -> Self:
        """Choose a thing of a catalogue, or give it up where it was chosen."""
        choice = next((one for one in choices if key_of(one) == key), None)
        if choice is None:
            raise Outdated(key)
        picked = {"id": choice.id, "name": choice.name}
        option = self.capability.option(name)
        if option.most == 1:
            return replace(self, answers={**self.answers, name: picked}, screen=option.page)
        held = [one for one in self.answers[name] if not is_chosen(choice, [one])]
        if len(held) == len(self.answers[name]):
            if len(held) >= option.most:
                raise BadValue(text("You have chosen {most} already; take one back first.", most=option.most))
            held.append(picked)
        return replace(self, answers={**self.answers, name: held})

    def set_field(self, name: str, index: int, field: str, raw: str) -> Self:
        """Take a pressed value of a chosen thing's figure."""
        return self._with_field(name, index, field, raw)

    def _with_field(self, name: str, index: int, field: str, raw: str) -> Self:
        chosen = list(self.answers[name])
        if index >= len(chosen) or not isinstance(self.capability.option(name).kind, Named):
            raise Outdated(self.screen)
        kind = self.capability.fields(name, chosen[index]).get(field)
        if kind is None:
            raise Outdated(field)
        try:
            chosen[index] = {**chosen[index], field: kind.parse(raw)}
        except ValueError:
            raise BadValue(text("That does not fit. Allowed: {allowed}.", allowed=kind.allowed())) from None
        return replace(self, answers={**self.answers, name: chosen}, screen=f"item-{name}-{index}")


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
