"""The menu below a bare picture: what can be done with it. Its data is `m:<capability>`."""

from dataclasses import replace

from telegram import Message, Update

from bot.capabilities import registry
from bot.capabilities.needs import PhotoNeed
from bot.conversations.view import Button, in_rows
from bot.errors import NotFound
from bot.locales.text import layout, text
from bot.telegram import dialogs, intake, messages, requests
from bot.telegram.asker import Asker, asker_of
from bot.telegram.photos import album_of
from bot.telegram.services import Context

PER_ROW = 3


async def show(context: Context, asker: Asker) -> None:
    """Ask what shall be done with the picture that was just sent."""
    buttons = [
        Button(layout("{icon} {title}", icon=one.icon, title=one.title), f"m:{one.name}")
        for one in registry.OFFERED
        if any(isinstance(need, PhotoNeed) for need in one.needs)
    ]
    await messages.say(context.bot, asker, text("What shall I do with this picture?"), in_rows(buttons, PER_ROW))


async def press(update: Update, context: Context) -> None:
    """Begin what was chosen, with the picture that the menu answers, and the others of its album."""
    query, asker = update.callback_query, await asker_of(update, context.services.store)
    if query is None or query.data is None or asker is None:
        return
    capability = registry.BY_NAME.get(query.data.partition(":")[2])
    picture = query.message.reply_to_message if isinstance(query.message, Message) else None
    if capability is None or capability.is_errand or picture is None:
        raise NotFound(text("I can no longer see that picture. Please send it again."))
    answers = {
        **await intake.beginning(context.services, asker, capability),
        **capability.placed(await album_of(picture, context.services.store), []),
    }
    meant = replace(asker, message_id=picture.message_id)  # the menu goes; what comes answers the picture
    wish = requests.Wish(capability, answers, is_said=capability.is_instant)
    await requests.begin(update.update_id, context, meant, wish)
    await messages.remove(context.bot, asker.chat_id, asker.message_id)
    await dialogs.acknowledged(query)
