"""What every capability declares and does."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.capabilities import flags
from bot.capabilities.catalogue import Catalogue
from bot.capabilities.common_options import PRESET
from bot.capabilities.inputs import Inputs
from bot.capabilities.needs import Answers, Errand, Need, PhotoNeed, Source, WordsNeed
from bot.capabilities.options import Kind, Named, Option, shorten
from bot.errors import BadValue
from bot.locales.text import Text, text
from bot.miaohua.client import Miaohua
from bot.miaohua.family import Model
from bot.store.engine import Store
from bot.store.task import Task
from bot.tracker.ports import Made, Prepared


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom something is done for: a person, and the chat that it is done in. By itself it is nobody, nowhere."""

    owner_id: int = 0
    chat_id: int = 0


@dataclass(frozen=True, slots=True)
class Studio:
    """What capabilities work with."""

    client: Miaohua
    catalogue: Catalogue
    inputs: Inputs
    store: Store
    default_model: str | None = None  # the operator's, by name or id
    audience: Audience = Audience()

    def for_(self, owner_id: int, chat_id: int) -> Self:
        """Work for a person in a chat: what is theirs alone can be had."""
        return replace(self, audience=Audience(owner_id, chat_id))


@dataclass(frozen=True, slots=True)
class Choice:
    """Something in a catalogue that can be picked."""

    id: str
    name: str
    description: str

    @classmethod
    def of(cls, model: Model) -> Self:
        """Show a model by its name; by its id where it has none."""
        return cls(model.id, model.name or model.id, model.description)


