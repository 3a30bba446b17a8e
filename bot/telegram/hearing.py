"""What an errand brought goes into the dialog that sent it."""

from dataclasses import replace

from bot.capabilities.needs import Brought
from bot.conversations.form import Form
from bot.errors import UserError
from bot.store import dialogs
from bot.store.dialogs import Dialog
from bot.telegram import errands, messages, panels
from bot.telegram.forms import KEEPS_CHANGING, TRIES, form_of, order, person_of, written
from bot.telegram.services import Bot, Services
from bot.tracker.ports import NotNow


async def hear(services: Services, bot: Bot, brought: Brought) -> None:
    """Take into its dialog what an errand brought; one that the dialog no longer waits for is dropped.

    Raises `NotNow` while the dialog's last change is being shown: of two messages at once one would stay behind.
    """
    for _ in range(TRIES):
        async with services.store.read() as conn:
            dialog = await dialogs.by_id(conn, int(brought.task.request["dialog"]), services.clock())
        if dialog is None:
            return
        is_unshown, need = dialog.shown < dialog.version, errands.sender(dialog, brought.task)
        if need is None:
            if is_unshown and brought.task.attempts:  # it was heard before, and then something came in between
                await panels.show(services, bot, dialog, anew=False)
            return
        if is_unshown and brought.task.attempts < TRIES:
            raise NotNow
        form = form_of(dialog)
        form = form.answered(need.heard(form.answers, brought), back="main")
        if form.is_ready and await _ordered(services, bot, dialog, form):
            return
        if not form.capability.errands(form.answers):  # there is more to ask or to say: it is no longer in a hurry
            form = replace(form, answers=form.given)
        async with services.store.write() as conn:
            changed = await written(conn, services, dialog, form)
        services.wake()
        if changed is not None:
            await panels.show(services, bot, changed, anew=False)
            return
    raise RuntimeError(KEEPS_CHANGING)


async def _ordered(services: Services, bot: Bot, dialog: Dialog, form: Form) -> bool:
    """Order what was only waiting for its errand; where a limit forbids it, say so and leave the panel."""
    try:
        await order(services, bot, dialog, form, f"dialog:{dialog.id}")
    except UserError as error:
        await messages.say(bot, person_of(dialog), error.sentence)
        return False
    return True
