"""What the row of a dialog stands for, and what becomes of it: another form, or an order."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.capabilities import registry
from bot.capabilities.base import Studio
from bot.conversations.form import Form
from bot.errors import NotFound
from bot.locales.text import text
from bot.store import dialogs, tasks
from bot.store.dialogs import Dialog
from bot.store.task import Task
from bot.telegram import errands, intake, messages
from bot.telegram.asker import Asker
from bot.telegram.services import Bot, Services
from bot.telegram.turns import Priority
from bot.tracker import states

LIVES = 3600.0

# A dialog changes only by its person's updates, one after another, and by its errands, of which there are few.
TRIES = 5
KEEPS_CHANGING = "the dialog keeps changing"


def form_of(dialog: Dialog) -> Form:
    """Read the form."""
    return Form(registry.BY_NAME[dialog.capability], dialog.answers, dialog.screen, dialog.id)


def studio_of(services: Services, dialog: Dialog) -> Studio:
    """Give the studio as the dialog's person sees it."""
    return services.studio.for_(dialog.owner_id, dialog.chat_id)


def person_of(dialog: Dialog) -> Asker:
    """Give the dialog's person, in its place."""
    return Asker(
        owner_id=dialog.owner_id,
        chat_id=dialog.chat_id,
        thread_id=dialog.thread_id or None,
        message_id=dialog.origin_id,
        lang=dialog.lang,
        is_private=is_private(dialog),
    )


def is_private(dialog: Dialog) -> bool:
    """Say whether it is in a private chat."""
    return dialog.chat_id > 0


async def written(conn: AsyncConnection, services: Services, dialog: Dialog, form: Form) -> Dialog | None:
    """Write down what has become of a dialog, with the errands that it asks for. None where it has changed since."""
    changed = await dialogs.update(
        conn, dialog, answers=dict(form.answers), screen=form.screen, expires_at=services.clock() + LIVES
    )
    if changed is not None:
        await errands.place(conn, services, changed, known=dialog.answers)
    return changed


async def order(
    services: Services, bot: Bot, dialog: Dialog, form: Form, key: str, update_id: int | None = None
) -> None:
    """Order what a dialog has led to: it ends, and its panel becomes the progress message."""
    order_ = await intake.settled(studio_of(services, dialog), key, form.capability, form.given)
    order_ = replace(order_, update_id=update_id, dialog_id=dialog.id)
    await _becomes_progress(services, bot, dialog, await intake.take_on(services, bot, person_of(dialog), order_))


async def _becomes_progress(services: Services, bot: Bot, dialog: Dialog, task: Task | None) -> None:
    """Let the panel become the progress message, where one looks at just now."""
    if task is None or dialog.message_id is None:
        return
    waits = False
    if dialog.picture is None:  # a picture cannot become text
        async with services.store.write() as conn:
            waits = await tasks.note(conn, task.id, states.WAITING, status_message_id=dialog.message_id)
    if waits:
        heard = text("🎨 Heard. I am on it.")
        await messages.edit(bot, dialog.chat_id, dialog.message_id, heard, dialog.lang, priority=Priority.MESSAGE)
    else:
        await messages.remove(bot, dialog.chat_id, dialog.message_id)


def expired() -> NotFound:
    """Say that a dialog is there no more."""
    return NotFound(text("This panel has expired. Please begin anew with the command."))
