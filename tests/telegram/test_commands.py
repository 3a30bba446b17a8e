from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Message

from bot.sandbox.telegram.entities import Entity, finish
from bot.telegram.commands import Asks, Command, command_of

BOT = "picture_studio_bot"


def message(written: str, kind: str = "text", *, marked: tuple[Entity, ...] = ()) -> Message:
    """Make a message in which Telegram has found what it finds."""
    found = finish(written, marked)
    named = {"text": ("text", "entities"), "caption": ("caption", "caption_entities")}[kind]
    body: dict[str, Any] = {named[0]: found.text, named[1]: [entity.as_json() for entity in found.entities]}
    return Message.de_json({"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, **body}, None)


@pytest.mark.parametrize("kind", ["text", "caption"])
@pytest.mark.parametrize(
    ("written", "command"),
    [
        ("/imagine a fox", Command("imagine", "a fox")),
        ("/imagine", Command("imagine", "")),
        ("  /imagine  a fox \n", Command("imagine", "a fox")),
        ("/imagine\na fox\nin the snow", Command("imagine", "a fox\nin the snow")),
        ("/Imagine a Fox", Command("imagine", "a Fox")),
        ("/imagine@picture_studio_bot a fox", Command("imagine", "a fox")),
        ("/IMAGINE@Picture_Studio_BOT a fox", Command("imagine", "a fox")),
        ("/imagine 🦊 雪中的狐狸 --n 2", Command("imagine", "🦊 雪中的狐狸 --n 2")),
        ("/imagine /help", Command("imagine", "/help")),
        ("/imagine@other_bot a fox", None),
        ("please /imagine a fox", None),
        ("🦊 /imagine a fox", None),
        ("/狐狸", None),
        ("imagine a fox", None),
    ],
)
def test_a_command_is_read(written: str, command: Command | None, kind: str) -> None:
    assert command_of(message(written, kind), BOT) == command


def test_a_command_in_bold_is_one_too() -> None:
    bold = Entity("bold", 0, len("/imagine a fox"))
    assert command_of(message("/imagine a fox", marked=(bold,)), BOT) == Command("imagine", "a fox")


def test_a_slash_that_telegram_does_not_take_for_a_command_is_none() -> None:
    code = Entity("code", 0, len("/imagine a fox"))
    assert command_of(message("/imagine a fox", marked=(code,)), BOT) is None


def test_a_picture_without_a_caption_asks_nothing() -> None:
    assert command_of(message(""), BOT) is None


@given(st.text(max_size=200))
def test_whatever_is_typed_behind_it_is_the_line(words: str) -> None:
    command = command_of(message(f"/imagine {words}"), BOT)
    assert command == Command("imagine", words.strip())


def test_asks_lets_its_commands_pass() -> None:
    assert Asks(BOT, "start", "help").filter(message("/help imagine"))
    assert Asks(BOT, "start", "help").filter(message("/start", "caption"))
    assert not Asks(BOT, "start", "help").filter(message("/imagine a fox"))
    assert not Asks(BOT, "start", "help").filter(message("help"))


def test_asks_without_commands_means_any() -> None:
    assert Asks(BOT).filter(message("/nonsense"))
    assert not Asks(BOT).filter(message("/nonsense@other_bot"))
    assert not Asks(BOT).filter(message("nonsense"))
