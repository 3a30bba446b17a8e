"""The untouched file of a result: the vendor's while its link lives, afterwards the copy that Telegram kept."""

from telegram.constants import ParseMode

from bot.errors import NotFound, Unavailable
from bot.locales.text import Text, text
from bot.media.download import Gone, TooLarge, Unreachable, download
from bot.store import pictures
from bot.store.task import Picture, Task
from bot.telegram import messages, sending
from bot.telegram.asker import Asker
from bot.telegram.delivery import FETCH_LIMIT, FETCH_SECONDS
from bot.telegram.services import Context, Services

_UNTOUCHED = text("The untouched file.")
_EXPIRED = text("The original has expired at the image service; this is the copy that Telegram kept.")
_TOO_LARGE = text("The original is larger than a bot may send (50 MB); this is the copy that Telegram kept.")


async def send(context: Context, asker: Asker, task: Task, index: int) -> str | None:
    """Send one picture of a task as a file, and give back Telegram's id of it; none where it is not the untouched one.

    Raises `NotFound` where neither the vendor nor Telegram has it any more, `Unavailable` where the vendor does not
    answer.
    """
    async with context.services.store.read() as conn:
        picture = await pictures.get(conn, task.id, index)
    if picture is None or picture.error_code:
        raise gone()
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
    return sent.document.file_id if sent.document and caption == _UNTOUCHED else None


async def _document(services: Services, picture: Picture) -> tuple[str | bytes, Text]:
    if picture.document_id is not None:
        return picture.document_id, _UNTOUCHED
    try:
        fetched = await download(services.http, str(picture.raw_url), limit=FETCH_LIMIT, timeout=FETCH_SECONDS)
    except Unreachable:
        raise Unavailable(
            text("The image service does not hand out the original at present. Please try again in a minute.")
        ) from None
    except (Gone, TooLarge) as fault:
        if picture.photo_id is None:
            raise gone() from None
        return await services.fetch(picture.photo_id), _TOO_LARGE if isinstance(fault, TooLarge) else _EXPIRED
    return fetched.data, _UNTOUCHED


def gone() -> NotFound:
    """Say that a picture cannot be had any more."""
    return NotFound(text("That picture is no longer here."))
