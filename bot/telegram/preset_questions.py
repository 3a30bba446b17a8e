"""The questions for a preset's name: each is answered by an answer to its message.

What a question is about stands in a link of its own text, which comes back with the answer. So it needs no row, and
takes no place of a dialog that is open there.
"""

import re
from dataclasses import dataclass
from typing import Literal

from telegram import ForceReply, Message, MessageEntity

from bot.conversations.view import joined
from bot.locales.text import Text, text
from bot.telegram import messages, preset_names
from bot.telegram.asker import Asker
from bot.telegram.services import Bot

_LINK = re.compile(r"https://t\.me/\w+\?start=(save|name)_([0-9a-f]{1,18})_(-?\d{1,18})")


@dataclass(frozen=True, slots=True)
class Question:
    """What gets a name, and whose it will be: the options of a result (`about` is its task), or a preset (its key)."""

    verb: Literal["save", "name"]
    about: str
    owner_id: int


async def ask(bot: Bot, asker: Asker, question: Question, why: Text) -> None:
    """Say why a name is asked for, and ask for it."""
    body = joined(
        [
            why,
            text(
                'Please answer this message with <a href="{link}">the name</a>: up to {most} characters.',
                link=f"https://t.me/{bot.username}?start={question.verb}_{question.about}_{question.owner_id}",
                most=preset_names.LONGEST,
            ),
        ]
    )
    hint = text("a name").plain(asker.lang)
    wanted = ForceReply(selective=not asker.is_private, input_field_placeholder=hint)
    await messages.say(bot, asker, body, reply_markup=wanted)


def answered(bot: Bot, message: Message) -> Question | None:
    """Read the question that a message answers; none where it answers none."""
    asked = message.reply_to_message
    if asked is None or asked.from_user is None or asked.from_user.id != bot.id:
        return None
    links = (_LINK.fullmatch(entity.url or "") for entity in asked.entities if entity.type == MessageEntity.TEXT_LINK)
    found = next((link for link in links if link), None)
    if found is None:
        return None
    return Question("save" if found[1] == "save" else "name", found[2], int(found[3]))
