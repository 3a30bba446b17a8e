"""What a request cannot be made without, or may have beside its options: declared here, asked for in a chat.

How each kind is asked for and answered stands in `bot/conversations/`. Answers are JSON values by a need's name,
because they wait in rows. A picture is its source: `{"file": <Telegram's file_id>}`, with `"document": true` where it
was sent as a file, or `{"task": <id>, "index": <k>}` for one that we made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from bot.capabilities.options import Words
from bot.errors import BadValue
from bot.locales.text import Text, text
from bot.store.task import Picture, Task

Answers: TypeAlias = Mapping[str, Any]
"""What a person has answered so far: JSON values by name."""

Source: TypeAlias = Mapping[str, Any]
"""A picture, by where it is to be had."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A task that works for a dialog: what it brings is heard by the need that sent it, and not by the chat."""

    capability: str
    request: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Brought:
    """How an errand ended: with pictures or findings, or with the reason why there are none."""

    task: Task
    pictures: tuple[Picture, ...] = ()
    reason: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Need:
    """Something that is asked for by a question of its own."""

    name: str
    label: Text  # of the button that changes it
    question: Text
    hint: Text  # what stands in the empty line
    is_required: bool = True
    most: ClassVar[int] = 1  # how many sent pictures it takes

    def is_met(self, answers: Answers) -> bool:
        """Say whether it is answered."""
        return bool(answers.get(self.name))

    def taken(self, answers: Answers, source: Source) -> Any:  # noqa: ANN401, ARG002  a JSON value; for those that ask
        """Take a sent picture, and give the new answer."""
        return dict(source)

    def errands(self, answers: Answers) -> Sequence[Errand]:  # noqa: ARG002  for those that have some
        """Say what is to be found out at the vendor before this can be answered, and is not known yet."""
        return ()

    def heard(self, answers: Answers, brought: Brought) -> dict[str, Any]:
        """Take what an errand of this need brought into the answers."""
        raise NotImplementedError(brought.task.capability)

    def show(self, answers: Answers) -> Text:
        """Phrase the answer in a few words."""
        return text("yes") if self.is_met(answers) else text("none")


@dataclass(frozen=True, kw_only=True)
class WordsNeed(Need):
    """Free text."""

    kind: Words
    most: ClassVar[int] = 0

    def check(self, typed: str) -> None:
        """Raise `BadValue` for an answer that is too long."""
        try:
            self.kind.parse(typed)
        except ValueError:
            raise BadValue(
                text(
                    "That is too long by {over}. Allowed: {allowed}.",
                    over=self.kind.length(typed.strip()) - self.kind.limit,
                    allowed=self.kind.allowed(),
                )
            ) from None

    def show(self, answers: Answers) -> Text:
        """Phrase the beginning of the words."""
        return self.kind.show(str(answers.get(self.name) or ""))


@dataclass(frozen=True, kw_only=True)
class PhotoNeed(Need):
    """One picture."""
