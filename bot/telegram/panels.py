"""The message that shows a dialog: text, or a picture with text below it."""

from telegram import InputMediaPhoto
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest

from bot.conversations.view import Drawn, View
from bot.store.dialogs import Dialog
from bot.telegram import messages
from bot.telegram.services import Bot
from bot.telegram.turns import Priority


async def change(bot: Bot, dialog: Dialog, screen: View) -> bool:
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


async def send(bot: Bot, dialog: Dialog, screen: View) -> int:
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
