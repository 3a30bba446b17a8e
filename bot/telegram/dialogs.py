"""Dialogs in Telegram: each is a row, so it survives a kill; this module shows rows and takes answers into them.

A change of a row and the settlement of the update that made it are one transaction. The row then counts as not shown
until the message that shows it is there: a start after a kill shows what was left unshown (`resume`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import CallbackQuery, Message, Update
from telegram.error import BadRequest

from bot.capabilities import registry
from bot.capabilities.base import Capability, Studio
from bot.capabilities.needs import Brought
from bot.conversations.askings import asking
from bot.conversations.form import Form, Outdated
from bot.conversations.screens import view
from bot.errors import NotAllowed, NotFound, UserError
from bot.locales.text import text
from bot.store import dialogs, inbox, tasks
from bot.store.dialogs import Dialog, NewDialog
from bot.store.task import Task
from bot.telegram import errands, intake, messages, panels
from bot.telegram.asker import Asker, asker_of, may_act
from bot.telegram.photos import source_of
from bot.telegram.services import Bot, Context, Services
from bot.telegram.turns import Priority
from bot.tracker import states
from bot.tracker.ports import NotNow

log = structlog.get_logger()

LIVES = 3600.0

# A dialog changes only by its person's updates, one after another, and by its errands, of which there are few.
TRIES = 5


async def open_dialog(
    update_id: int, context: Context, asker: Asker, capability: Capability, answers: Mapping[str, Any]
) -> None:
    """Begin a dialog in the asker's place; one that was open there ends."""
    services, now = context.services, context.services.clock()
    await intake.check_allowed(services, asker, capability)
    form = Form.opened(capability, answers)
    await view(form, 0, services.studio.for_(asker.owner_id, asker.chat_id))  # what cannot be drawn does not begin
    async with services.store.write() as conn:
        dialog, before = await dialogs.put(
            conn,
            NewDialog(
                chat_id=asker.chat_id,
                thread_id=asker.thread_id or 0,
                owner_id=asker.owner_id,
                capability=capability.name,
                lang=asker.lang,
                answers=dict(answers),
                screen=form.screen,
                origin_id=asker.message_id,
                created_at=now,
                expires_at=now + LIVES,
            ),
        )
        await errands.place(conn, services, dialog, known={})
        await inbox.settle(conn, update_id, now)
    services.wake()
    if before is not None:
        await messages.remove(context.bot, before.chat_id, before.message_id)
    await show(services, context.bot, await _begun(services, dialog), anew=True)


async def _begun(services: Services, dialog: Dialog) -> Dialog:
    """Let the need that is asked for take what came with the command."""
    form = _form(dialog)
    if form.need is None:
        return dialog
    after = await asking(form.need).begun(form, form.need, _studio(services, dialog))
    if after is form:
        return dialog
    async with services.store.write() as conn:
        return await _written(conn, services, dialog, after) or dialog


async def show(services: Services, bot: Bot, dialog: Dialog, *, anew: bool) -> None:
    """Show a dialog as its row is: in its message, or `anew` below everything that was written since."""
    screen = await view(_form(dialog), dialog.id, _studio(services, dialog))
    asks_reply = screen.hint is not None and not _is_private(dialog)
    if anew or asks_reply or not await panels.change(bot, dialog, screen):
        await messages.remove(bot, dialog.chat_id, dialog.message_id)
        shown = await panels.send(bot, dialog, screen)
    else:
        shown = dialog.message_id or 0
    async with services.store.write() as conn:
        await dialogs.mark_shown(conn, dialog, shown, screen.picture.key if screen.picture else None)


async def resume(services: Services, bot: Bot) -> None:
    """Show what a killed process left unshown. One that cannot be shown keeps neither the others nor the start."""
    async with services.store.read() as conn:
        left = await dialogs.unshown(conn, services.clock(), 1000)
    for dialog in left:
        try:
            await show(services, bot, dialog, anew=True)
        except Exception:
            log.exception("dialog_not_resumed", dialog=dialog.id)


