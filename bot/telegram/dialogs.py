"""Dialogs in Telegram: each is a row, so it survives a kill; this module shows rows and takes answers into them.

A change of a row and the settlement of the update that made it are one transaction. The row then counts as not shown
until the message that shows it is there: a start after a kill shows what was left unshown (`resume`).
"""

from collections.abc import Mapping
from typing import Any

import structlog
from telegram import CallbackQuery, Message, Update
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.capabilities import registry
from bot.capabilities.base import Capability
from bot.conversations.form import Form, Outdated
from bot.conversations.screens import view
from bot.errors import NotAllowed, NotFound
from bot.locales.text import Lang, Text, text
from bot.store import dialogs, inbox, tasks
from bot.store.dialogs import Dialog, NewDialog
from bot.telegram import intake, messages
from bot.telegram.asker import Asker, asker_of, may_act
from bot.telegram.photos import has_picture, source_of
from bot.telegram.services import Bot, Context, Services
from bot.telegram.turns import Priority
from bot.tracker import states

log = structlog.get_logger()

LIVES = 3600.0


async def open_dialog(
    update_id: int, context: Context, asker: Asker, capability: Capability, answers: Mapping[str, Any]
) -> None:
    """Begin a dialog in the asker's place; one that was open there ends."""
    services, now = context.services, context.services.clock()
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
                screen=Form.opened(capability, answers).screen,
                origin_id=asker.message_id,
                created_at=now,
                expires_at=now + LIVES,
            ),
        )
        await inbox.settle(conn, update_id, now)
    if before is not None:
        await messages.remove(context.bot, before.chat_id, before.message_id)
    await show(services, context.bot, dialog, anew=True)


async def show(services: Services, bot: Bot, dialog: Dialog, *, anew: bool) -> None:
    """Show a dialog as its row is: in its message, or `anew` below everything that was written since."""
    screen = await view(_form(dialog), dialog.id, services.studio)
    lang: Lang = dialog.lang
    shown = dialog.message_id
    if anew or shown is None or (screen.hint is not None and not _is_private(dialog)):
        await messages.remove(bot, dialog.chat_id, shown)
        shown = None
    elif not await messages.edit(
        bot, dialog.chat_id, shown, screen.body, lang, *screen.rows, priority=Priority.MESSAGE
    ):
        shown = None
    if shown is None:
        sent = await bot.send_message(
            dialog.chat_id,
            screen.body.html(lang),
            parse_mode=ParseMode.HTML,
            message_thread_id=dialog.thread_id or None,
            reply_parameters=messages.reply_to(dialog.origin_id),
            reply_markup=messages.markup_of(screen, lang, is_private=_is_private(dialog)),
        )
        shown = sent.message_id
    async with services.store.write() as conn:
        await dialogs.mark_shown(conn, dialog, shown)


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
    asker = asker_of(update)
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


async def answer(update: Update, context: Context) -> None:
    """Take a text or a picture as the answer that a dialog waits for."""
    message, asker = update.message, asker_of(update)
    if message is None or asker is None:
        return
    services = context.services
    async with services.store.read() as conn:
        dialog = await dialogs.get(conn, asker.chat_id, asker.thread_id, asker.owner_id, services.clock())
    if dialog is None or not _is_meant(message, dialog, asker):
        if asker.is_private:
            await messages.say(context.bot, asker, _way_in(message))
        return
    try:
        form = _answered(_form(dialog), message)
    except Outdated:  # its screen is of another version of this bot
        raise _expired() from None
    if form is None:
        await messages.say(
            context.bot, asker, text("Please use the buttons above, or /cancel to end this and begin anew.")
        )
        return
    await _change(update.update_id, context, dialog, form, anew=True)


async def press(update: Update, context: Context) -> None:
    """Handle a button of a dialog: `d:<id>:<verb>[:<argument>...]`."""
    query, asker = update.callback_query, asker_of(update)
    if query is None or query.data is None or asker is None:
        return
    _, dialog_id, verb, *arguments = query.data.split(":", 3)
    async with context.services.store.read() as conn:
        dialog = await dialogs.by_id(conn, int(dialog_id), context.services.clock())
    if dialog is None:
        raise _expired()
    if not await may_act(context.bot, asker, dialog.owner_id):
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
        await _change(update_id, context, dialog, await _next(form, verb, argument, context.services), anew=False)


async def _next(form: Form, verb: str, argument: str, services: Services) -> Form:
    match verb, argument.split(":"):
        case "go", [screen]:
            return form.go(screen)
        case "ask", [name]:
            return form.go(f"ask-{name}")
        case "set", [name, *raw]:
            return form.set(name, ":".join(raw))
        case "clear", [name]:
            return form.cleared(name)
        case "pick", [name, key]:
            return form.pick(name, key, await form.capability.choices(name, form.answers, services.studio))
        case "field", [name, index, field, *raw]:
            return form.set_field(name, int(index), field, ":".join(raw))
        case _:
            raise Outdated(verb)


async def _change(update_id: int, context: Context, dialog: Dialog, form: Form, *, anew: bool) -> None:
    services, now = context.services, context.services.clock()
    await view(form, dialog.id, services.studio)  # a screen that cannot be drawn is never written down
    async with services.store.write() as conn:
        changed = await dialogs.update(
            conn, dialog, answers=dict(form.answers), screen=form.screen, expires_at=now + LIVES
        )
        await inbox.settle(conn, update_id, now)
    if changed is not None:
        await show(services, context.bot, changed, anew=anew)


async def _run(update_id: int, context: Context, dialog: Dialog, form: Form) -> None:
    if form.capability.missing(form.answers):
        raise Outdated("run")
    request = await form.capability.settle(form.answers, context.services.studio)
    order = intake.Order(
        capability=form.capability, request=request, remember=form.capability.remember(form.answers, request)
    )
    task = await intake.take_on(update_id, context, _asker(dialog), order, dialog_id=dialog.id)
    if task is None or dialog.message_id is None:
        return
    # The panel becomes the progress message, where one looks at just now.
    async with context.services.store.write() as conn:
        waits = await tasks.note(conn, task.id, states.WAITING, status_message_id=dialog.message_id)
    if waits:
        heard = text("🎨 Heard. Your picture is on its way.")
        await messages.edit(
            context.bot, dialog.chat_id, dialog.message_id, heard, dialog.lang, priority=Priority.MESSAGE
        )
    else:
        await messages.remove(context.bot, dialog.chat_id, dialog.message_id)


def _expired() -> NotFound:
    return NotFound(text("This panel has expired. Please begin anew with the command."))


def _way_in(message: Message) -> Text:
    if has_picture(message):
        return text("To work from this picture, answer it with /imagine and your words.")
    return text("Tell me what to draw, like this: /imagine a fox in the snow")


def _answered(form: Form, message: Message) -> Form | None:
    if has_picture(message) and form.awaits in {None, "photo"}:
        return form.with_answer("photo", source_of(message))
    if message.text is not None and form.awaits is not None:
        return form.typed(message.text)
    return None


def _is_meant(message: Message, dialog: Dialog, asker: Asker) -> bool:
    # In a group people talk to each other, too: only an answer to the dialog's own message is one.
    answered = message.reply_to_message
    return asker.is_private or (answered is not None and answered.message_id == dialog.message_id)


def _form(dialog: Dialog) -> Form:
    return Form(registry.BY_NAME[dialog.capability], dialog.answers, dialog.screen)


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
