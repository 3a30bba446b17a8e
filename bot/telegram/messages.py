"""Write to a chat: our texts and buttons in Telegram's shapes."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, Message, ReplyParameters
from telegram.constants import MessageLimit, ParseMode
from telegram.error import BadRequest, TelegramError

from bot.conversations.view import Button, View, joined
from bot.locales.text import Lang, Text
from bot.store.task import Task
from bot.telegram.asker import Asker
from bot.telegram.services import Bot
from bot.telegram.turns import Priority

HINT_LENGTH = 64


def keyboard(rows: Sequence[Sequence[Button]], lang: Lang) -> InlineKeyboardMarkup | None:
    """Make an inline keyboard; none where there are no buttons."""
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(button.label.plain(lang), callback_data=button.data, style=button.style)
                for button in row
            ]
            for row in rows
        ]
    )


def reply_to(message_id: int | None) -> ReplyParameters | None:
    """Answer a message if it is still there; without it, write all the same."""
    return ReplyParameters(message_id, allow_sending_without_reply=True) if message_id else None


async def say(
    bot: Bot,
    place: Asker | Task,
    sentence: Text,
    rows: Sequence[Sequence[Button]] = (),
    **more: Any,  # noqa: ANN401  for Telegram, as it is
) -> Message:
    """Answer in the chat, topic and language of whoever asks, or of what was asked for."""
    shown = {"reply_markup": keyboard(rows, place.lang), **more}
    return await bot.send_message(
        place.chat_id,
        sentence.html(place.lang),
        parse_mode=ParseMode.HTML,
        message_thread_id=place.thread_id,
        reply_parameters=reply_to(place.message_id),
        **shown,
    )


def markup_of(view: View, lang: Lang, *, is_private: bool) -> Any:  # noqa: ANN401  one of PTB's reply markups
    """Choose a view's markup: in groups a question asks for a reply, because a bot reads nothing else there."""
    if view.hint is not None and not is_private:
        return ForceReply(selective=True, input_field_placeholder=view.hint.plain(lang)[:HINT_LENGTH])
    return keyboard(view.rows, lang)


async def edit(
    bot: Bot,
    chat_id: int,
    message_id: int,
    sentence: Text,
    lang: Lang,
    *rows: Sequence[Button],
    priority: Priority = Priority.EDIT,
) -> bool:
    """Change a message of ours; say whether it is there to be changed. That it says so already is fine.

    An edit that somebody waits for, having pressed a button, is worth a message's `priority`.
    """
    try:
        await bot.edit_message_text(
            sentence.html(lang),
            chat_id=chat_id,
            message_id=message_id,
            parse_mode=ParseMode.HTML,
            reply_markup=keyboard(rows, lang),
            rate_limit_args=priority,
        )
    except BadRequest as error:
        return "not modified" in error.message.lower()
    return True


def captioned(lines: Sequence[Text], more: Iterable[Text], lang: Lang, most: int = MessageLimit.CAPTION_LENGTH) -> Text:
    """Join lines, and of `more` those for which a caption, or what holds so many characters, has room."""
    kept = list(lines)
    for line in more:
        if _units(joined([*kept, line]).plain(lang)) <= most:
            kept.append(line)
    return joined(kept)


def _units(words: str) -> int:
    """Count as Telegram does: in UTF-16 code units."""
    return len(words.encode("utf-16-le")) // 2


async def gesture(bot: Bot, chat_id: int, thread_id: int | None, action: str) -> None:
    """Show in the chat that something is being done; a courtesy, which may fail."""
    with suppress(TelegramError):
        await bot.send_chat_action(chat_id, action, message_thread_id=thread_id)


async def remove(bot: Bot, chat_id: int, *message_ids: int | None) -> bool:
    """Delete messages of ours; say whether Telegram did so. Those that are gone already do not matter."""
    known = [message_id for message_id in message_ids if message_id]
    try:
        return not known or await bot.delete_messages(chat_id, known)
    except BadRequest:
        return False


async def remove_surely(bot: Bot, chat_id: int, *message_ids: int) -> bool:
    """Delete messages of one age, and say whether they are gone: those that are too old stay."""
    if not message_ids:
        return True
    first, *others = message_ids
    try:
        await bot.delete_message(chat_id, first)  # alone: of several Telegram does not say which it kept
    except BadRequest as error:
        if "not found" not in error.message.lower():
            return False
    return await remove(bot, chat_id, *others)
