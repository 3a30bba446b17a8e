"""`/limits`: a group's admins set what holds there; everybody sees what holds and what is left for them.

The panel is one message that is edited in place. Its state is the group's row and the buttons' data, so it works after
a restart. Whoever presses is looked up anew: an anonymous admin's press comes in the person's own name.
"""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Message, Update

from bot.conversations.view import View
from bot.errors import BadValue, NotAllowed
from bot.limits.group_rules import GroupRules
from bot.locales.text import Text, layout, text
from bot.store import chat_log, chats, inbox
from bot.store.chat_log import Entry
from bot.telegram import dialogs, intake, limits_standing, limits_words, messages, own_pages
from bot.telegram.asker import Asker, asker_of
from bot.telegram.commands import command_of
from bot.telegram.limits_rules import GENERAL, NUMBERS, line, overview
from bot.telegram.limits_views import LOG_SHOWN, Panel, log
from bot.telegram.limits_words import Change, Place
from bot.telegram.own_pages import Press
from bot.telegram.services import Context, Services


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody wants to change a group's rules; `actor` is how the log names them."""

    update_id: int
    asker: Asker
    actor: str
    place: Place


async def show(update: Update, context: Context) -> None:
    """Handle the command: show what holds, or change it by the words behind it."""
    message, asker = update.message, await asker_of(update, context.services.store)
    command = command_of(message, context.bot.username) if message else None
    if message is None or asker is None or command is None:
        return
    word, _, value = command.line.partition(" ")
    if asker.is_private:
        await _show_own(context, asker, command.line)
    elif word.casefold() == "log":
        async with context.services.store.read() as conn:
            entries = await chat_log.newest(conn, asker.chat_id, LOG_SHOWN)
        await messages.say(context.bot, asker, log(entries, context.services.settings.limits_timezone, asker.lang))
    elif word:
        wanted = Request(update.update_id, asker, _signature(message, asker), _place(update, asker))
        done = await _change_by_words(context.services, wanted, message, word.casefold(), value.strip())
        seen_by = await asker_of(update, context.services.store) or asker  # the language may be another by now
        await messages.say(context.bot, seen_by, done)
    else:
        await _show_group(update, context, asker)


async def press(update: Update, context: Context) -> None:
    """Handle a button of the panel; raise `NotAllowed` for everybody but the group's admins."""
    query, asker = update.callback_query, await asker_of(update, context.services.store)
    if query is None or query.data is None or asker is None:
        return
    if asker.is_private:
        raise own_pages.out_of_date()
    await _check_admin(context.services, asker)
    _, verb, *arguments = query.data.split(":")
    pressed = Press(update.update_id, query, asker, asker.owner_id, verb, tuple(arguments))
    view = await _next(update, context, pressed)
    seen_by = await asker_of(update, context.services.store) or asker  # the language may be another by now
    await own_pages.redraw(context.bot, pressed, view.body, view.rows, seen_by.lang)
    await dialogs.acknowledged(query)


async def _show_own(context: Context, asker: Asker, line: str) -> None:
    if line:
        raise BadValue(text("A group's limits are set in the group, by its admins: send /limits there."))
    async with context.services.store.read() as conn:
        standing = await limits_standing.everywhere(conn, context.services, asker)
    await messages.say(context.bot, asker, standing)


async def _show_group(update: Update, context: Context, asker: Asker) -> None:
    """Show the panel to an admin, and what holds to others."""
    is_admin = await context.services.admins.has(asker.chat_id, asker.owner_id)
    async with context.services.store.read() as conn:
        panel = await _panel(conn, context.services, asker, is_forum=_is_forum(update))
    if is_admin:
        view = panel.main()
        await messages.say(context.bot, asker, view.body, view.rows)
        return
    body = text(
        "{rules}\n\n{standing}\n\nThis group's admins can change it with /limits.",
        rules=overview(panel.rules, panel.operator),
        standing=panel.standing,
    )
    await messages.say(context.bot, asker, body)


async def _change_by_words(services: Services, wanted: Request, message: Message, word: str, value: str) -> Text:
    await _check_admin(services, wanted.asker)
    members = await limits_words.named(services.store, message) if word == "who" else []
    after = await _change(services, wanted, limits_words.read(word, value, wanted.place, members))
    return layout("✅ {told}", told=_told(word, after))


