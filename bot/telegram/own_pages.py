"""Pages that are for whoever asked for them: their buttons' data are `<page>:<verb>:<owner>[:<argument>...]`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from telegram import CallbackQuery, Message, Update

from bot.conversations.view import Button
from bot.errors import NotAllowed, NotFound
from bot.locales.text import Lang, Text, text
from bot.telegram import messages
from bot.telegram.asker import Asker, asker_of, may_act
from bot.telegram.services import Bot, Context
from bot.telegram.turns import Priority


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button of a page, and whose page it is."""

    update_id: int
    query: CallbackQuery
    asker: Asker
    owner_id: int
    verb: str
    arguments: tuple[str, ...]

    @property
    def is_genuine(self) -> bool:
        """Say whether the button stands on the message."""
        return is_genuine(self.query)


def is_genuine(query: CallbackQuery) -> bool:
    """Say whether the button stands on the message: a client can make data up, but no message of ours.

    Of a message that is too old Telegram does not say what stands on it.
    """
    shown = query.message
    markup = shown.reply_markup if isinstance(shown, Message) else None
    rows = markup.inline_keyboard if markup else ()
    return any(button.callback_data == query.data for row in rows for button in row)


async def pressed(update: Update, context: Context, command: str) -> Press | None:
    """Read a press; raise `NotAllowed` where the page is somebody else's. In private it never is."""
    query, asker = update.callback_query, await asker_of(update, context.services.store)
    if query is None or query.data is None or asker is None:
        return None
    _, verb, owner, *arguments = query.data.split(":")
    owner_id = asker.owner_id if asker.is_private else int(owner)
    press = Press(update.update_id, query, asker, owner_id, verb, tuple(arguments))
    if not await may_act(context.services.admins, asker, owner_id):
        raise NotAllowed(text("This panel belongs to somebody else. Open your own with /{command}.", command=command))
    if owner_id < 0 and not press.is_genuine:  # it asks for things of a group or a channel, which are many people's
        raise out_of_date()
    return press


async def redraw(
    bot: Bot, press: Press, body: Text, rows: Sequence[Sequence[Button]], lang: Lang | None = None
) -> None:
    """Change the page; where its message cannot be changed any more, show it anew."""
    asker = replace(press.asker, lang=lang or press.asker.lang)
    message_id = asker.message_id or 0
    if not await messages.edit(bot, asker.chat_id, message_id, body, asker.lang, *rows, priority=Priority.MESSAGE):
        await messages.say(bot, asker, body, rows)


def out_of_date() -> NotFound:
    """Say that a button does not fit what there is now."""
    return NotFound(text("That button is out of date. Please use the newest message."))
