"""Formatted text: entities with their places counted in UTF-16 units, as Telegram counts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

_CODE = frozenset({"code", "pre"})
_ARGUMENTS = {"text_link": "url", "pre": "language"}
_DETECTED = (
    ("url", re.compile(r"\bhttps?://[^\s<>\"]+[^\s<>\"'.,;:!?)\]]")),
    ("bot_command", re.compile(r"(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])")),
    ("mention", re.compile(r"(?<![\w/@])@[A-Za-z][A-Za-z0-9_]{3,31}\b")),
    ("hashtag", re.compile(r"(?<![\w#])#(?=\w*[^\W\d])\w{1,256}")),
)


@dataclass(frozen=True, slots=True)
class Entity:
    """A stretch of text of one kind. `argument`: a link's URL, a code block's language, a mentioned user's id."""

    type: str
    offset: int
    length: int
    argument: str = ""

    @property
    def end(self) -> int:
        """The first unit after it."""
        return self.offset + self.length

    def as_json(self) -> dict[str, Any]:
        """Phrase it as the Bot API does, but for `text_mention`, whose user is known elsewhere."""
        named = {_ARGUMENTS[self.type]: self.argument} if self.argument and self.type in _ARGUMENTS else {}
        return {"type": self.type, "offset": self.offset, "length": self.length} | named


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text and its entities."""

    text: str = ""
    entities: tuple[Entity, ...] = ()

    def command(self) -> str | None:
        """Tell the command it begins with, such as "/help" or "/help@some_bot"."""
        first = next((entity for entity in self.entities if entity.type == "bot_command" and not entity.offset), None)
        return self.text[: first.length] if first else None  # a command is ASCII: units are characters


def units(text: str) -> int:
    """Count UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def finish(text: str, marked: Iterable[Entity] = ()) -> Formatted:
    """Do what Telegram does to any text before it is sent: trim it, and find commands, links and mentions in it."""
    stripped = text.lstrip()
    cut = units(text) - units(stripped)
    stripped = stripped.rstrip()
    kept = _trimmed(marked, cut, units(stripped))
    entities = sorted([*kept, *_detected(stripped, kept)], key=lambda entity: (entity.offset, -entity.length))
    return Formatted(stripped, tuple(entities))


def _trimmed(marked: Iterable[Entity], cut: int, size: int) -> list[Entity]:
    kept = []
    for entity in marked:
        start, end = max(entity.offset - cut, 0), min(entity.end - cut, size)
        if end > start:
            kept.append(replace(entity, offset=start, length=end - start))
    code = [entity for entity in kept if entity.type in _CODE]
    return [entity for entity in kept if entity.type in _CODE or not any(_covers(outer, entity) for outer in code)]


def _detected(text: str, marked: list[Entity]) -> list[Entity]:
    taken = [entity for entity in marked if entity.type in _CODE or entity.type.startswith("text_")]
    found: list[Entity] = []
    for kind, pattern in _DETECTED:
        for match in pattern.finditer(text):
            entity = Entity(kind, units(text[: match.start()]), units(match.group()))
            if not any(entity.offset < other.end and other.offset < entity.end for other in taken):
                found.append(entity)
                taken.append(entity)
    return found


def _covers(outer: Entity, inner: Entity) -> bool:
    return outer.offset <= inner.offset and inner.end <= outer.end
