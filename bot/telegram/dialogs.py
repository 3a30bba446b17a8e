"""Dialogs in Telegram: each is a row, so it survives a kill; this module shows rows and takes answers into them.

A change of a row and the settlement of the update that made it are one transaction. The row then counts as not shown
until the message that shows it is there: a start after a kill shows what was left unshown (`resume`).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from telegram import CallbackQuery, Message, Update
from telegram.error import BadRequest

from bot.capabilities import registry
from bot.capabilities.base import Capability, Studio
from bot.capabilities.collection import CollectionNeed
from bot.conversations.askings import asking
from bot.conversations.form import Form, Outdated
from bot.conversations.screens import view
from bot.errors import BadValue, NotAllowed, TooMany
from bot.locales.text import plural, text
from bot.store import dialogs, inbox
from bot.store.dialogs import Dialog, NewDialog
from bot.telegram import errands, intake, messages, panels
from bot.telegram.asker import Asker, asker_of, may_act
from bot.telegram.forms import KEEPS_CHANGING, LIVES, TRIES, expired, form_of, order, studio_of, written
from bot.telegram.own_pages import out_of_date
from bot.telegram.photos import source_of
from bot.telegram.services import Context, Services

log = structlog.get_logger()


async def open_dialog(
    update_id: int, context: Context, asker: Asker, capability: Capability, answers: Mapping[str, Any]
) -> None:
    """Begin a dialog in the asker's place; one that was open there ends, unless pictures were collected in it."""
    services, now = context.services, context.services.clock()
    await intake.check_allowed(services, asker, capability)
    await _check_collected(services, asker)
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
    await panels.show(services, context.bot, await _begun(services, dialog), anew=True)


async def _check_collected(services: Services, asker: Asker) -> None:
    """Raise `TooMany` where the pictures that somebody collects in this place would be lost."""
    async with services.store.read() as conn:
        dialog = await dialogs.get(conn, asker.chat_id, asker.thread_id, asker.owner_id, services.clock())
    capability = registry.BY_NAME.get(dialog.capability) if dialog else None
    if dialog is None or capability is None:
        return
    count = sum(need.held(dialog.answers).count for need in capability.needs if isinstance(need, CollectionNeed))
    if count:
        raise TooMany(
            plural(
                "You are still collecting for /{command}: {count} picture so far, which would be lost. Go on with "
                "that first, or end it with /cancel.",
                "You are still collecting for /{command}: {count} pictures so far, which would be lost. Go on with "
                "that first, or end it with /cancel.",
                count,
                command=capability.commands[0],
            )
        )


async def _begun(services: Services, dialog: Dialog) -> Dialog:
    """Let the need that is asked for take what came with the command."""
    form = form_of(dialog)
    if form.need is None:
        return dialog
    after = await asking(form.need).begun(form, form.need, studio_of(services, dialog))
    if after is form:
        return dialog
    async with services.store.write() as conn:
        return await written(conn, services, dialog, after) or dialog


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
    """Take a text or a picture as the answer that a dialog waits for; `is_more` for the rest of an album.

    In a group the message that asks stays where it is as long as it can: others may be answers to it, too.
    """
    services = context.services
    need = form_of(dialog).need
    stays = need is not None and asking(need).stays and (is_more or not asker.is_private)

    async def after(now: Dialog) -> Form:
        try:
            form = await _answered(form_of(now), message, studio_of(services, now))
        except Outdated:  # its screen is of another version of this bot
            raise expired() from None
        if form is None:
            raise BadValue(text("Please use the buttons above, or /cancel to end this and begin anew."))
        return form

    await _change(update_id, context, dialog, after, anew=not stays)


async def press(update: Update, context: Context) -> None:
    """Handle a button of a dialog: `d:<id>:<verb>[:<argument>...]`."""
    query, asker = update.callback_query, await asker_of(update, context.services.store)
    if query is None or query.data is None or asker is None:
        return
    _, dialog_id, verb, *arguments = query.data.split(":", 3)
    async with context.services.store.read() as conn:
        dialog = await dialogs.by_id(conn, int(dialog_id), context.services.clock())
    if dialog is None or dialog.chat_id != asker.chat_id or dialog.capability not in registry.BY_NAME:
        raise expired()
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
        raise out_of_date() from None
    await acknowledged(query)


async def acknowledged(query: CallbackQuery) -> None:
    """Stop the button's spinner; a query that is too old has none."""
    try:
        await query.answer()
    except BadRequest:
        return


async def _pressed(update_id: int, context: Context, dialog: Dialog, verb: str, argument: str) -> None:
    if verb == "run":
        await _run(update_id, context, dialog, form_of(dialog))
    elif verb == "end":
        async with context.services.store.write() as conn:
            await dialogs.remove(conn, dialog.id)
            await inbox.settle(conn, update_id, context.services.clock())
        await messages.remove(context.bot, dialog.chat_id, dialog.message_id)
    else:

        async def after(now: Dialog) -> Form:
            return await _next(form_of(now), verb, argument, studio_of(context.services, now))

        await _change(update_id, context, dialog, after, anew=False)


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


async def _change(
    update_id: int, context: Context, dialog: Dialog, after: Callable[[Dialog], Awaitable[Form]], *, anew: bool
) -> None:
    """Write down and show what becomes of a dialog; `after` says it again where an errand changed the row meanwhile."""
    services = context.services
    for _ in range(TRIES):
        form = await after(dialog)
        if form.is_ready:
            await _run(update_id, context, dialog, form)
            return
        # A screen that cannot be drawn is never written down.
        screen = await view(form, dialog.id, studio_of(services, dialog))
        async with services.store.write() as conn:
            changed = await written(conn, services, dialog, form)
            if changed is not None:
                await inbox.settle(conn, update_id, services.clock())
        if changed is not None:
            services.wake()
            await panels.show(services, context.bot, changed, anew=anew, screen=screen)
            return
        dialog = await _read_anew(services, dialog)
    raise RuntimeError(KEEPS_CHANGING)


async def _read_anew(services: Services, dialog: Dialog) -> Dialog:
    async with services.store.read() as conn:
        now = await dialogs.by_id(conn, dialog.id, services.clock())
    if now is None:
        raise expired()
    return now


async def _run(update_id: int, context: Context, dialog: Dialog, form: Form) -> None:
    if form.is_complete:
        await order(context.services, context.bot, dialog, form, f"update:{update_id}", update_id)
    else:
        await _change(update_id, context, dialog, _asked_on, anew=False)


async def _asked_on(dialog: Dialog) -> Form:
    form = form_of(dialog)
    return form.answered(form.answers, back="main")


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