async def cancel(update: Update, context: Context) -> None:
    """Handle /cancel: end the dialog in this place."""
    asker = await asker_of(update, context.services.store)
    if asker is None:
        return
    services = context.services
    async with services.store.write() as conn:
        dialog = await dialogs.get(conn, asker.chat_id, asker.thread_id, asker.owner_id, services.clock())
        if dialog is not None:
            await dialogs.remove(conn, dialog.id)
        await inbox.settle(conn, update.update_id, services.clock())
    if dialog is None:
        await messages.say(context.bot, asker, text("There is nothing to cancel. /help says what I can do."))
        return
    await messages.remove(context.bot, dialog.chat_id, dialog.message_id)
    await messages.say(context.bot, asker, text("Cancelled. Nothing was ordered."))


async def answer(
    update_id: int, context: Context, asker: Asker, dialog: Dialog, message: Message, *, is_more: bool = False
) -> None:
    """Take a text or a picture as the answer that a dialog waits for; `is_more` for the rest of an album."""
    services = context.services
    form = _form(dialog)
    try:
        after = await _answered(form, message, _studio(services, dialog))
    except Outdated:  # its screen is of another version of this bot
        raise _expired() from None
    if after is None:
        await messages.say(
            context.bot, asker, text("Please use the buttons above, or /cancel to end this and begin anew.")
        )
        return
    stays = is_more and form.need is not None and asking(form.need).stays
    await _change(update_id, context, dialog, after, anew=not stays)


async def press(update: Update, context: Context) -> None:
    """Handle a button of a dialog: `d:<id>:<verb>[:<argument>...]`."""
    query, asker = update.callback_query, await asker_of(update, context.services.store)
    if query is None or query.data is None or asker is None:
        return
    _, dialog_id, verb, *arguments = query.data.split(":", 3)
    async with context.services.store.read() as conn:
        dialog = await dialogs.by_id(conn, int(dialog_id), context.services.clock())
    if dialog is None or dialog.capability not in registry.BY_NAME:
        raise _expired()
    if not await may_act(context.services.admins, asker, dialog.owner_id):
        raise NotAllowed(
            text(
                "This panel belongs to somebody else. Open your own with /{command}.",
                command=registry.BY_NAME[dialog.capability].commands[0],
            )
        )
    try:
        await _pressed(update.update_id, context, dialog, verb, arguments[0] if arguments else "")
    except Outdated:
        raise NotFound(text("That button is out of date. Please use the newest message.")) from None
    await acknowledged(query)


async def acknowledged(query: CallbackQuery) -> None:
    """Stop the button's spinner; a query that is too old has none."""
    try:
        await query.answer()
    except BadRequest:
        return


async def _pressed(update_id: int, context: Context, dialog: Dialog, verb: str, argument: str) -> None:
    form = _form(dialog)
    if verb == "run":
        await _run(update_id, context, dialog, form)
    elif verb == "end":
        async with context.services.store.write() as conn:
            await dialogs.remove(conn, dialog.id)
            await inbox.settle(conn, update_id, context.services.clock())
        await messages.remove(context.bot, dialog.chat_id, dialog.message_id)
    else:
        await _change(
            update_id, context, dialog, await _next(form, verb, argument, _studio(context.services, dialog)), anew=False
        )


async def _next(form: Form, verb: str, argument: str, studio: Studio) -> Form:  # noqa: PLR0911  one for each verb
    match verb, argument.split(":"):
        case "go", [screen]:
            return form.go(screen)
        case "ask", [name]:
            return form.go(f"ask-{name}")
        case "need", _ if form.need is not None:
            return await asking(form.need).pressed(form, form.need, argument, studio)
        case "set", [name, *raw]:
            return form.set(name, ":".join(raw))
        case "clear", [name]:
            return form.cleared(name)
        case "pick", [name, key]:
            return form.pick(name, key, await form.capability.choices(name, form.answers, studio))
        case "field", [name, index, field, *raw]:
            return form.set_field(name, int(index), field, ":".join(raw))
        case _:
            raise Outdated(verb)


async def _change(update_id: int, context: Context, dialog: Dialog, form: Form, *, anew: bool) -> None:
    if form.is_ready:
        await _run(update_id, context, dialog, form)
        return
    services = context.services
    await view(form, dialog.id, _studio(services, dialog))  # a screen that cannot be drawn is never written down
    async with services.store.write() as conn:
        changed = await _written(conn, services, dialog, form)
        await inbox.settle(conn, update_id, services.clock())
    services.wake()
    if changed is not None:
        await show(services, context.bot, changed, anew=anew)


