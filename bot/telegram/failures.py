"""What a person hears when a handler could not do what was asked."""

import structlog
from telegram import Update
from telegram.error import BadRequest, TelegramError

from bot.errors import Broken, UserError
from bot.locales.text import text
from bot.telegram import messages
from bot.telegram.asker import Asker, asker_of
from bot.telegram.own_pages import out_of_date
from bot.telegram.services import Context

log = structlog.get_logger()

ALERT_LENGTH = 200


async def unknown_button(update: Update, context: Context) -> None:  # noqa: ARG001  a handler's signature
    """Answer a button that no version of this bot knows any more."""
    raise out_of_date()


async def report(update: object, context: Context) -> None:
    """Answer a `UserError` with its sentence; log anything else, and say that nothing was ordered."""
    fault = context.error
    if not isinstance(fault, UserError):
        log.error("handler_failed", exc_info=fault, update=update.update_id if isinstance(update, Update) else None)
        if isinstance(fault, TelegramError):
            return  # Telegram refused our answer: another one would fare no better
        fault = Broken(text("Something went wrong on my side, and nothing was ordered. Please try again in a minute."))
    asker = await asker_of(update, context.services.store) if isinstance(update, Update) else None
    if asker is None or not isinstance(update, Update):
        return
    try:
        await _tell(update, context, asker, fault)
    except TelegramError as error:
        log.warning("failure_not_told", fault=type(error).__name__)


async def _tell(update: Update, context: Context, asker: Asker, fault: UserError) -> None:
    """Use an alert for a pressed button where the sentence fits into one, else a message."""
    query = update.callback_query
    alert = fault.sentence.plain(asker.lang)
    if query is None:
        await messages.say(context.bot, asker, fault.sentence)
        return
    try:
        if len(alert) <= ALERT_LENGTH and "<" not in alert:
            await query.answer(alert, show_alert=True)
            return
        await query.answer()
    except BadRequest:  # the query is too old for an alert
        pass
    await messages.say(context.bot, asker, fault.sentence)
