"""The untouched file of a result: the vendor's while its link lives, afterwards the copy that Telegram kept."""

from telegram.constants import ParseMode

from bot.errors import NotFound
from bot.locales.text import Text, text
from bot.media.download import DownloadError, download
from bot.store import pictures
from bot.store.task import Picture, Task
from bot.telegram import messages, sending
from bot.telegram.asker import Asker
from bot.telegram.delivery import FETCH_LIMIT, FETCH_SECONDS
from bot.telegram.services import Context, Services


async def send(context: Context, asker: Asker, task: Task, index: int) -> str | None:
    """Send one picture of a task as a file, and give back Telegram's id of it.

    Raises `NotFound` where neither the vendor nor Telegram has it any more.
    """
    async with context.services.store.read() as conn:
        picture = await pictures.get(conn, task.id, index)
    if picture is None or picture.error_code:
        raise NotFound(text("That picture is no longer here."))
    document, caption = await _document(context.services, picture)
    name = f"{task.capability}-{task.id}-{index + 1}"
    parcel = await sending.pack(document, name, as_file=True) if isinstance(document, bytes) else None
    sent = await context.bot.send_document(
        asker.chat_id,
        document,
        filename=parcel.filename if parcel else None,
        caption=caption.html(asker.lang),
        parse_mode=ParseMode.HTML,
        message_thread_id=asker.thread_id,
        reply_parameters=messages.reply_to(asker.message_id),
        read_timeout=sending.UPLOAD_TIMEOUT,
        write_timeout=sending.UPLOAD_TIMEOUT,
    )
    return sent.document.file_id if sent.document else None


async def _document(services: Services, picture: Picture) -> tuple[str | bytes, Text]:
    untouched = text("The untouched file.")
    if picture.document_id is not None:
        return picture.document_id, untouched
    try:
        fetched = await download(services.http, str(picture.raw_url), limit=FETCH_LIMIT, timeout=FETCH_SECONDS)
    except DownloadError:
        if picture.photo_id is None:
            raise NotFound(text("That picture is no longer here.")) from None
        kept = await services.fetch(picture.photo_id)
        return kept, text("The original has expired at the image service; this is the copy that Telegram kept.")
    return fetched.data, untouched
