"""Send pictures in the shape that Telegram takes: photos where they may be photos, files otherwise."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from telegram import InlineKeyboardMarkup, InputMediaDocument, InputMediaPhoto, Message
from telegram.constants import FileSizeLimit, ParseMode
from telegram.error import BadRequest

from bot.errors import BadPicture
from bot.media.check import format_of, opened
from bot.media.fit import in_turn
from bot.media.masks.previews import preview_on_checkerboard
from bot.store.task import Task
from bot.telegram import messages
from bot.telegram.services import Bot
from bot.telegram.turns import Priority

UPLOAD_TIMEOUT = 90.0

# Bytes that one request may hold, whatever its files are each (Bot API, "Sending files"): more is answered with 413.
REQUEST_LIMIT = 50_000_000

# What Telegram takes as a photo (Bot API, sendPhoto).
_LONGEST_SUM = 10_000
_LARGEST_RATIO = 20

# Words of Telegram's refusals of a photo that it may still take as a file.
_NO_PHOTO = ("photo_invalid_dimensions", "image_process_failed", "photo_save_file_invalid", "photo_ext_invalid")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One picture, ready to be sent."""

    data: bytes
    filename: str
    as_file: bool
    preview: bytes | None = None  # what it looks like, where Telegram would show its transparency as black


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a picture was sent to, and Telegram's ids of it."""

    message_id: int
    preview_id: int | None
    photo_id: str | None
    document_id: str | None


def weight(parcels: Iterable[Parcel]) -> int:
    """Add up the bytes."""
    return sum(len(parcel.data) for parcel in parcels)


async def pack(data: bytes, name: str, *, as_file: bool) -> Parcel:
    """Choose between photo and file: `as_file` where the person wants the file untouched.

    A picture with transparency, which photos have not, is a file with a preview.
    """
    try:
        format_, width, height, is_transparent = await asyncio.to_thread(_look, data)
    except BadPicture:
        return Parcel(data, f"{name}.bin", as_file=True)
    extension = "jpg" if format_ == "JPEG" else format_.lower()
    fits = (
        len(data) <= FileSizeLimit.PHOTOSIZE_UPLOAD
        and width + height <= _LONGEST_SUM
        and max(width, height) <= _LARGEST_RATIO * min(width, height)
    )
    preview = await _preview(data) if is_transparent else None
    return Parcel(data, f"{name}.{extension}", as_file=as_file or not fits or is_transparent, preview=preview)


async def _preview(data: bytes) -> bytes | None:
    try:
        return await in_turn(lambda: preview_on_checkerboard(data))
    except BadPicture:  # too large or too small to be looked at; it is a file all the same
        return None


def _look(data: bytes) -> tuple[str, int, int, bool]:
    with opened(data) as picture:
        return format_of(picture), *picture.size, picture.has_transparency_data


async def send(
    bot: Bot, task: Task, parcels: Sequence[Parcel], *, caption: str, markup: InlineKeyboardMarkup | None
) -> list[Sent]:
    """Send one picture, or an album, as a reply to what asked for it; give back where each is, in their order.

    An album is of one kind: where one of its pictures has to be a file, all are. Where Telegram refuses a photo that
    it takes as a file, it goes as a file. A picture with a preview goes by itself, below its preview.
    """
    if any(parcel.preview for parcel in parcels):
        return [await _send_below_preview(bot, task, parcel, caption, markup) for parcel in parcels]
    if any(parcel.as_file for parcel in parcels):
        parcels = [replace(parcel, as_file=True) for parcel in parcels]
    try:
        return [_sent(message) for message in await _send(bot, task, parcels, caption, markup)]
    except BadRequest as error:
        if parcels[0].as_file or not any(words in error.message.lower() for words in _NO_PHOTO):
            raise
    files = [replace(parcel, as_file=True) for parcel in parcels]
    return [_sent(message) for message in await _send(bot, task, files, caption, markup)]


async def _send_below_preview(
    bot: Bot, task: Task, parcel: Parcel, caption: str, markup: InlineKeyboardMarkup | None
) -> Sent:
    shown = None
    if parcel.preview is not None:
        photo = Parcel(parcel.preview, "preview.jpg", as_file=False)
        shown = await _send_one(bot, task, photo, "", None)
    sent = _sent(await _send_one(bot, task, parcel, caption, markup))
    return sent if shown is None else replace(sent, preview_id=shown.message_id, photo_id=_photo_id(shown))


def _sent(message: Message) -> Sent:
    document_id = message.document.file_id if message.document else None
    return Sent(message.message_id, None, _photo_id(message), document_id)


def _photo_id(message: Message) -> str | None:
    return message.photo[-1].file_id if message.photo else None


async def _send(
    bot: Bot, task: Task, parcels: Sequence[Parcel], caption: str, markup: InlineKeyboardMarkup | None
) -> list[Message]:
    if len(parcels) == 1:
        return [await _send_one(bot, task, parcels[0], caption, markup)]
    kind = InputMediaDocument if parcels[0].as_file else InputMediaPhoto
    # A group of files shows a caption below each; the last is where one looks for it.
    speaks = len(parcels) - 1 if parcels[0].as_file else 0
    media = [
        kind(
            parcel.data,
            filename=parcel.filename,
            caption=caption if place == speaks else None,
            parse_mode=ParseMode.HTML,
        )
        for place, parcel in enumerate(parcels)
    ]
    sent = await bot.send_media_group(
        task.chat_id,
        media,
        message_thread_id=task.thread_id,
        reply_parameters=messages.reply_to(task.message_id),
        read_timeout=UPLOAD_TIMEOUT,
        write_timeout=UPLOAD_TIMEOUT,
        rate_limit_args=Priority.RESULT,
    )
    return list(sent)


async def _send_one(bot: Bot, task: Task, parcel: Parcel, caption: str, markup: InlineKeyboardMarkup | None) -> Message:
    send_it = bot.send_document if parcel.as_file else bot.send_photo
    return await send_it(
        task.chat_id,
        parcel.data,
        filename=parcel.filename,
        caption=caption or None,
        parse_mode=ParseMode.HTML,
        message_thread_id=task.thread_id,
        reply_parameters=messages.reply_to(task.message_id),
        reply_markup=markup,
        read_timeout=UPLOAD_TIMEOUT,
        write_timeout=UPLOAD_TIMEOUT,
        rate_limit_args=Priority.RESULT,
    )
