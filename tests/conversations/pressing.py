"""Presses, words and pictures: from what a person does to the next form, by the code that updates go through."""

from datetime import UTC, datetime
from typing import Any

from telegram import Chat, Message, PhotoSize

from bot.capabilities.base import Studio
from bot.conversations.form import Form
from bot.telegram.dialogs import _answered, _next

DIALOG = 9_999_999_999
ENDS = frozenset({"run", "end"})


def verb_of(data: str) -> str:
    """Read what a button does."""
    return data.split(":")[2]


async def press(form: Form, data: str, studio: Studio) -> Form:
    """Press a button that does not end the dialog."""
    _, _, verb, *arguments = data.split(":", 3)
    return await _next(form, verb, arguments[0] if arguments else "", studio)


async def write(form: Form, words: str, studio: Studio) -> Form | None:
    """Answer with words; None where nothing waits for any."""
    return await _answered(form, _message(text=words), studio)


async def send(form: Form, file_id: str, studio: Studio) -> Form | None:
    """Answer with a photo; None where nothing takes one."""
    size = PhotoSize(file_id, file_id, 300, 300)
    return await _answered(form, _message(photo=[size]), studio)


def _message(**content: Any) -> Message:
    return Message(1, datetime.now(UTC), Chat(7, "private"), **content)
