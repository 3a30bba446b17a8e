"""The messages that show pictures together, as a button's data tells of them, and the pages that they go with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from telegram import Message


@dataclass(frozen=True, slots=True)
class Album:
    """How many messages follow one another, from which id on."""

    first: int = 0
    count: int = 0

    @classmethod
    def of(cls, sent: Sequence[Message]) -> Self:
        """Take in what was sent, as far as its ids follow one another."""
        ids = [message.message_id for message in sent]
        run = [id_ for place, id_ in enumerate(ids) if id_ == ids[0] + place]
        return cls(ids[0], len(run)) if ids else cls()

    @classmethod
    def read(cls, written: str) -> Self:
        """Read what `str()` wrote; what is written otherwise is none."""
        first, _, count = written.partition("_")
        return cls(int(first), int(count)) if first.isdecimal() and count.isdecimal() else cls()

    @property
    def message_ids(self) -> Sequence[int]:
        """List their ids."""
        return range(self.first, self.first + self.count)

    def __str__(self) -> str:
        """Write it for a button's data."""
        return f"{self.first}_{self.count}"


class Pages:
    """Which album goes with a page, for those that were turned last.

    Two presses in a row name the same album, and the second would leave behind what the first one sent.
    """

    MOST = 1000

    def __init__(self) -> None:
        self._shown: dict[tuple[int, int], Album] = {}

    def turn(self, chat_id: int, message_id: int, album: Album) -> None:
        """Note the album that a page has now."""
        self._shown.pop((chat_id, message_id), None)
        self._shown[chat_id, message_id] = album
        if len(self._shown) > self.MOST:
            del self._shown[next(iter(self._shown))]

    def have(self, chat_id: int, message_id: int, album: Album) -> bool:
        """Say whether a page has this album, as far as is known."""
        return self._shown.get((chat_id, message_id), album) == album
