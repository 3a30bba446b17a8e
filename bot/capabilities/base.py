"""What every capability declares and does."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from bot.capabilities.catalogue import Catalogue
from bot.capabilities.inputs import Inputs
from bot.capabilities.options import Kind, Named, Option, Words
from bot.errors import BadValue
from bot.locales.text import Text, text
from bot.miaohua.client import Miaohua
from bot.miaohua.prompts import prompt_length
from bot.store.task import Task
from bot.tracker.ports import Submit

Answers: TypeAlias = Mapping[str, Any]
"""What a person has answered so far: JSON values by name, because they wait in rows."""


@dataclass(frozen=True, slots=True)
class Studio:
    """What capabilities work with."""

    client: Miaohua
    catalogue: Catalogue
    inputs: Inputs
    default_model: str | None = None  # the operator's, by name or id


@dataclass(frozen=True, slots=True)
class Choice:
    """Something in a catalogue that can be picked."""

    id: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Need:
    """Something without which a request cannot be made, and how it is asked for."""

    name: str
    question: Text
    hint: Text  # what stands in the empty line
    kind: Words

    def check(self, typed: str) -> None:
        """Raise `BadValue` for an answer that is too long."""
        try:
            self.kind.parse(typed)
        except ValueError:
            raise BadValue(
                text(
                    "That is too long by {over}. Allowed: {allowed}.",
                    over=prompt_length(typed) - self.kind.limit,
                    allowed=self.kind.allowed(),
                )
            ) from None


class Capability(ABC):
    """Something that a chat can ask for."""

    name: ClassVar[str]
    commands: ClassVar[tuple[str, ...]]  # without the slash; the first is the one that is shown
    family: ClassVar[str]
    patience: ClassVar[float]  # seconds after the order in which there must be a result
    icon: ClassVar[str]
    title: ClassVar[Text]
    summary: ClassVar[Text]  # the command's description, at most 256 characters
    example: ClassVar[str]
    needs: ClassVar[tuple[Need, ...]]
    options: ClassVar[tuple[Option, ...]]

    def start(self, choices: Answers) -> dict[str, Any]:
        """Begin with the defaults, and with a person's last choices where an option is remembered."""
        return {
            option.name: choices.get(option.name, option.default) if option.remembered else option.default
            for option in self.options
        }

    def reopened(self, request: Answers) -> dict[str, Any]:
        """Turn a settled request back into answers, to be changed and settled anew."""
        return dict(request)

    def remember(self, answers: Answers, request: Answers) -> dict[str, Any]:  # noqa: ARG002  for those that ask
        """Say which of a person's answers, as settled in the request, are to be the next defaults."""
        return {option.name: request[option.name] for option in self.options if option.remembered}

    def missing(self, answers: Answers) -> Need | None:
        """Say what is still to be asked for."""
        return next((need for need in self.needs if not answers.get(need.name)), None)

    def option(self, name: str) -> Option:
        """Find an option by its name; raise `KeyError` where there is none."""
        return {option.name: option for option in self.options}[name]

    async def choices(self, option: str, answers: Answers, studio: Studio) -> Sequence[Choice]:
        """List what a `Named` option can be; raise `UserError` where the catalogue cannot be had."""
        raise NotImplementedError(option)

    def fields(self, option: str, value: Answers) -> Mapping[str, Kind]:  # noqa: ARG002  for those that ask
        """Say what can be set about one chosen value of a `Named` option."""
        kind = self.option(option).kind
        return kind.fields if isinstance(kind, Named) else {}

    def check(self, answers: Answers) -> None:
        """Raise `BadValue` for an answer to a need that does not fit."""
        for need in self.needs:
            need.check(str(answers[need.name]))

    @abstractmethod
    async def settle(self, answers: Answers, studio: Studio) -> dict[str, Any]:
        """Turn complete answers into a request that the vendor takes: names resolved, the rules across options kept.

        Raises `UserError` where that cannot be.
        """

    @abstractmethod
    def pictures(self, request: Answers) -> int:
        """Say how many pictures of the allowance a settled request costs."""

    @abstractmethod
    def kind(self, request: Answers) -> str:
        """Name what usually takes the same time, at most 160 characters."""

    @abstractmethod
    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:
        """Phrase what a result was made from."""

    @abstractmethod
    async def prepare(self, task: Task, studio: Studio) -> Submit:
        """Make the order ready: input pictures offered, the vendor's request built.

        Raises `UserError` where the request cannot be carried out.
        """
