"""Many pictures, collected over many messages.

The pictures are rows (`bot/store/collected.py`); the answer says only which collection they are in, how many there
are, and what was wrong with others.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from bot.capabilities.needs import Answers, Need, Source
from bot.errors import NotAllowed
from bot.locales.text import Text, plural, text
from bot.miaohua.bounds import longest_of
from bot.miaohua.lora import TrainRequest


@dataclass(frozen=True, slots=True)
class Collection:
    """What an answer holds of a collection, whose `id` is that of the dialog that began it; 0 before there is one.

    `waiting` are pictures that came with the command, and are not collected yet. `fault` is the dumped sentence about
    the last picture that could not be used.
    """

    id: int = 0
    count: int = 0
    is_done: bool = False
    duplicates: int = 0
    unusable: int = 0
    surplus: int = 0
    fault: Mapping[str, Any] | None = None
    waiting: tuple[Source, ...] = ()

    @property
    def plain(self) -> "Collection":
        """Forget what was wrong with others."""
        return Collection(self.id, self.count, self.is_done)

    def dump(self) -> dict[str, Any]:
        """Write it as JSON values."""
        return {**asdict(self), "waiting": [dict(source) for source in self.waiting]}


@dataclass(frozen=True, kw_only=True)
class CollectionNeed(Need):
    """At least `least` pictures; they are many enough when their sender says so."""

    least: int = 5
    most: ClassVar[int] = longest_of(TrainRequest, "images")

    def held(self, answers: Answers) -> Collection:
        """Read the answer."""
        held = Collection(**(answers.get(self.name) or {}))
        return replace(held, waiting=tuple(held.waiting))

    def is_met(self, answers: Answers) -> bool:
        """Say whether there are enough, and no more are to come."""
        held = self.held(answers)
        return held.is_done and held.count >= self.least

    def taken(self, answers: Answers, source: Source) -> dict[str, Any]:
        """Let a picture wait until it can be collected."""
        held = self.held(answers)
        return replace(held, waiting=(*held.waiting, source)).dump()

    def show(self, answers: Answers) -> Text:
        """Phrase how many there are."""
        return plural("{count} picture", "{count} pictures", self.held(answers).count)


def worked_from() -> NotAllowed:
    """Say that a collection stays as it is while a task works from it."""
    return NotAllowed(
        text(
            "A training is learning from these pictures, so they stay as they are until it ends. To begin another one, "
            "send /train."
        )
    )
