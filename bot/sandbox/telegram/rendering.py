"""Formatted text as safe HTML for the chat page."""

from html import escape
from typing import Final

from bot.sandbox.telegram.entities import Entity, Formatted, units

_TAGS: Final = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_CLASSES: Final = {"spoiler": "spoiler", "bot_command": "command", "mention": "mention", "hashtag": "hashtag"}
_SAFE_SCHEMES: Final = ("http://", "https://", "tg://", "mailto:")


def render_html(formatted: Formatted) -> str:
    """Wrap the text in tags that are always balanced, whatever overlaps; every word of it is escaped."""
    positions = _positions(formatted.text)
    edges = sorted({0, *(edge for entity in formatted.entities for edge in (entity.offset, entity.end))})
    pieces: list[str] = []
    stack: list[Entity] = []
    for start, end in zip(edges, [*edges[1:], units(formatted.text)], strict=True):
        _change(stack, formatted, start, pieces)
        pieces.append(escape(formatted.text[positions[start] : positions[end]]))
    return "".join(pieces)


def _change(stack: list[Entity], formatted: Formatted, at: int, pieces: list[str]) -> None:
    """Close what ends here (and what was opened inside it, to open that again), and open what begins here."""
    ended = next((depth for depth, entity in enumerate(stack) if entity.end <= at), len(stack))
    closed = stack[ended:]
    pieces.extend(_tags(entity, formatted.text)[1] for entity in reversed(closed))
    begun = [entity for entity in formatted.entities if entity.offset == at]
    opened = sorted([*(entity for entity in closed if entity.end > at), *begun], key=lambda entity: -entity.end)
    pieces.extend(_tags(entity, formatted.text)[0] for entity in opened)
    stack[ended:] = opened


def _tags(entity: Entity, text: str) -> tuple[str, str]:
    if entity.type == "expandable_blockquote":
        return "<blockquote expandable>", "</blockquote>"
    if entity.type in _TAGS:
        return f"<{_TAGS[entity.type]}>", f"</{_TAGS[entity.type]}>"
    url = _slice(text, entity) if entity.type == "url" else entity.argument
    if entity.type in {"url", "text_link"} and url.lower().startswith(_SAFE_SCHEMES):
        return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">', "</a>"
    return f'<span class="{_CLASSES.get(entity.type, "entity")}">', "</span>"


def _slice(text: str, entity: Entity) -> str:
    positions = _positions(text)
    return text[positions[entity.offset] : positions[entity.end]]


def _positions(text: str) -> list[int]:
    """Tell where in the string each UTF-16 unit lies."""
    found = [index for index, character in enumerate(text) for _ in range(units(character))]
    return [*found, len(text)]