async def _written(conn: AsyncConnection, services: Services, dialog: Dialog, form: Form) -> Dialog | None:
    changed = await dialogs.update(
        conn, dialog, answers=dict(form.answers), screen=form.screen, expires_at=services.clock() + LIVES
    )
    if changed is not None:
        await errands.place(conn, services, changed, known=dialog.answers)
    return changed


async def _run(update_id: int, context: Context, dialog: Dialog, form: Form) -> None:
    if not form.is_complete:
        await _change(update_id, context, dialog, form.answered(form.answers, back="main"), anew=False)
        return
    services, bot, asker = context.services, context.bot, _asker(dialog)
    order = await intake.settled(_studio(services, dialog), f"update:{update_id}", form.capability, form.given)
    order = replace(order, update_id=update_id, dialog_id=dialog.id)
    await _becomes_progress(services, bot, dialog, await intake.take_on(services, bot, asker, order))


async def _becomes_progress(services: Services, bot: Bot, dialog: Dialog, task: Task | None) -> None:
    """Let the panel become the progress message, where one looks at just now."""
    if task is None or dialog.message_id is None:
        return
    waits = False
    if dialog.picture is None:  # a picture cannot become text
        async with services.store.write() as conn:
            waits = await tasks.note(conn, task.id, states.WAITING, status_message_id=dialog.message_id)
    if waits:
        heard = text("🎨 Heard. Your picture is on its way.")
        await messages.edit(bot, dialog.chat_id, dialog.message_id, heard, dialog.lang, priority=Priority.MESSAGE)
    else:
        await messages.remove(bot, dialog.chat_id, dialog.message_id)


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
                await show(services, bot, dialog, anew=False)
            return
        if is_unshown and brought.task.attempts < TRIES:
            raise NotNow
        form = _form(dialog)
        form = form.answered(need.heard(form.answers, brought), back="main")
        if form.is_ready and await _ordered(services, bot, dialog, form):
            return
        if not form.capability.errands(form.answers):  # there is more to ask or to say: it is no longer in a hurry
            form = replace(form, answers=form.given)
        async with services.store.write() as conn:
            changed = await _written(conn, services, dialog, form)
        services.wake()
        if changed is not None:
            await show(services, bot, changed, anew=False)
            return
    raise RuntimeError("the dialog keeps changing")


async def _ordered(services: Services, bot: Bot, dialog: Dialog, form: Form) -> bool:
    """Order what was only waiting for its errand; where a limit forbids it, say so and leave the panel."""
    asker = _asker(dialog)
    try:
        order = await intake.settled(_studio(services, dialog), f"dialog:{dialog.id}", form.capability, form.given)
        task = await intake.take_on(services, bot, asker, replace(order, dialog_id=dialog.id))
    except UserError as error:
        await messages.say(bot, asker, error.sentence)
        return False
    await _becomes_progress(services, bot, dialog, task)
    return True


def _expired() -> NotFound:
    return NotFound(text("This panel has expired. Please begin anew with the command."))


async def _answered(form: Form, message: Message, studio: Studio) -> Form | None:
    need = form.need
    source = source_of(message)
    if source is not None:
        taker = need if need and need.most else next((one for one in form.capability.needs if one.most), need)
        return await asking(taker).sent(form, taker, source, studio) if taker else None
    if message.text is None:
        return None
    if need is not None:
        return await asking(need).typed(form, need, message.text, studio)
    return form.typed(message.text) if form.awaits_value else None


def _form(dialog: Dialog) -> Form:
    return Form(registry.BY_NAME[dialog.capability], dialog.answers, dialog.screen, dialog.id)


def _studio(services: Services, dialog: Dialog) -> Studio:
    return services.studio.for_(dialog.owner_id, dialog.chat_id)


def _asker(dialog: Dialog) -> Asker:
    return Asker(
        owner_id=dialog.owner_id,
        chat_id=dialog.chat_id,
        thread_id=dialog.thread_id or None,
        message_id=dialog.origin_id,
        lang=dialog.lang,
        is_private=_is_private(dialog),
    )


def _is_private(dialog: Dialog) -> bool:
    return dialog.chat_id > 0
