"""Buttons, pressed: from a button's data to the next form, by the code that Telegram's presses go through."""

from types import SimpleNamespace
from typing import cast

from bot.capabilities.base import Studio
from bot.conversations.form import Form
from bot.telegram.dialogs import _next
from bot.telegram.services import Services

DIALOG = 9_999_999_999
ENDS = frozenset({"run", "end"})


def verb_of(data: str) -> str:
    """Read what a button does."""
    return data.split(":")[2]


async def press(form: Form, data: str, studio: Studio) -> Form:
    """Press a button that does not end the dialog."""
    _, _, verb, *arguments = data.split(":", 3)
    return await _next(form, verb, arguments[0] if arguments else "", cast("Services", SimpleNamespace(studio=studio)))
