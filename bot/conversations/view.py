"""What a screen is made of: text, a picture where it needs one, and buttons.

A button's data is `d:<dialog>:<verb>[:<argument>...]`, at most 64 bytes.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.locales.text import Text, layout, text

Style = Literal["primary", "success", "danger"]


@dataclass(frozen=True, slots=True)
class Button:
    """A button below a message. `data` is what comes back when it is pressed."""

    label: Text
    data: str
    style: Style | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture on a screen: drawn only where another `key` (at most 64 characters) is shown so far."""

    key: str
    draw: Callable[[], Awaitable[bytes]]  # a JPEG; raises `UserError`


@dataclass(frozen=True, slots=True)
class View:
    """A message: its text in Telegram's HTML, its buttons, and the hint of the answer it asks for.

    In a group a view with a hint asks for a reply and shows no buttons: Telegram knows no message with both. Below a
    picture the text may have 1024 characters.
    """

    body: Text
    rows: Sequence[Sequence[Button]] = ()
    hint: Text | None = None
    picture: Drawn | None = None


@dataclass(frozen=True, slots=True)
class Buttons:
    """Makes the buttons of one dialog."""

    prefix: str

    def make(self, label: Text, *data: str, style: Style | None = None) -> Button:
        """Make a button; the first of `data` is the verb."""
        return Button(label, ":".join((self.prefix, *data)), style)

    def go(self, label: Text, screen: str) -> Button:
        """Make a button that leads to a screen."""
        return self.make(label, "go", screen)

    def need(self, label: Text, argument: str, style: Style | None = None) -> Button:
        """Make a button that the need hears which is asked for."""
        return self.make(label, "need", argument, style=style)

    def back(self, screen: str) -> Button:
        """Make the way back."""
        return self.go(text("« Back"), screen)

    def cancel(self) -> Button:
        """Make the way out."""
        return self.make(text("Cancel"), "end", style="danger")


def in_rows(buttons: Sequence[Button], width: int) -> list[list[Button]]:
    """Put buttons into rows."""
    return [list(buttons[start : start + width]) for start in range(0, len(buttons), width)]


def joined(lines: Sequence[Text], by: str = "\n") -> Text:
    """Put lines below each other, or parts of one behind each other."""
    names = [f"line{index}" for index in range(len(lines))]
    return layout(by.join(f"{{{name}}}" for name in names), **dict(zip(names, lines, strict=True)))
