"""Telegram's HTML, read with Telegram's rules and refused in Telegram's words."""

import re
import sys
from dataclasses import dataclass
from typing import Final

from bot.sandbox.telegram.entities import Entity, units
from bot.sandbox.telegram.refusals import Refused, bad_request

_TYPES: Final = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_SURROGATES: Final = range(0xD800, 0xE000)
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE: Final = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]+));?")
_TAG_NAME: Final = re.compile(r"[^ \t\r\n\v>]*")
_ATTRIBUTE_NAME: Final = re.compile(r"[^ \t\r\n\v=>]*")
_TOKEN: Final = re.compile(r"[A-Za-z0-9.-]*")
_SPACE: Final = re.compile(r"[ \t\r\n\v]*")
_AFTER_TOKEN: Final = frozenset({"", " ", "\t", "\r", "\n", "\v", ">"})
_USER_LINK: Final = re.compile(r"tg://user\?id=(\d+)")
_LINK: Final = re.compile(r"(?:(?:https?|ton|tonsite)://|tg:|mailto:)\S+|[\w-]+(?:\.[\w-]+)+\S*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    argument: str
    offset: int
    position: int


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Take the tags out. Raises `Refused` with Telegram's "can't parse entities: ..."."""
    return _Parser(source).run()


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.text = ""
        self.size = 0
        self.open: list[_Open] = []
        self.entities: list[Entity] = []

    def run(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.source):
            if self.source.startswith("</", self.at):
                self._end_tag()
            elif self.source[self.at] == "<":
                self._start_tag()
            else:
                self._keep(self._character())
        if self.open:
            raise _fault(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')
        return self.text, self.entities

    def _keep(self, character: str) -> None:
        self.text += character
        self.size += units(character)

    def _character(self) -> str:
        match = _REFERENCE.match(self.source, self.at)
        character = _referred(match) if match else None
        if match and character:
            self.at = match.end()
            return character
        self.at += 1
        return self.source[self.at - 1]

    def _start_tag(self) -> None:
        begin = self.at
        self.at += 1
        tag = self._take(_TAG_NAME).lower()
        if self._peek() == "":
            raise self._fault_at(begin, "Unclosed start tag")
        if tag not in _TYPES:
            raise self._fault_at(begin, f'Unsupported start tag "{tag}"')
        argument = ""
        while self._skip() != ">":
            name, value = self._attribute(tag, begin)
            argument = _argument(tag, name, value) or argument
        self.at += 1
        if tag == "span" and argument != "tg-spoiler":
            raise self._fault_at(begin, 'Tag "span" must have class "tg-spoiler"')
        self.open.append(_Open(tag, argument, self.size, len(self.text)))

    def _attribute(self, tag: str, begin: int) -> tuple[str, str]:
        name = self._take(_ATTRIBUTE_NAME)
        if not name:
            raise self._fault_at(begin, f'Empty attribute name in the tag "{tag}"')
        if tag == "blockquote" and name == "expandable" and self._skip() != "=":
            return name, ""
        if self._skip() != "=":
            raise self._fault_at(begin, f'Expected equal sign in declaration of an attribute of the tag "{tag}"')
        self.at += 1
        if self._skip() == "":
            raise self._fault_at(begin, f'Unclosed start tag "{tag}"')
        value = self._quoted() if self._peek() in {"'", '"'} else self._token()
        if self._peek() == "":
            raise self._fault_at(begin, "Unclosed start tag")
        return name, value

    def _quoted(self) -> str:
        quote = self.source[self.at]
        self.at += 1
        value = ""
        while self._peek() not in {quote, ""}:
            value += self._character()
        self.at += self._peek() == quote
        return value

    def _token(self) -> str:
        begin = self.at
        value = self._take(_TOKEN).lower()
        if self._peek() not in _AFTER_TOKEN:
            raise self._fault_at(begin, "Unexpected end of name token")
        return value

    def _end_tag(self) -> None:
        begin = self.at
        if not self.open:
            raise self._fault_at(begin, "Unexpected end tag")
        self.at += 2
        tag = self._take(_TAG_NAME).lower()
        if self._skip() != ">":
            raise self._fault_at(begin, "Unclosed end tag")
        self.at += 1
        opened = self.open.pop()
        if tag not in {"", opened.tag}:
            found = (
                f'Unmatched end tag at byte offset {self._bytes(begin)}, expected "</{opened.tag}>", found "</{tag}>"'
            )
            raise _fault(found)
        if self.size > opened.offset:
            self._close(opened)

    def _close(self, opened: _Open) -> None:
        kind, argument, length = _TYPES[opened.tag], opened.argument, self.size - opened.offset
        if opened.tag == "a":
            kind, argument = _link(argument or self.text[opened.position :])
        elif opened.tag == "blockquote" and argument:
            kind, argument = "expandable_blockquote", ""
        elif opened.tag == "span":
            argument = ""
        elif opened.tag in {"pre", "code"} and self._inner(opened.offset, length, {"pre", "code"} - {opened.tag}):
            inner = self.entities.pop()
            kind, argument = "pre", inner.argument or argument
        # A custom emoji costs its bot a paid username: without one its ordinary emoji is shown.
        if kind not in {"", "custom_emoji"}:
            self.entities.append(Entity(kind, opened.offset, length, argument))

    def _inner(self, offset: int, length: int, kinds: set[str]) -> bool:
        if not self.entities:
            return False
        last = self.entities[-1]
        return last.type in kinds and (last.offset, last.length) == (offset, length)

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.source, self.at)
        taken = match.group() if match else ""
        self.at += len(taken)
        return taken

    def _skip(self) -> str:
        self._take(_SPACE)
        return self._peek()

    def _peek(self) -> str:
        return self.source[self.at : self.at + 1]

    def _bytes(self, position: int) -> int:
        return len(self.source[:position].encode())

    def _fault_at(self, position: int, reason: str) -> Refused:
        return _fault(f"{reason} at byte offset {self._bytes(position)}")


def _fault(reason: str) -> Refused:
    return bad_request(f"can't parse entities: {reason}")


def _referred(match: re.Match[str]) -> str | None:
    hexadecimal, decimal, name = match.groups()
    if name:
        return _NAMED.get(name)
    number = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if number in _SURROGATES:
        raise bad_request(
            "can't parse entities: Text contains invalid Unicode characters after decoding HTML entities, "
            "check for unmatched surrogate code units"
        )
    return chr(number) if 0 < number < sys.maxunicode else None


def _argument(tag: str, name: str, value: str) -> str:
    match tag, name:
        case "a", "href":
            return value
        case "code", "class" if value.startswith("language-"):
            return value.removeprefix("language-")
        case "span", "class":
            return value
        case "blockquote", "expandable":
            return name
        case _:
            return ""


def _link(url: str) -> tuple[str, str]:
    """Tell the kind and argument of a link; one that leads nowhere is dropped and its words stay."""
    user = _USER_LINK.fullmatch(url)
    if user:
        return "text_mention", user.group(1)
    if not _LINK.fullmatch(url):
        return "", ""
    return "text_link", url if ":" in url.partition("/")[0] else f"http://{url}"
