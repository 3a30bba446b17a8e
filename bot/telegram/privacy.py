"""`/privacy`: what is kept, and how long. `/forget`: delete all that is kept about a person, after a question."""

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Update
from telegram.error import TelegramError

from bot.capabilities import registry
from bot.conversations.view import Button, joined
from bot.errors import NotAllowed, UserError
from bot.limits.rules import day_of
from bot.locales.text import Text, plural, text, verbatim
from bot.settings import Settings
from bot.store import albums, forgetting, inbox
from bot.store.task import State, Task
from bot.telegram import dialogs, messages
from bot.telegram.asker import Asker, asker_of
from bot.telegram.services import Context, Services
from bot.tracker import record

log = structlog.get_logger()


async def show(update: Update, context: Context) -> None:
    """Say what is kept."""
    asker = await asker_of(update, context.services.store)
    if asker is not None:
        await messages.say(context.bot, asker, kept(context.services.settings))


async def ask(update: Update, context: Context) -> None:
    """Ask before everything goes."""
    asker = await asker_of(update, context.services.store)
    if asker is None:
        return
    _require_private(asker)
    rows = [
        [Button(text("🗑 Yes, forget me"), "f:yes", "danger"), Button(text("Keep"), "f:no")],
    ]
    await messages.say(context.bot, asker, question(), rows)


async def press(update: Update, context: Context) -> None:
    """Handle the answer."""
    query, asker = update.callback_query, await asker_of(update, context.services.store)
    if query is None or asker is None:
        return
    _require_private(asker)
    if query.data == "f:yes":
        await forget(update.update_id, context, asker)
        await messages.edit(context.bot, asker.chat_id, asker.message_id or 0, forgotten(), asker.lang)
    else:
        await messages.remove(context.bot, asker.chat_id, asker.message_id)
    await dialogs.acknowledged(query)


async def forget(update_id: int, context: Context, asker: Asker) -> None:
    """Delete all that is kept about a person.

    What waits is cancelled; what the image service is at work on is dropped, and is not delivered; a training that may
    still bring a LoRA goes on as nobody's. The copies go first: killed before the rows are gone, the update comes again
    and finds the rest by them.
    """
    services, person_id = context.services, asker.owner_id
    taken_back = await _withdrawn(services, person_id)
    async with services.store.write() as conn:
        left = await forgetting.hold_unfinished(conn, person_id)
        for task in left:
            if task.state is State.QUEUED or (task.state is State.RUNNING and task.id in taken_back):
                await record.end(conn, task, State.CANCELLED, now=services.clock())
        today = day_of(services.clock(), services.settings.limits_timezone)
        await forgetting.forget(conn, person_id, today=today)
        await inbox.settle(conn, update_id, services.clock())
    services.wake()
    await _remove_progress(context, left)


async def _withdrawn(services: Services, person_id: int) -> frozenset[int]:
    """Remove the copies of pictures, and take back at the vendor what can be; give the tasks that this went well for.

    Their ids are as they were just now: whatever is ordered meanwhile comes after the wish to be forgotten.
    """
    inputs = services.studio.inputs
    async with services.store.read() as conn:
        left, collections = await _holders(conn, person_id)
    taken_back = [task.id for task in left if task.state is State.RUNNING and await _cancelled(services, task)]
    for task in left:
        await inputs.withdraw(task.id)
    for collection_id in collections:
        await inputs.discard(collection_id)
    return frozenset(taken_back)


async def _holders(conn: AsyncConnection, person_id: int) -> tuple[list[Task], list[int]]:
    return await forgetting.unfinished(conn, person_id), await forgetting.collections_of(conn, person_id)


async def _cancelled(services: Services, task: Task) -> bool:
    capability = registry.BY_NAME.get(task.capability)
    try:
        return capability is not None and await capability.cancel(task, services.studio)
    except UserError as fault:
        log.info("not_taken_back", task=task.id, fault=type(fault).__name__)
        return False


async def _remove_progress(context: Context, left: list[Task]) -> None:
    """Take away the messages that show how far what was dropped is."""
    for task in left:
        try:
            await messages.remove(context.bot, task.chat_id, task.status_message_id)
        except TelegramError as fault:
            log.info("progress_not_removed", task=task.id, fault=type(fault).__name__)


def _require_private(asker: Asker) -> None:
    if not asker.is_private:
        raise NotAllowed(text("That is between you and me: please send /forget in our private chat."))


def kept(settings: Settings) -> Text:
    """Say what is kept, for how long, and who else has it."""
    return joined(
        [
            text("🔒 <b>What I keep</b>"),
            _requests(settings.history_days),
            text(
                "• What you chose: options, presets, language, and your name as Telegram shows it; LoRAs that you "
                "trained, and the groups that you shared them with. Until you delete them or send /forget."
            ),
            text(
                "• A question that waits for your answer: an hour. Which pictures came as one album: {days} days at "
                "most. Copies of photos for the image service: until their task ends; where a training came to "
                "nothing, a day longer.",
                days=int(albums.KEEP_SECONDS / (24 * 3600)),
            ),
            text(
                "• Every message to me is written down until it has been handled; then only its number stays, for "
                "three days."
            ),
            text("• Figures without names: how many pictures a day, and how long they took."),
            text("• A group's admins see which of its members use me most there, and what for."),
            text(
                "• What an admin changes in a group's limits stands in that group's log, with the name. What the "
                "operator has decided about you (a ban, an allowance) stays until the operator changes it."
            ),
            verbatim(""),
            text(
                "<b>Who else has it</b>\n• The image service (Miaohua) gets your words, the options and the pictures "
                "that you work from; what it keeps is up to it. It cannot delete a trained LoRA.\n"
                "• Telegram keeps our messages and the pictures in them, as in every chat: delete them there."
            ),
            verbatim(""),
            text("/forget deletes everything that I keep about you."),
        ]
    )


def _requests(days: int) -> Text:
    what = text(
        "• Your requests: words, options, the outline of what you marked, where they came from, links to the results "
        "and Telegram's numbers for them; and how much of each day's allowance you used."
    )
    if not days:
        return text("{what} Until you send /forget.", what=what)
    return plural("{what} For {count} day after they end.", "{what} For {count} days after they end.", days, what=what)


def question() -> Text:
    """Say what goes, and what cannot."""
    return text(
        "🗑 <b>Forget you?</b>\n\nI delete your requests and results, open questions, presets, settings, your name, "
        "your LoRAs and whom they are shared with. What waits is cancelled; what the image service is at work on is "
        "dropped and still counts. The buttons below old pictures stop working.\n\n"
        "It does not go: today's allowance that you have used, figures without names, and what the operator has "
        "decided about you. I cannot delete what Telegram keeps (delete our chat there), nor at the image service; "
        "your LoRAs stay there, but nobody can use them here any more, not even you.\n\nThis cannot be undone."
    )


def forgotten() -> Text:
    """Say that it is done."""
    return text(
        "Done: I have forgotten you. Delete this chat if Telegram is to forget it, too. /start begins anew whenever "
        "you like."
    )
