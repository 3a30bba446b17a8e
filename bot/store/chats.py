"""The table of chats: those where the bot may not write, and those that moved (see `tasks.move_chat`)."""

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import chats
from bot.store.upsert import insert

_C = chats.c
_INSERT = insert(chats)
_BLOCK = _INSERT.on_conflict_do_update(index_elements=[_C.id], set_={"blocked_at": _INSERT.excluded.blocked_at})
_UNBLOCK = update(chats).where(_C.id == bindparam("chat")).values(blocked_at=None)
_BLOCKED_AT = select(_C.blocked_at).where(_C.id == bindparam("chat"))
_MIGRATED_TO = select(_C.migrated_to).where(_C.id == bindparam("chat"))


async def block(conn: AsyncConnection, chat_id: int, now: float) -> None:
    """Note that the bot was blocked or removed: nothing is written there any more."""
    await conn.execute(_BLOCK, {"id": chat_id, "blocked_at": now})


async def unblock(conn: AsyncConnection, chat_id: int) -> None:
    """Note that the bot may write there again."""
    await conn.execute(_UNBLOCK, {"chat": chat_id})


async def is_blocked(conn: AsyncConnection, chat_id: int) -> bool:
    """Tell whether the bot may not write there."""
    return await conn.scalar(_BLOCKED_AT, {"chat": chat_id}) is not None


async def migrated(conn: AsyncConnection, chat_id: int) -> int | None:
    """Say which supergroup a group became."""
    new: int | None = await conn.scalar(_MIGRATED_TO, {"chat": chat_id})
    return new
