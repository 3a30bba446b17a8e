"""`/history`: what was made for somebody, page by page, to be shown again, made again, or taken out.

A page is an album of small pictures, and a message that lists and offers them. Everything is read from the rows and
the buttons' data, so that pages work after restarts; only that a page has been turned since is known from memory.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from telegram import InputMediaPhoto, Update
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.errors import NotFound
from bot.locales.text import text
from bot.store import history, inbox
from bot.store.history import Entry, Scope
from bot.telegram import dialogs, messages, own_pages, reshowing
from bot.telegram.album import Album
from bot.telegram.asker import Asker, asker_of
from bot.telegram.history_view import PER_PAGE, Page, caption
from bot.telegram.own_pages import Press
from bot.telegram.services import Bot, Context

COMMAND = "history"


async def show(update: Update, context: Context) -> None:
    """Show the newest page."""
    asker = await asker_of(update, context.services.store)
    if asker is None:
        return
    page = await _read(context, asker, asker.owner_id, 0)
    page = replace(page, album=await _send_album(context.bot, asker, page.entries))
    await messages.say(context.bot, asker, page.body(), page.rows())


async def press(update: Update, context: Context) -> None:
    """Handle a button of a page."""
    pressed = await own_pages.pressed(update, context, COMMAND)
    if pressed is None:
        return
    if pressed.verb not in _VERBS:
        raise own_pages.out_of_date()
    asker, pages = pressed.asker, context.services.pages
    if pressed.verb == "show" or pages.have(asker.chat_id, asker.message_id or 0, _album(pressed)):
        await _VERBS[pressed.verb](pressed, context)
    await dialogs.acknowledged(pressed.query)


async def _turn(pressed: Press, context: Context) -> None:
    asker = pressed.asker
    page = await _read(context, asker, pressed.owner_id, _number(pressed))
    page = replace(page, album=await _send_album(context.bot, asker, page.entries))
    context.services.pages.turn(asker.chat_id, asker.message_id or 0, page.album)
    await own_pages.redraw(context.bot, pressed, page.body(), page.rows())
    if pressed.is_genuine:  # made-up ids could be other people's messages
        await messages.remove(context.bot, asker.chat_id, *_album(pressed).message_ids)


async def _show_again(pressed: Press, context: Context) -> None:
    await reshowing.send(context.bot, pressed.asker, await _entry(pressed, context))


async def _ask(pressed: Press, context: Context) -> None:
    entry = await _entry(pressed, context)
    page = replace(await _read(context, pressed.asker, pressed.owner_id, _number(pressed)), album=_album(pressed))
    question, rows = page.confirm(entry.task)
    await own_pages.redraw(context.bot, pressed, question, rows)


async def _keep(pressed: Press, context: Context) -> None:
    page = replace(await _read(context, pressed.asker, pressed.owner_id, _number(pressed)), album=_album(pressed))
    await own_pages.redraw(context.bot, pressed, page.body(), page.rows())


async def _forget(pressed: Press, context: Context) -> None:
    services = context.services
    async with services.store.write() as conn:
        await history.forget(conn, _scope(pressed.asker, pressed.owner_id), _task_id(pressed))
        await inbox.settle(conn, pressed.update_id, services.clock())
    await _turn(pressed, context)


async def _read(context: Context, asker: Asker, owner_id: int, number: int) -> Page:
    """Read a page; the last one where there are not as many."""
    services, scope = context.services, _scope(asker, owner_id)
    async with services.store.read() as conn:
        total = await history.count(conn, scope)
        number = min(number, max(total - 1, 0) // PER_PAGE)
        entries = await history.page(conn, scope, offset=number * PER_PAGE, limit=PER_PAGE)
        parents = await history.parents_of(conn, scope, [entry.task for entry in entries])
    return Page(
        owner_id=owner_id,
        chat_id=asker.chat_id,
        number=number,
        total=total,
        entries=entries,
        parents=parents,
        zone=services.settings.limits_timezone,
    )


def _scope(asker: Asker, owner_id: int) -> Scope:
    """In a group only what was made there is shown: others read along."""
    return Scope(owner_id, None if asker.is_private else asker.chat_id)


async def _entry(pressed: Press, context: Context) -> Entry:
    async with context.services.store.read() as conn:
        entry = await history.find(conn, _scope(pressed.asker, pressed.owner_id), _task_id(pressed))
    if entry is None:
        raise NotFound(text("That result is no longer here."))
    return entry


async def _send_album(bot: Bot, asker: Asker, entries: Sequence[Entry]) -> Album:
    """Send the first picture of each entry; those that Telegram has as files only stay out of it."""
    pictures = [
        (entry.task, next((picture.photo_id for picture in entry.pictures if picture.photo_id), None))
        for entry in entries
    ]
    media = [
        InputMediaPhoto(photo, caption=caption(task).html(asker.lang), parse_mode=ParseMode.HTML)
        for task, photo in pictures
        if photo
    ]
    try:
        sent = await reshowing.send_media(bot, asker, media)
    except BadRequest:  # the pictures are of another bot, or gone: the list says enough
        return Album()
    return Album.of(sent)


def _number(pressed: Press) -> int:
    return int(pressed.arguments[0])


def _task_id(pressed: Press) -> int:
    return int(pressed.arguments[1])


def _album(pressed: Press) -> Album:
    return Album(int(pressed.arguments[2]), int(pressed.arguments[3]))


_VERBS: Mapping[str, Callable[[Press, Context], Awaitable[None]]] = {
    "turn": _turn,
    "show": _show_again,
    "ask": _ask,
    "keep": _keep,
    "yes": _forget,
}
