"""`/presets` and `/preset save NAME`: options of results under names of one's own, and the page that lists them.

The question for a name is a dialog of its own kind: a row like any other's, so that it survives a kill.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Message, Update

from bot.capabilities import registry
from bot.conversations.view import Button, View
from bot.errors import BadValue, NotFound, TooMany
from bot.locales.text import Text, text
from bot.store import dialogs as rows
from bot.store import gallery, inbox, presets, tasks
from bot.store.dialogs import Dialog, NewDialog
from bot.store.presets import Preset
from bot.store.task import Task
from bot.telegram import dialogs, intake, messages, own_pages, preset_names, requests
from bot.telegram.asker import Asker, asker_of
from bot.telegram.commands import command_of
from bot.telegram.own_pages import Press
from bot.telegram.presets_view import Page
from bot.telegram.services import Context

COMMAND = "presets"

# Stands in place of a capability in the row of a dialog that asks for a name.
QUESTION = "preset"


async def show(update: Update, context: Context) -> None:
    """Handle `/presets`, and `/preset` with whatever is behind it."""
    asker, message = await asker_of(update, context.services.store), update.message
    if asker is None or message is None:
        return
    command = command_of(message, context.bot.username)
    verb, _, name = command.line.partition(" ") if command else ("", "", "")
    if verb.casefold() == "save":
        await _save_answered(update.update_id, context, asker, message, name.strip())
        return
    view = (await _page(context, asker.owner_id, 0)).view()
    await messages.say(context.bot, asker, view.body, view.rows)


async def _save_answered(update_id: int, context: Context, asker: Asker, message: Message, name: str) -> None:
    task = await _result(context, asker, message.reply_to_message)
    if task is None:
        raise BadValue(
            text("Answer one of my results with <code>/preset save NAME</code>: its options are kept under that name.")
        )
    if not name:
        await ask_name(context, asker, task)
        return
    await _keep(update_id, context, asker, {"task": task.id}, name)


async def _result(context: Context, asker: Asker, answered: Message | None) -> Task | None:
    """Find the result that a message shows: by its buttons, or by where it was delivered."""
    if answered is None or answered.from_user is None or answered.from_user.id != context.bot.id:
        return None
    keyboard = answered.reply_markup.inline_keyboard if answered.reply_markup else ()
    said = [str(button.callback_data).split(":") for row in keyboard for button in row]
    named = next((int(parts[2]) for parts in said if parts[0] == "r" and len(parts) > 2), None)  # noqa: PLR2004
    async with context.services.store.read() as conn:
        shown = await gallery.shown_in(conn, asker.chat_id, answered.message_id)
        task = shown or (await tasks.get(conn, named) if named is not None else None)
    return task if task is not None and task.chat_id == asker.chat_id else None


async def ask_name(context: Context, asker: Asker, task: Task) -> None:
    """Ask under which name the options of a result are to be kept."""
    question = text("⭐ What shall these options be called? Up to {most} characters.", most=preset_names.LONGEST)
    await _ask(context, asker, {"task": task.id}, question)


async def _ask(context: Context, asker: Asker, about: Mapping[str, Any], question: Text) -> None:
    services, now = context.services, context.services.clock()
    async with services.store.write() as conn:
        dialog, before = await rows.put(
            conn,
            NewDialog(
                chat_id=asker.chat_id,
                thread_id=asker.thread_id or 0,
                owner_id=asker.owner_id,
                capability=QUESTION,
                lang=asker.lang,
                answers=dict(about),
                screen="name",
                origin_id=asker.message_id,
                created_at=now,
                expires_at=now + dialogs.LIVES,
            ),
        )
        await rows.mark_shown(conn, dialog, 0)  # killed from here on, the update comes again and asks anew
    if before is not None:
        await messages.remove(context.bot, before.chat_id, before.message_id)
    cancel = Button(text("Cancel"), f"p:drop:{asker.owner_id}:0")
    sent = await context.bot.send_message(
        asker.chat_id,
        question.html(asker.lang),
        parse_mode="HTML",
        message_thread_id=asker.thread_id,
        reply_parameters=messages.reply_to(asker.message_id),
        reply_markup=messages.markup_of(
            View(question, [[cancel]], text("a name")), asker.lang, is_private=asker.is_private
        ),
    )
    async with services.store.write() as conn:
        await rows.mark_shown(conn, dialog, sent.message_id)


async def named(update_id: int, context: Context, asker: Asker, dialog: Dialog, message: Message) -> None:
    """Take a text as the name that the question asks for."""
    if message.text is None:
        raise BadValue(text("Please send the name as a text, or /cancel."))
    await _keep(update_id, context, asker, dialog.answers, message.text, dialog)
    await messages.remove(context.bot, dialog.chat_id, dialog.message_id)


async def _keep(
    update_id: int, context: Context, asker: Asker, about: Mapping[str, Any], raw: str, dialog: Dialog | None = None
) -> None:
    """Give a name to a result's options, or another one to a preset, and end the question for it."""
    services, name = context.services, preset_names.clean(raw)
    async with services.store.write() as conn:
        done = await _written(conn, asker, about, name, services.clock())
        if dialog is not None:
            await rows.remove(conn, dialog.id)
        await inbox.settle(conn, update_id, services.clock())
    await messages.say(context.bot, asker, done)


