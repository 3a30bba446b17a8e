"""`/presets` and `/preset save NAME`: options of results under names of one's own, and the page that lists them."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Message, Update

from bot.capabilities import registry
from bot.conversations.view import View
from bot.errors import BadValue, NotFound, TooMany
from bot.locales.text import Text, text
from bot.store import gallery, inbox, presets, tasks
from bot.store.presets import Preset
from bot.store.task import Task
from bot.telegram import dialogs, intake, messages, own_pages, preset_names, preset_questions, requests
from bot.telegram.asker import Asker, asker_of, may_act
from bot.telegram.commands import command_of
from bot.telegram.own_pages import Press
from bot.telegram.preset_questions import Question
from bot.telegram.presets_view import Page
from bot.telegram.services import Context

COMMAND = "presets"


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
    await messages.say(context.bot, asker, await _kept(update_id, context, _about(asker, task), name))


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
    why = text("⭐ What shall these options be called?")
    await preset_questions.ask(context.bot, asker, _about(asker, task), why)


def _about(asker: Asker, task: Task) -> Question:
    return Question("save", str(task.id), asker.owner_id)


async def asked(context: Context, asker: Asker, message: Message) -> Question | None:
    """Read the question that a message answers, if it is the asker's to answer."""
    question = preset_questions.answered(context.bot, message)
    if question is None or question.owner_id == asker.owner_id:
        return question
    return question if await may_act(context.services.admins, asker, question.owner_id) else None


async def named(update_id: int, context: Context, asker: Asker, question: Question, message: Message) -> None:
    """Take a message as the name that a question asks for; where it cannot be one, ask once more."""
    try:
        await messages.say(context.bot, asker, await _kept(update_id, context, question, message.text))
    except BadValue as refusal:
        await preset_questions.ask(context.bot, asker, question, refusal.sentence)
    if message.reply_to_message is not None:
        await messages.remove(context.bot, asker.chat_id, message.reply_to_message.message_id)


async def _kept(update_id: int, context: Context, question: Question, raw: str | None) -> Text:
    """Give a name to a result's options, or another one to a preset; say what was done."""
    if raw is None:
        raise BadValue(text("Please send the name as a text."))
    services, name = context.services, preset_names.clean(raw)
    async with services.store.write() as conn:
        done = await _written(conn, question, name, services.clock())
        await inbox.settle(conn, update_id, services.clock())
    return done


async def _written(conn: AsyncConnection, question: Question, name: str, now: float) -> Text:
    try:
        if question.verb == "name":
            return await _renamed(conn, question, name)
        task = await tasks.get(conn, int(question.about))
        if task is None:
            raise NotFound(text("That result is no longer here."))
        return await _saved(conn, question.owner_id, task, name, now)
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


async def _renamed(conn: AsyncConnection, question: Question, name: str) -> Text:
    before = _found(await presets.of_owner(conn, question.owner_id), question.about).name
    await presets.rename(conn, question.owner_id, before, name)
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
        case "use", (key,):
            await _use(context, pressed, _found(page.presets, key))
        case "name", (key,):
            await _ask_other_name(context, pressed, _found(page.presets, key))
        case "ask", (key,):
            await _redraw(context, pressed, page.confirm(_found(page.presets, key)))
        case "yes", (key,):
            await _delete(context, pressed, page, _found(page.presets, key))
        case _:
            raise own_pages.out_of_date()
    await dialogs.acknowledged(pressed.query)


async def _use(context: Context, pressed: Press, preset: Preset) -> None:
    capability = registry.BY_NAME[preset.capability]
    answers = {
        **await intake.beginning(context.services, pressed.asker, capability),
        **preset_names.known_options(capability, preset.options),
    }
    await requests.begin(pressed.update_id, context, pressed.asker, requests.Wish(capability, answers, is_said=False))


async def _ask_other_name(context: Context, pressed: Press, preset: Preset) -> None:
    question = Question("name", preset_names.key_of(preset.name), pressed.owner_id)
    why = text("✏️ What shall “{name}” be called instead?", name=preset.name)
    await preset_questions.ask(context.bot, pressed.asker, question, why)


async def _delete(context: Context, pressed: Press, page: Page, preset: Preset) -> None:
    services = context.services
    async with services.store.write() as conn:
        await presets.remove(conn, pressed.owner_id, preset.name)
        await inbox.settle(conn, pressed.update_id, services.clock())
    await _redraw(context, pressed, (await _page(context, pressed.owner_id, page.number)).view())


async def _redraw(context: Context, pressed: Press, view: View) -> None:
    await own_pages.redraw(context.bot, pressed, view.body, view.rows)


async def _page(context: Context, owner_id: int, number: int) -> Page:
    async with context.services.store.read() as conn:
        own = [one for one in await presets.of_owner(conn, owner_id) if one.capability in registry.BY_NAME]
    page = Page(owner_id, number, own)
    return page if number <= page.last else Page(owner_id, page.last, own)


def _found(known: Sequence[Preset], key: str) -> Preset:
    preset = next((one for one in known if preset_names.key_of(one.name) == key), None)
    if preset is None:
        raise NotFound(text("That preset is no longer here. /presets lists those that are."))
    return preset
