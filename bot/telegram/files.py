"""Fetch a file from Telegram. Its link holds the bot's token: it never leaves this module."""

from telegram.constants import FileSizeLimit
from telegram.error import BadRequest, TelegramError

from bot.errors import BadPicture, Broken
from bot.locales.text import Text, text
from bot.telegram.services import Bot

READ_TIMEOUT = 60.0


class Files:
    """Downloads by file id."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def fetch(self, file_id: str) -> bytes:
        """Download a file of at most 20 MB.

        Raises `BadPicture` where Telegram does not hand it out, `Broken` where Telegram cannot be reached.
        """
        try:
            file = await self._bot.get_file(file_id)
            if (file.file_size or 0) > FileSizeLimit.FILESIZE_DOWNLOAD:
                raise BadPicture(too_big())
            return bytes(await file.download_as_bytearray(read_timeout=READ_TIMEOUT))
        except BadRequest as error:
            if "too big" in error.message.lower():
                raise BadPicture(too_big()) from None
            raise BadPicture(text("Telegram no longer has that picture. Please send it again.")) from None
        except TelegramError:
            # Without its cause: the transport's own error may name the link.
            raise Broken(text("I could not fetch the picture from Telegram. Please try again in a minute.")) from None


def too_big() -> Text:
    """Say that a file is over Telegram's limit for bots."""
    return text(
        "That file is larger than 20 MB, which is the most that Telegram lets bots download. Send it as a photo, or "
        "make it smaller."
    )
