"""Who asks, where, and in which language: read from an update."""

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Chat, Message, Update
from telegram.constants import ChatType

from bot.limits.group_rules import GroupRules
from bot.locales.text import Lang, pick
from bot.store import chats, people
from bot.store.engine import Store
from bot.telegram.admins import Admins


@dataclass(frozen=True, slots=True)
class Asker:
    """A person (or a chat that speaks as one) in a chat.

    `owner_id` is what limits are counted by: an anonymous admin or a channel identity is its `sender_chat`, because
    all of those share one user id (Telegram's GroupAnonymousBot and Channel Bot).
    """

    owner_id: int
    chat_id: int
    thread_id: int | None
    message_id: int | None
    lang: Lang
    is_private: bool
    name: str = ""
    username: str | None = None
    chat_title: str | None = None  # a group's


async def asker_of(update: Update, store: Store) -> Asker | None:
    """Read who asks, in the language that their group or they chose; none for updates that nobody sent."""
    asker = read_asker(update)
    if asker is None:
        return None
    async with store.read() as conn:
        chosen = await people.lang(conn, asker.owner_id)
        rules = None if asker.is_private else await chats.rules(conn, asker.chat_id)
    chosen = GroupRules.load(rules).lang or chosen
    return replace(asker, lang=pick(chosen)) if chosen else asker


def read_asker(update: Update) -> Asker | None:
    """Read from an update alone who asks; the language is the client's."""
    user = update.effective_user
    chat = update.effective_chat
    message = update.effective_message
    if user is None or chat is None:
        return None
    pressed = update.callback_query is not None
    speaks_as = None if pressed or message is None else message.sender_chat
    return Asker(
        owner_id=speaks_as.id if speaks_as else user.id,
        chat_id=chat.id,
        thread_id=thread_of(message) if isinstance(message, Message) else None,
        message_id=message.message_id if message else None,
        lang=pick(user.language_code),
        is_private=is_private(chat),
        name=(speaks_as.effective_name if speaks_as else user.full_name) or "",
        username=speaks_as.username if speaks_as else user.username,
        chat_title=chat.title,
    )


async def meet(conn: AsyncConnection, asker: Asker, now: float) -> None:
    """Write down who asks and where: by that they are found, counted and written to later."""
    if asker.name:
        await people.meet(conn, asker.owner_id, asker.name, asker.username, now)
    else:  # a dialog goes on, and its row knows no names
        await people.remember(conn, asker.owner_id, now)
    await chats.meet(conn, asker.chat_id, asker.chat_title)


async def may_act(admins: Admins, asker: Asker, owner_id: int) -> bool:
    """Say whether whoever pressed a button may do so for the one who asked.

    A press tells the person, also where an anonymous admin or a channel asked. The former is one of the chat's admins;
    who is behind the latter nobody can tell, so what a channel asked for is everybody's.
    """
    if owner_id == asker.chat_id and not asker.is_private:
        return await admins.has(asker.chat_id, asker.owner_id)
    return owner_id == asker.owner_id or owner_id < 0


def thread_of(message: Message) -> int | None:
    """Say in which forum topic a message is; replies outside of forums have a thread id too, which is none."""
    return message.message_thread_id if message.is_topic_message else None


def is_private(chat: Chat) -> bool:
    """Say whether it is a chat of one person with the bot."""
    return chat.type == ChatType.PRIVATE
