"""Messages without a command: answers that a dialog waits for, the rest of an album, a bare picture."""

from telegram import Message, Update

from bot.capabilities import registry
from bot.errors import BadPicture
from bot.locales.text import text
from bot.store import albums
from bot.store import dialogs as rows
from bot.store.albums import Album
from bot.store.dialogs import Dialog
from bot.telegram import dialogs, menu, messages, presets, requests
from bot.telegram.asker import Asker, asker_of
from bot.telegram.photos import source_of
from bot.telegram.services import Context


async def take(update: Update, context: Context) -> None:
    """Handle a text or a picture that begins with no command."""
    message, asker = update.message, await asker_of(update, context.services.store)
    if message is None or asker is None:
        return
    services = context.services
    async with services.store.read() as conn:
        dialog = await rows.get(conn, asker.chat_id, asker.thread_id, asker.owner_id, services.clock())
    album = await _album(message, asker, context)
    is_meant = dialog is not None and _is_meant(message, dialog, asker, album)
    if album is not None and album.command is not None:
        await _go_on(update, context, asker, message, album, dialog)
    elif question := await presets.asked(context, asker, message):
        await presets.named(update.update_id, context, asker, question, message)
    elif dialog is not None and is_meant:
        await _answer(update.update_id, context, asker, dialog, message, album)
    elif asker.is_private and source_of(message) is not None:
        if album is None or len(album.photos) == 1:  # one menu for all of an album
            await menu.show(context, asker)
    elif asker.is_private:
        await messages.say(context.bot, asker, text("Tell me what to draw, like this: /imagine a fox in the snow"))


async def _answer(
    update_id: int, context: Context, asker: Asker, dialog: Dialog, message: Message, album: Album | None
) -> None:
    if album is not None and album.dialog_id is None:
        async with context.services.store.write() as conn:
            await albums.answers(conn, album, dialog.id)
    is_more = album is not None and len(album.photos) > 1
    await dialogs.answer(update_id, context, asker, dialog, message, is_more=is_more)


async def _album(message: Message, asker: Asker, context: Context) -> Album | None:
    """Note that a picture belongs to an album; none where it does not, or is no picture that can be used."""
    if message.media_group_id is None:
        return None
    try:
        source = source_of(message)
    except BadPicture:  # whoever it is meant for says so
        return None
    if source is None:
        return None
    now = context.services.clock()
    async with context.services.store.write() as conn:
        return await albums.add(conn, asker.chat_id, message.media_group_id, source, owner_id=asker.owner_id, now=now)


async def _go_on(
    update: Update, context: Context, asker: Asker, message: Message, album: Album, dialog: Dialog | None
) -> None:
    """Take one more picture of an album whose caption has a command."""
    if not album.command:
        return
    capability = registry.BY_COMMAND[album.command["name"]]
    is_open = dialog is not None and dialog.capability == capability.name
    takes_many = any(need.most > 1 for need in capability.needs)
    source = source_of(message)
    if takes_many and is_open and dialog is not None:
        await dialogs.answer(update.update_id, context, asker, dialog, message, is_more=True)
    elif source is not None and not takes_many and not is_open:
        await requests.ask_again(update.update_id, context, asker, album, source)
    elif not takes_many and len(album.photos) == 2:  # noqa: PLR2004  said once, with the second
        sentence = text(
            "I work on the first picture of the album. For the others, answer each with /{command}.",
            command=album.command["name"],
        )
        await messages.say(context.bot, asker, sentence)


def _is_meant(message: Message, dialog: Dialog, asker: Asker, album: Album | None) -> bool:
    # In a group people talk to each other, too: only an answer to the dialog's own message is one.
    if asker.is_private or (album is not None and album.dialog_id == dialog.id):
        return True
    answered = message.reply_to_message
    return answered is not None and answered.message_id == dialog.message_id
