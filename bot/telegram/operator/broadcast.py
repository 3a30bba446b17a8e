"""`/broadcast`: a message to every chat, shown first, sent once it is confirmed (see `broadcasting`)."""

from collections.abc import Awaitable, Callable, Mapping

from telegram import Message, MessageEntity, Update
from telegram.constants import ParseMode

from bot.errors import BadValue, NotFound
from bot.locales.text import text
from bot.store import broadcasts, inbox
from bot.telegram import dialogs, messages
from bot.telegram.asker import Asker, asker_of
from bot.telegram.commands import command_of
from bot.telegram.operator import broadcast_view as view
from bot.telegram.own_pages import out_of_date
from bot.telegram.photos import has_picture
from bot.telegram.services import Context
from bot.telegram.turns import Priority


async def preview(update: Update, context: Context) -> None:
    """Show what would be sent, and to how many."""
    message, services = update.message, context.services
    asker = await asker_of(update, services.store)
    if message is None or asker is None:
        return
    body = _body(message, context.bot.username)
    async with services.store.write() as conn:
        drafted = await broadcasts.draft(conn, asker.chat_id, asker.lang, body, services.clock())
        to = await broadcasts.receivers(conn)
        await inbox.settle(conn, update.update_id, services.clock())
    await context.bot.send_message(asker.chat_id, body, parse_mode=ParseMode.HTML)
    if to.total:
        panel = await messages.say(context.bot, asker, view.question(to), view.choice(drafted.id, to))
        async with services.store.write() as conn:
            await broadcasts.show(conn, drafted.id, panel.message_id)
    else:
        await messages.say(context.bot, asker, text("Nobody has written to me yet: there is no chat to send it to."))


async def press(update: Update, context: Context) -> None:
    """Handle a button of a preview or of a broadcast under way."""
    query, asker = update.callback_query, await asker_of(update, context.services.store)
    if query is None or query.data is None or asker is None:
        return
    if asker.owner_id not in context.services.settings.owner_ids:
        raise out_of_date()
    _, verb, broadcast_id = query.data.split(":")
    await _VERBS[verb](update, context, asker, int(broadcast_id))
    await dialogs.acknowledged(query)


async def _send(update: Update, context: Context, asker: Asker, broadcast_id: int) -> None:
    services, now = context.services, context.services.clock()
    async with services.store.write() as conn:
        begun = await broadcasts.begin(conn, broadcast_id, now)
        posts = await broadcasts.tally(conn, broadcast_id)
        await inbox.settle(conn, update.update_id, now)
    if not begun:
        raise out_of_date()
    await messages.edit(
        context.bot,
        asker.chat_id,
        asker.message_id or 0,
        view.progress(posts),
        asker.lang,
        view.stop(broadcast_id),
        priority=Priority.MESSAGE,
    )


async def _drop(update: Update, context: Context, asker: Asker, broadcast_id: int) -> None:
    async with context.services.store.write() as conn:
        dropped = await broadcasts.discard(conn, broadcast_id)
        await inbox.settle(conn, update.update_id, context.services.clock())
    if not dropped:
        raise out_of_date()
    sentence = text("It was not sent to anybody.")
    await messages.edit(context.bot, asker.chat_id, asker.message_id or 0, sentence, asker.lang)


async def _stop(update: Update, context: Context, asker: Asker, broadcast_id: int) -> None:
    services, now = context.services, context.services.clock()
    async with services.store.write() as conn:
        ended = await broadcasts.end(conn, broadcast_id, now)
        posts = await broadcasts.tally(conn, broadcast_id)
        await inbox.settle(conn, update.update_id, now)
    if not ended:
        raise NotFound(text("It has been sent already, to all."))
    await messages.edit(context.bot, asker.chat_id, asker.message_id or 0, view.stopped(posts), asker.lang)


def _body(message: Message, username: str) -> str:
    """Read what is to be sent, as Telegram's HTML: what stands behind the command, or the message that it answers."""
    command = command_of(message, username)
    written, answered = message.text or "", message.reply_to_message
    if message.text and command and command.line:
        start = written.index(command.line)  # whatever is before it is of one UTF-16 unit a character
        return _html(message, command.line, [_clipped(entity, start) for entity in message.entities])
    if has_picture(message) or (answered and has_picture(answered)):
        raise BadValue(text("I can send text to everybody, but no pictures. Write it as a message of text."))
    if answered is None or not answered.text:
        raise BadValue(text("Write behind the command what I am to send, or answer the message that I am to send on."))
    return answered.text_html


def _html(message: Message, words: str, entities: list[MessageEntity | None]) -> str:
    kept = [entity for entity in entities if entity is not None]
    return Message(message.message_id, message.date, message.chat, text=words, entities=kept).text_html


def _clipped(entity: MessageEntity, start: int) -> MessageEntity | None:
    """Move an entity along with the words behind `start`; None where it is of those before alone."""
    begin, end = max(entity.offset - start, 0), entity.offset + entity.length - start
    if end <= begin:
        return None
    return MessageEntity(
        entity.type,
        begin,
        end - begin,
        url=entity.url,
        user=entity.user,
        language=entity.language,
        custom_emoji_id=entity.custom_emoji_id,
    )


_VERBS: Mapping[str, Callable[[Update, Context, Asker, int], Awaitable[None]]] = {
    "send": _send,
    "drop": _drop,
    "stop": _stop,
}
