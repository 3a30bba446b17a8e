"""Inline mode: what is typed behind a bot's name in any chat, and what the bot offers there."""

from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.telegram.entities import Formatted
from bot.sandbox.telegram.files import Photo

MAX_QUERY: Final = 256


@dataclass(frozen=True, slots=True)
class Result:
    """Something that can be chosen: what the list shows, and what is sent."""

    id: str
    kind: str
    title: str
    description: str
    content: Formatted
    photo: Photo | None = None

    def shown(self) -> dict[str, Any]:
        """Phrase it for the people side."""
        return {
            "id": self.id,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "photo": f"/chat/files/{self.photo.largest.file_id}" if self.photo else None,
        }


@dataclass(slots=True)
class InlineQuery:
    """Something that was typed behind the bot's name; `results` by their ids, once it is answered."""

    user_id: int
    chat_id: int
    at: float
    results: dict[str, Result] | None = None
