"""Messages without a command: answers that a dialog waits for, the rest of an album, a bare picture."""

from telegram import Message, Update

from bot.capabilities import registry
from bot.locales.text import text
from bot.store import albums
from bot.store import dialogs as rows
from bot.store.albums import Album
from bot.store.dialogs import Dialog
from bot.telegram import dialogs, menu, messages, presets, requests
from bot.telegram.asker import Asker, asker_of
from bot.telegram.photos import has_picture, source_of
from bot.telegram.services import Context


async def take(update: Update, context: Context) -> None:
    """Handle a text or a picture that begins with no command."""
    message, asker = update.message, await asker_of(update, context.services.store)
    if message is None or asker is None:
        return
    services = context.services
    album = await _album(message, asker, context)
    async with services.store.read() as conn:
        dialog = await rows.get(conn, asker.chat_id, asker.thread_id, asker.owner_id, services.clock())
    if album is not None and album.command is not None:
        await _go_on(update, context, asker, message, album, dialog)
    elif dialog is not None and _is_meant(message, dialog, asker) and dialog.capability == presets.QUESTION:
        await presets.named(update.update_id, context, asker, dialog, message)
    elif dialog is not None and _is_meant(message, dialog, asker):
        is_more = album is not None and len(album.photos) > 1
        await dialogs.answer(update.update_id, context, asker, dialog, message, is_more=is_more)
    elif asker.is_private and has_picture(message):
        if album is None or len(album.photos) == 1:  # one menu for all of an album
            await menu.show(context, asker)
    elif asker.is_private:
        await messages.say(context.bot, asker, text("Tell me what to draw, like this: /imagine a fox in the snow"))


async def _album(message: Message, asker: Asker, context: Context) -> Album | None:
    """Note that a picture belongs to an album; none where it does not."""
    source = source_of(message)
    if source is None or message.media_group_id is None:
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


def _is_meant(message: Message, dialog: Dialog, asker: Asker) -> bool:
    # In a group people talk to each other, too: only an answer to the dialog's own message is one.
    answered = message.reply_to_message
    return asker.is_private or (answered is not None and answered.message_id == dialog.message_id)
