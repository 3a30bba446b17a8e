"""The table of changes that a group's admins made to its rules."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import chat_log

KEPT = 200  # of each group

_C = chat_log.c
_IS_CHAT = _C.chat_id == bindparam("chat")
_INSERT = insert(chat_log)
_NEWEST = select(chat_log).where(_IS_CHAT).order_by(_C.id.desc()).limit(bindparam("most"))
_TOO_OLD = select(_C.id).where(_IS_CHAT).order_by(_C.id.desc()).limit(1).offset(KEPT).scalar_subquery()
_FORGET = delete(chat_log).where(_IS_CHAT, _C.id <= _TOO_OLD)
_MOVE = update(chat_log).where(_IS_CHAT).values(chat_id=bindparam("to"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A change. `actor` is the name at that time; empty for an admin who is anonymous in the group."""

    chat_id: int
    actor_id: int
    actor: str
    change: Mapping[str, Any]
    at: float


async def add(conn: AsyncConnection, entry: Entry) -> None:
    """Write a change down; the oldest beyond `KEPT` go."""
    await conn.execute(_INSERT, asdict(entry))
    await conn.execute(_FORGET, {"chat": entry.chat_id})


async def newest(conn: AsyncConnection, chat_id: int, limit: int) -> list[Entry]:
    """List a group's changes, newest first."""
    rows = (await conn.execute(_NEWEST, {"chat": chat_id, "most": limit})).mappings()
    return [Entry(**{name: value for name, value in row.items() if name != "id"}) for row in rows]


async def move_chat(conn: AsyncConnection, old: int, new: int) -> None:
    """Follow a group that became a supergroup."""
    await conn.execute(_MOVE, {"chat": old, "to": new})
