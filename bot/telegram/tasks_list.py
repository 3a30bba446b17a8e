"""`/tasks`: what is under way, with a button for what can still be taken back."""

from telegram import Update

from bot.capabilities import registry
from bot.capabilities.options import shorten
from bot.conversations.screens import Button, joined
from bot.locales.text import Text, layout, text
from bot.store import tasks
from bot.store.task import UNFINISHED, State, Task
from bot.telegram import messages, progress
from bot.telegram.asker import asker_of
from bot.telegram.services import Context, Services

SHOWN = 10


async def show(update: Update, context: Context) -> None:
    """List the asker's unfinished tasks; those of other chats without their words."""
    asker = asker_of(update)
    if asker is None:
        return
    services = context.services
    async with services.store.read() as conn:
        mine = [task for task in await tasks.of_owner(conn, asker.owner_id, 100) if task.state in UNFINISHED][:SHOWN]
    if not mine:
        await messages.say(context.bot, asker, text("Nothing is under way. /help says what I can do."))
        return
    lines = [await _line(services, task, is_here=task.chat_id == asker.chat_id) for task in mine]
    here = [task for task in mine if task.state is State.QUEUED and task.chat_id == asker.chat_id]
    rows = [[Button(text("Cancel no. {number}", number=task.id), f"r:cancel:{task.id}")] for task in here]
    await messages.say(context.bot, asker, joined(lines), rows)


async def _line(services: Services, task: Task, *, is_here: bool) -> Text:
    capability = registry.BY_NAME[task.capability]
    async with services.store.read() as conn:
        ahead = await tasks.ahead(conn, task) if task.state is State.QUEUED else None
    usual = await services.timings.usual(task.kind)
    words = str(task.request.get(capability.needs[0].name, "")) if is_here else "…"
    return layout(
        "<b>{number}</b> {icon} {words}\n{status}",
        number=task.id,
        icon=capability.icon,
        words=shorten(words, 80),
        status=progress.status(task, ahead, usual, services.clock()),
    )
