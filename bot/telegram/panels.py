"""The message that shows a dialog: text, or a picture with text below it."""

import structlog
from telegram import InputMediaPhoto
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest

from bot.conversations.screens import view
from bot.conversations.view import Drawn, View
from bot.store import dialogs
from bot.store.dialogs import Dialog
from bot.telegram import messages
from bot.telegram.forms import form_of, is_private, studio_of
from bot.telegram.services import Bot, Services
from bot.telegram.turns import Priority

log = structlog.get_logger()


async def show(services: Services, bot: Bot, dialog: Dialog, *, anew: bool, screen: View | None = None) -> None:
    """Show a dialog as its row is: in its message, or `anew` below everything that was written since.

    `screen` is what it looks like, where that is drawn already.
    """
    screen = screen or await view(form_of(dialog), dialog.id, studio_of(services, dialog))
    asks_reply = screen.hint is not None and not is_private(dialog)
    if anew or asks_reply or not await _change(bot, dialog, screen):
        await messages.remove(bot, dialog.chat_id, dialog.message_id)
        shown = await _send(bot, dialog, screen)
    else:
        shown = dialog.message_id or 0
    async with services.store.write() as conn:
        before = await dialogs.mark_shown(conn, dialog, shown, screen.picture.key if screen.picture else None)
    await _leave_one(services, bot, dialog, shown, before)


async def _leave_one(services: Services, bot: Bot, dialog: Dialog, shown: int, before: Dialog | None) -> None:
    """See to it that one message shows a dialog, as it is now: another change may have been shown meanwhile."""
    is_new = shown != dialog.message_id
    if before is not None and before.shown <= dialog.version:
        if before.message_id not in {dialog.message_id, shown}:
            await messages.remove(bot, dialog.chat_id, before.message_id)
    elif is_new:
        await messages.remove(bot, dialog.chat_id, shown)
    elif before is not None:
        await show(services, bot, before, anew=False)


async def resume(services: Services, bot: Bot) -> None:
    """Show what a killed process left unshown. One that cannot be shown keeps neither the others nor the start."""
    async with services.store.read() as conn:
        left = await dialogs.unshown(conn, services.clock(), 1000)
    for dialog in left:
        try:
            await show(services, bot, dialog, anew=True)
        except Exception:
            log.exception("dialog_not_resumed", dialog=dialog.id)


async def _change(bot: Bot, dialog: Dialog, screen: View) -> bool:
    """Change the message that shows a dialog; say whether that went. Text does not become a picture, nor back."""
    if dialog.message_id is None or (dialog.picture is None) is not (screen.picture is None):
        return False
    if screen.picture is None:
        return await messages.edit(
            bot, dialog.chat_id, dialog.message_id, screen.body, dialog.lang, *screen.rows, priority=Priority.MESSAGE
        )
    try:
        await _change_picture(bot, dialog, dialog.message_id, screen, screen.picture)
    except BadRequest as error:
        return "not modified" in error.message.lower()
    return True


async def _change_picture(bot: Bot, dialog: Dialog, message_id: int, screen: View, picture: Drawn) -> None:
    caption, markup = screen.body.html(dialog.lang), messages.keyboard(screen.rows, dialog.lang)
    if picture.key == dialog.picture:
        await bot.edit_message_caption(
            dialog.chat_id,
            message_id,
            caption=caption,
            parse_mode=ParseMode.HTML,
            reply_markup=markup,
            rate_limit_args=Priority.MESSAGE,
        )
        return
    await bot.edit_message_media(
        InputMediaPhoto(await _drawn(bot, dialog, picture), caption=caption, parse_mode=ParseMode.HTML),
        dialog.chat_id,
        message_id,
        reply_markup=markup,
        rate_limit_args=Priority.MESSAGE,
    )


async def _send(bot: Bot, dialog: Dialog, screen: View) -> int:
    """Send a new message that shows a dialog, and give its id."""
    body, place = screen.body.html(dialog.lang), dialog.thread_id or None
    markup = messages.markup_of(screen, dialog.lang, is_private=dialog.chat_id > 0)
    if screen.picture is None:
        sent = await bot.send_message(
            dialog.chat_id,
            body,
            parse_mode=ParseMode.HTML,
            message_thread_id=place,
            reply_parameters=messages.reply_to(dialog.origin_id),
            reply_markup=markup,
        )
    else:
        sent = await bot.send_photo(
            dialog.chat_id,
            await _drawn(bot, dialog, screen.picture),
            caption=body,
            parse_mode=ParseMode.HTML,
            message_thread_id=place,
            reply_parameters=messages.reply_to(dialog.origin_id),
            reply_markup=markup,
        )
    return sent.message_id


async def _drawn(bot: Bot, dialog: Dialog, picture: Drawn) -> bytes:
    await messages.gesture(bot, dialog.chat_id, dialog.thread_id or None, ChatAction.UPLOAD_PHOTO)
    return await picture.draw()
