"""What Telegram says about chats themselves: a group became a supergroup, somebody came, went or became an admin."""

from telegram import Update
from telegram.constants import ChatMemberStatus, ChatType

from bot.store import chats, inbox, tasks
from bot.telegram.services import Context

_GONE = frozenset({ChatMemberStatus.BANNED, ChatMemberStatus.LEFT})


async def migrated(update: Update, context: Context) -> None:
    """Take everything along to the supergroup; of the two messages that tell of it, the old group's is used."""
    message = update.message
    if message is None or message.migrate_to_chat_id is None:
        return
    async with context.services.store.write() as conn:
        await tasks.move_chat(conn, message.chat_id, message.migrate_to_chat_id)
        await inbox.settle(conn, update.update_id, context.services.clock())
    context.services.admins.forget(message.chat_id)


async def membership(update: Update, context: Context) -> None:
    """Ask anew who a group's admins are: somebody's place in it has changed."""
    if update.chat_member is not None:
        context.services.admins.forget(update.chat_member.chat.id)


async def my_membership(update: Update, context: Context) -> None:
    """Write down where the bot may not write any more, or may again. Channels are not met: nobody asks there."""
    change = update.my_chat_member
    if change is None:
        return
    context.services.admins.forget(change.chat.id)
    now = context.services.clock()
    async with context.services.store.write() as conn:
        if change.new_chat_member.status in _GONE:
            await chats.block(conn, change.chat.id, now)
        elif change.chat.type != ChatType.CHANNEL:
            await chats.meet(conn, change.chat.id, change.chat.title)
        await inbox.settle(conn, update.update_id, now)