def _told(word: str, rules: GroupRules) -> Text:
    if word == "reset":
        return text("All limits of this group are reset: only the operator's are left.")
    return line("allowed" if word in {"only", "allow", "deny"} else word, rules)


async def _next(update: Update, context: Context, pressed: Press) -> View:
    """Do what a button says, and give the page that is shown after it."""
    services, asker = context.services, pressed.asker
    change, page = _meant(pressed, _place(update, asker))
    if change is not None:
        is_anonymous = (await services.admins.of(asker.chat_id)).get(asker.owner_id, False)
        wanted = Request(pressed.update_id, asker, "" if is_anonymous else asker.name, _place(update, asker))
        await _change(services, wanted, change)
    async with services.store.read() as conn:
        panel = await _panel(conn, services, asker, is_forum=_is_forum(update))
        entries = await chat_log.newest(conn, asker.chat_id, LOG_SHOWN) if page == "log" else []
    match page:
        case "log":
            return panel.log(entries, services.settings.limits_timezone, asker.lang)
        case "reset":
            return panel.confirm()
        case "main":
            return panel.main()
    try:
        return panel.page(page)
    except KeyError:
        raise own_pages.out_of_date() from None


def _meant(pressed: Press, place: Place) -> tuple[Change | None, str]:  # noqa: PLR0911  one for each verb
    """Read a button: the change that it makes, if any, and the page that it leads to."""
    match pressed.verb, pressed.arguments:
        case "main" | "log" | "reset", ():
            return None, pressed.verb
        case "page", (name,):
            return None, name
        case "add", (name, by) if name in NUMBERS and by.removeprefix("-").isdecimal():
            return limits_words.move(name, int(by)), name
        case "set", (name, value):
            return limits_words.read(name, value, place), name
        case "allow" | "deny", (name,):
            change = limits_words.allow if pressed.verb == "allow" else limits_words.deny
            return lambda rules: change(rules, [name]), "allowed"
        case "drop", (member_id,) if member_id.removeprefix("-").isdecimal():
            return lambda rules: limits_words.dismiss(rules, int(member_id)), "who"
        case "yes", ():
            return lambda _: GroupRules(), "main"
    raise own_pages.out_of_date()


async def _change(services: Services, wanted: Request, change: Change) -> GroupRules:
    """Change the rules, write down who did, and settle the update, in one transaction."""
    now, chat_id = services.clock(), wanted.asker.chat_id
    async with services.store.write() as conn:
        before = GroupRules.load(await chats.lock_rules(conn, chat_id))
        after = change(before)
        if after != before:
            await chats.set_rules(conn, chat_id, after.dump())
            made = Entry(
                chat_id=chat_id,
                actor_id=wanted.asker.owner_id,
                actor=wanted.actor,
                change=_difference(before, after),
                at=now,
            )
            await chat_log.add(conn, made)
        await inbox.settle(conn, wanted.update_id, now)
    return after


def _difference(before: GroupRules, after: GroupRules) -> dict[str, list[Any]]:
    """List what each rule was and is; of the named members those who went and those who came."""
    was, is_ = asdict(before), asdict(after)
    gone = [member for member in before.members if member not in after.members]
    come = [member for member in after.members if member not in before.members]
    changed = {name: [was[name], is_[name]] for name in was if was[name] != is_[name]}
    return {**changed, "members": [gone, come]} if gone or come else changed


async def _panel(conn: AsyncConnection, services: Services, asker: Asker, *, is_forum: bool) -> Panel:
    return Panel(
        rules=await intake.group_rules(conn, asker),
        operator=intake.operator_limits(services.settings),
        standing=await limits_standing.own(conn, services, asker),
        is_forum=is_forum,
    )


async def _check_admin(services: Services, asker: Asker) -> None:
    if not await services.admins.has(asker.chat_id, asker.owner_id):
        raise NotAllowed(text("Only this group's admins can change that. /limits shows you what holds here."))


def _signature(message: Message, asker: Asker) -> str:
    """Name whoever wrote; an anonymous admin goes by the title that they have, where they have one."""
    return message.author_signature or "" if asker.owner_id == asker.chat_id else asker.name


def _place(update: Update, asker: Asker) -> Place:
    return Place(asker.thread_id or GENERAL, _is_forum(update))


def _is_forum(update: Update) -> bool:
    return update.effective_chat is not None and bool(update.effective_chat.is_forum)
