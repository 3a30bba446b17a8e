"""`/tasks`: what is under way, with a button for what can still be taken back."""

from telegram import Update

from bot.capabilities import registry
from bot.capabilities.base import Capability
from bot.capabilities.needs import Answers, WordsNeed
from bot.capabilities.options import shorten
from bot.conversations.view import Button, joined
from bot.locales.text import Text, layout, text, verbatim
from bot.store import claims, tasks
from bot.store.task import State, Task
from bot.telegram import messages, progress
from bot.telegram.asker import Asker, asker_of
from bot.telegram.services import Context, Services

SHOWN = 10

WORDS_LENGTH = 80


async def show(update: Update, context: Context) -> None:
    """List the asker's unfinished tasks; in a group those of other chats without their words."""
    asker = await asker_of(update, context.services.store)
    if asker is None:
        return
    services = context.services
    async with services.store.read() as conn:
        mine = await tasks.under_way(conn, asker.owner_id, SHOWN)
        ahead = await claims.ahead(conn, mine, services.clock())
    if not mine:
        await messages.say(context.bot, asker, text("Nothing is under way. /help says what I can do."))
        return
    lines = [await _line(services, task, ahead.get(task.id), asker) for task in mine]
    rows = [
        [Button(text("Cancel no. {number}", number=task.id), f"r:cancel:{task.id}")]
        for task in mine
        if progress.is_cancellable(task) and (asker.is_private or task.chat_id == asker.chat_id)
    ]
    await messages.say(context.bot, asker, joined(lines), rows)


async def _line(services: Services, task: Task, ahead: int | None, asker: Asker) -> Text:
    capability = registry.BY_NAME[task.capability]
    is_shown = asker.is_private or task.chat_id == asker.chat_id
    said = words(capability, task.request) if is_shown else "…"
    usual = await services.timings.usual(task.kind)
    return layout(
        "<b>{number}</b> {icon} {title}{words}\n{status}",
        number=task.id,
        icon=capability.icon,
        title=capability.title,
        words=layout(": {words}", words=said) if said else verbatim(""),
        status=_status(task, ahead, usual, services.clock(), is_down=services.is_down()),
    )


def words(capability: Capability, request: Answers) -> str:
    """Give the beginning of the words that somebody gave with a request; empty where there are none."""
    needs = (need for need in capability.needs if isinstance(need, WordsNeed) and need.is_met(request))
    return next((shorten(str(request[need.name]), WORDS_LENGTH) for need in needs), "")


def _status(task: Task, ahead: int | None, usual: float | None, now: float, *, is_down: bool) -> Text:
    if task.state in {State.SUCCEEDED, State.DELIVERING}:
        return text("📦 It is made, and on its way to you.")
    return progress.status(task, ahead, usual, now, is_down=is_down)
