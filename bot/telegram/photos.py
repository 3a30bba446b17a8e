"""Find the picture that a message is about."""

from typing import Any

from telegram import Message
from telegram.constants import FileSizeLimit

from bot.errors import BadPicture
from bot.locales.text import text
from bot.telegram.files import too_big


def source_of(message: Message) -> dict[str, Any] | None:
    """Give the source of the picture in a message, or in the one that it answers; none where there is none.

    Raises `BadPicture` for a file that is no picture, or that Telegram does not let bots download (over 20 MB).
    """
    return _own(message) or (_own(message.reply_to_message) if message.reply_to_message else None)


def has_picture(message: Message) -> bool:
    """Say whether a message itself holds a photo or a file."""
    return bool(message.photo or message.document)


def _own(message: Message) -> dict[str, Any] | None:
    if message.photo:
        return {"file": message.photo[-1].file_id}
    document = message.document
    if document is None:
        return None
    if document.mime_type and not document.mime_type.startswith("image/"):
        raise BadPicture(
            text(
                "That file is not a picture ({kind}). Send a photo, or a JPEG, PNG, WEBP or HEIC file.",
                kind=document.mime_type,
            )
        )
    if (document.file_size or 0) > FileSizeLimit.FILESIZE_DOWNLOAD:
        raise BadPicture(too_big())
    return {"file": document.file_id}
