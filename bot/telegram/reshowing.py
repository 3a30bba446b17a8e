"""Show a result once more, from the copies that Telegram keeps."""

from collections.abc import Sequence
from typing import Any

from telegram import InputMediaDocument, InputMediaPhoto, Message
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.capabilities import registry
from bot.conversations.view import Button, joined
from bot.locales.text import Text, text
from bot.store.history import Entry
from bot.telegram import messages, originals
from bot.telegram.album import Album
from bot.telegram.asker import Asker
from bot.telegram.result_buttons import press_a_number, result_buttons
from bot.telegram.services import Bot

Media = InputMediaPhoto | InputMediaDocument


async def send(bot: Bot, asker: Asker, entry: Entry) -> None:
    """Send a result's pictures with its buttons, which work where it was made.

    Raises `NotFound` where Telegram has none of them any more.
    """
    is_here = entry.task.chat_id == asker.chat_id
    albums = _albums(entry, _caption(entry, is_here=is_here).html(asker.lang))
    if not albums:
        raise originals.gone()
    is_alone = len(entry.pictures) == 1
    rows = result_buttons(entry.task, entry.pictures) if is_here and is_alone else []
    try:
        sent = [message for album in albums for message in await send_media(bot, asker, album, rows)]
    except BadRequest as error:
        if "file" not in error.message.lower():
            raise
        raise originals.gone() from None
    if is_here and not is_alone:
        rows = result_buttons(entry.task, entry.pictures, Album.of(sent))
        await messages.say(bot, asker, press_a_number(entry.pictures), rows)


async def send_media(
    bot: Bot, asker: Asker, media: Sequence[Media], rows: Sequence[Sequence[Button]] = ()
) -> Sequence[Message]:
    """Send up to ten pictures, as an album where they are several; only one alone can have buttons.

    Nobody is notified: whoever asked is looking.
    """
    place: dict[str, Any] = {
        "message_thread_id": asker.thread_id,
        "reply_parameters": messages.reply_to(asker.message_id),
        "disable_notification": True,
    }
    if len(media) > 1:
        return await bot.send_media_group(asker.chat_id, media, **place)
    return [
        await (bot.send_photo if isinstance(one, InputMediaPhoto) else bot.send_document)(
            asker.chat_id,
            one.media,
            caption=one.caption,
            parse_mode=ParseMode.HTML,
            reply_markup=messages.keyboard(rows, asker.lang),
            **place,
        )
        for one in media
    ]


def _albums(entry: Entry, caption: str) -> list[list[Media]]:
    """Sort the pictures into photos, and those that are only files: an album is of one kind."""
    photos = [picture.photo_id for picture in entry.pictures if picture.photo_id]
    files = [picture.document_id for picture in entry.pictures if picture.document_id and not picture.photo_id]
    sorted_ = [(InputMediaPhoto, photos), (InputMediaDocument, files)]
    return [
        [kind(id_, caption=None if place else caption, parse_mode=ParseMode.HTML) for place, id_ in enumerate(ids)]
        for kind, ids in sorted_
        if ids
    ]


def _caption(entry: Entry, *, is_here: bool) -> Text:
    seeds = [picture.seed for picture in entry.pictures if picture.seed is not None]
    caption = registry.BY_NAME[entry.task.capability].caption(entry.task.request, seeds)
    return caption if is_here else joined([caption, text("It was made in another chat: you can go on from it there.")])