class Capability(ABC):
    """Something that a chat can ask for."""

    name: ClassVar[str]
    commands: ClassVar[tuple[str, ...]]  # without the slash; the first is the one that is shown
    family: ClassVar[str]
    patience: ClassVar[float]  # seconds after the order in which there must be a result
    preparation: ClassVar[float] = 90.0  # seconds that it may take to make an order ready
    is_errand: ClassVar[bool] = False  # it works for a dialog: no command, and what it brings goes there
    needs_link: ClassVar[bool] = False  # pictures that people send have to be offered at a public link
    is_cancellable_at_vendor: ClassVar[bool] = False  # the vendor takes its order back, as long as that waits there
    is_instant: ClassVar[bool] = False  # pressed below a picture, it is ordered without a panel before
    can_vary: ClassVar[bool] = False  # it can make another picture like one of its own
    icon: ClassVar[str]
    title: ClassVar[Text]
    summary: ClassVar[Text]  # the command's description, at most 256 characters
    example: ClassVar[str]
    needs: ClassVar[tuple[Need, ...]]
    options: ClassVar[tuple[Option, ...]]
    lead: ClassVar[str | None] = None  # the option that bare words behind the command are for

    def start(self, choices: Answers) -> dict[str, Any]:
        """Begin with the defaults, and with a person's last choices where an option is remembered."""
        return {
            option.name: choices.get(option.name, option.default) if option.remembered else option.default
            for option in self.options
        }

    def reopened(self, request: Answers) -> dict[str, Any]:
        """Turn a settled request back into answers, to be changed and settled anew."""
        return dict(request)

    def varied(self, request: Answers, source: Source) -> dict[str, Any]:
        """Turn a settled request into answers for another picture like that one; only where it `can_vary`."""
        raise NotImplementedError(source)

    def remember(self, answers: Answers, request: Answers) -> dict[str, Any]:  # noqa: ARG002  for those that ask
        """Say which of a person's answers, as settled in the request, are to be the next defaults."""
        return {option.name: request[option.name] for option in self.options if option.remembered}

    def read(self, line: str) -> dict[str, Any]:
        """Read what is typed behind the command into answers; raise `BadValue` for what does not fit.

        The name of a preset is among them, for whoever knows what it stands for.
        """
        parsed = flags.read(line, (*self.options, PRESET))
        answers = self._from_words(parsed.words)
        if answers.keys() & parsed.values.keys():
            raise self._stray(parsed.words)
        return {**answers, **parsed.values}

    def _from_words(self, words: str) -> dict[str, Any]:
        taker = next((need for need in self.needs if isinstance(need, WordsNeed)), None)
        if taker is not None:
            return {taker.name: words}
        if not words:
            return {}
        if self.lead is not None:
            return {self.lead: self.option(self.lead).parse(words)}
        raise self._stray(words)

    def _stray(self, words: str) -> BadValue:
        return BadValue(
            text(
                "I do not know what to do with “{words}” here. /help {command} says what can be typed.",
                words=shorten(words, 60),
                command=self.commands[0],
            )
        )

    def placed(self, answered: Sequence[Source], sent: Sequence[Source]) -> dict[str, Any]:
        """Say what the pictures of a command answer: those that it replies to, and those sent with it."""
        takers = [need for need in self.needs if need.most]
        if all(need.most == 1 for need in takers):  # others of an album are not meant
            answered = answered[:1]
        left = [*answered, *sent]
        if len(takers) == 1:  # what is sent with the command is meant rather than what it replies to
            left = left[-takers[0].most :]
        answers: dict[str, Any] = {}
        for need in takers:
            for source in left[: need.most]:
                answers[need.name] = need.taken(answers, source)
            left = left[need.most :]
        return answers

    def missing(self, answers: Answers) -> Need | None:
        """Say what is still to be asked for."""
        return next((need for need in self.needs if need.is_required and not need.is_met(answers)), None)

    def missing_option(self, answers: Answers) -> Option | None:
        """Say which option is still to be chosen."""
        return next((option for option in self.options if option.is_required and not answers.get(option.name)), None)

    def errands(self, answers: Answers) -> list[tuple[Need, Errand]]:
        """List what is to be found out at the vendor before anything more is asked for, and for which need."""
        return [(need, errand) for need in self.needs for errand in need.errands(answers)]

    def need(self, name: str) -> Need:
        """Find a need by its name; raise `KeyError` where there is none."""
        return {need.name: need for need in self.needs}[name]

    @property
    def takes_photo(self) -> bool:
        """Say whether it works from a picture, so that it can go on from any."""
        return any(isinstance(need, PhotoNeed) and need.is_required for need in self.needs)

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
            if isinstance(need, WordsNeed):
                need.check(str(answers.get(need.name) or ""))

    def needs_link_for(self, answers: Answers) -> bool:  # noqa: ARG002  for those that work from results without one
        """Say whether what is answered so far can go on only where pictures can be offered at a public link."""
        return self.needs_link

    def check_link(self, answers: Answers, studio: Studio) -> None:
        """Raise `Unavailable` where it needs a public link, and there is none."""
        if self.needs_link_for(answers):
            studio.inputs.require_link()

    async def settle(self, answers: Answers, studio: Studio) -> dict[str, Any]:
        """Turn complete answers into a request that the vendor takes: names resolved, the rules across options kept.

        Raises `UserError` where that cannot be. An errand is sent with its request.
        """
        raise NotImplementedError(self.name)

    @abstractmethod
    def pictures(self, request: Answers) -> int:
        """Say how many pictures of the allowance a settled request costs."""

    @abstractmethod
    def kind(self, request: Answers) -> str:
        """Name what usually takes the same time, at most 160 characters."""

    @abstractmethod
    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:
        """Phrase what a result was made from."""

    def finished(self, task: Task) -> Text:
        """Phrase the end of a task that made no pictures but something else; only for those that do."""
        raise NotImplementedError(task.id)

    @abstractmethod
    async def prepare(self, task: Task, studio: Studio) -> Prepared:
        """Make the order ready: input pictures offered, the vendor's request built.

        Raises `UserError` where the request cannot be carried out.
        """

    def remarks(self, answers: Answers) -> Sequence[Text]:  # noqa: ARG002  for those that have some
        """Say what to know before it is ordered, one line each."""
        return ()

    async def ordered(self, conn: AsyncConnection, task: Task) -> None:  # noqa: B027  for those that need it
        """Take what the task works from out of its dialog, in the transaction in which it is ordered.

        Raises `UserError` where that is gone.
        """

    async def cancel(self, task: Task, studio: Studio) -> bool:  # noqa: ARG002  for those that can
        """Take an order back at the vendor; say whether that went. Raises `UserError` where that cannot be said."""
        return False

    def trial(self, task: Task) -> dict[str, Any]:
        """Answer an `/imagine` so that it tries what was made."""
        raise NotImplementedError(task.capability)

    async def keep(self, conn: AsyncConnection, task: Task, made: Made) -> None:  # noqa: B027  most make pictures only
        """Write down what was made besides pictures, in the transaction in which the task succeeds."""
