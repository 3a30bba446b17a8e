"""Find the pictures that a message is about."""

from typing import Any

from telegram import Message
from telegram.constants import FileSizeLimit

from bot.errors import BadPicture
from bot.locales.text import text
from bot.store import albums
from bot.store.engine import Store
from bot.telegram.files import too_big


async def album_of(message: Message, store: Store) -> list[dict[str, Any]]:
    """List the pictures that were sent together with that of a message, its own first; none where it has none."""
    own = source_of(message)
    if own is None or message.media_group_id is None:
        return [own] if own else []
    async with store.read() as conn:
        album = await albums.get(conn, message.chat.id, message.media_group_id)
    return [own, *(photo for photo in album.photos if photo != own)] if album else [own]


def source_of(message: Message) -> dict[str, Any] | None:
    """Give the source of the picture that a message itself holds; none where it holds none."""
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
    return {"file": document.file_id, "document": True}


def has_picture(message: Message) -> bool:
    """Say whether a message itself holds a photo or a file."""
    return bool(message.photo or message.document)
