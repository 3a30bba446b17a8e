"""A capability's command: read it; order at once what is complete, ask for what is missing."""

from telegram import Update

from bot.capabilities import flags, registry
from bot.telegram import dialogs, intake
from bot.telegram.asker import asker_of
from bot.telegram.commands import command_of
from bot.telegram.photos import source_of
from bot.telegram.services import Context


async def ask(update: Update, context: Context) -> None:
    """Handle a capability's command in a text or a caption."""
    message, asker = update.message, asker_of(update)
    if message is None or asker is None:
        return
    command = command_of(message, context.bot.username)
    if command is None:
        return
    capability = registry.BY_COMMAND[command.name]
    line = flags.read(command.line, capability.options)
    answers = {
        **capability.start(await intake.choices(context.services, asker, capability)),
        **line.values,
        capability.needs[0].name: line.words,
        "photo": source_of(message),
    }
    if capability.missing(answers):
        await dialogs.open_dialog(update.update_id, context, asker, capability, answers)
        return
    request = await capability.settle(answers, context.services.studio)
    remember = capability.remember(answers, request)
    await intake.take_on(
        update.update_id, context, asker, intake.Order(capability=capability, request=request, remember=remember)
    )