async def _written(conn: AsyncConnection, asker: Asker, about: Mapping[str, Any], name: str, now: float) -> Text:
    try:
        if "name" in about:
            return await _renamed(conn, asker.owner_id, about["name"], name)
        task = await tasks.get(conn, int(about["task"]))
        if task is None:
            raise NotFound(text("That result is no longer here."))
        return await _saved(conn, asker.owner_id, task, name, now)
    except presets.NoRoom:
        raise TooMany(
            text("You have {most} presets, as many as there can be. Delete one first: /presets.", most=presets.MOST)
        ) from None
    except presets.NameTaken:
        raise BadValue(text("You have another preset of that name. Please choose another name.")) from None


async def _saved(conn: AsyncConnection, owner_id: int, task: Task, name: str, now: float) -> Text:
    capability = registry.BY_NAME[task.capability]
    preset = Preset(
        owner_id=owner_id,
        name=name,
        capability=capability.name,
        options=preset_names.options_of(capability, task.request),
        created_at=now,
    )
    how = {"name": name, "command": capability.commands[0], "flag": preset_names.typed(name)}
    if await presets.save(conn, preset):
        return text(
            "⭐ “{name}” now holds these options in place of those before. Begin with them: "
            "<code>/{command} {flag}</code>. /presets lists all.",
            **how,
        )
    return text(
        "⭐ Saved as “{name}”. Begin with these options: <code>/{command} {flag}</code>. /presets lists all.", **how
    )


async def _renamed(conn: AsyncConnection, owner_id: int, before: str, name: str) -> Text:
    if not await presets.rename(conn, owner_id, before, name):
        raise _gone()
    return text("⭐ “{before}” is now called “{name}”. /presets lists all.", before=before, name=name)


async def press(update: Update, context: Context) -> None:
    """Handle a button of a page."""
    pressed = await own_pages.pressed(update, context, COMMAND)
    if pressed is None:
        return
    page = await _page(context, pressed.owner_id, int(pressed.arguments[0]))
    match pressed.verb, pressed.arguments[1:]:
        case "turn", ():
            await _redraw(context, pressed, page.view())
        case "drop", ():
            await _drop(context, pressed)
        case "use", (key,):
            await _use(context, pressed, _meant(page, key))
        case "name", (key,):
            await _ask_other_name(context, pressed, _meant(page, key))
        case "ask", (key,):
            await _redraw(context, pressed, page.confirm(_meant(page, key)))
        case "yes", (key,):
            await _delete(context, pressed, page, _meant(page, key))
        case _:
            raise own_pages.out_of_date()
    await dialogs.acknowledged(pressed.query)


async def _use(context: Context, pressed: Press, preset: Preset) -> None:
    capability = registry.BY_NAME[preset.capability]
    answers = {
        **capability.start(await intake.choices(context.services, pressed.asker, capability)),
        **preset_names.known_options(capability, preset.options),
    }
    await requests.begin(pressed.update_id, context, pressed.asker, requests.Wish(capability, answers, is_said=False))


async def _ask_other_name(context: Context, pressed: Press, preset: Preset) -> None:
    question = text(
        "What shall “{name}” be called instead? Up to {most} characters.",
        name=preset.name,
        most=preset_names.LONGEST,
    )
    await _ask(context, pressed.asker, {"name": preset.name}, question)


async def _delete(context: Context, pressed: Press, page: Page, preset: Preset) -> None:
    services = context.services
    async with services.store.write() as conn:
        await presets.remove(conn, pressed.owner_id, preset.name)
        await inbox.settle(conn, pressed.update_id, services.clock())
    await _redraw(context, pressed, (await _page(context, pressed.owner_id, page.number)).view())


async def _drop(context: Context, pressed: Press) -> None:
    """End the question for a name."""
    services, asker = context.services, pressed.asker
    async with services.store.write() as conn:
        dialog = await rows.get(conn, asker.chat_id, asker.thread_id, asker.owner_id, services.clock())
        if dialog is not None and dialog.capability == QUESTION:
            await rows.remove(conn, dialog.id)
        await inbox.settle(conn, pressed.update_id, services.clock())
    await messages.remove(context.bot, asker.chat_id, asker.message_id)


async def _redraw(context: Context, pressed: Press, view: View) -> None:
    await own_pages.redraw(context.bot, pressed, view.body, view.rows)


async def _page(context: Context, owner_id: int, number: int) -> Page:
    async with context.services.store.read() as conn:
        own = [one for one in await presets.of_owner(conn, owner_id) if one.capability in registry.BY_NAME]
    page = Page(owner_id, number, own)
    return page if number <= page.last else Page(owner_id, page.last, own)


def _meant(page: Page, key: str) -> Preset:
    preset = next((one for one in page.presets if preset_names.key_of(one.name) == key), None)
    if preset is None:
        raise _gone()
    return preset


def _gone() -> NotFound:
    return NotFound(text("That preset is no longer here. /presets lists those that are."))
