"""The table of changes that a group's admins made to its rules."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Text, bindparam, cast, delete, insert, select, update
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
# Those that have the number somewhere: found by its digits, a JSON's members having no index.
_NAMING = (
    select(_C.id, _C.change)
    .where(cast(_C.change, Text).contains(bindparam("member")))
    .order_by(_C.id)
    .with_for_update(key_share=True)
)
_REWRITE = update(chat_log).where(_C.id == bindparam("entry")).values(change=bindparam("to"))
_DISOWN = update(chat_log).where(_C.actor_id == bindparam("person")).values(actor_id=_C.chat_id, actor="")


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


async def forget(conn: AsyncConnection, person_id: int) -> None:
    """Take a person's id and name out: what they did an anonymous admin did, whom others named is nameless."""
    await conn.execute(_DISOWN, {"person": person_id})
    for entry_id, change in (await conn.execute(_NAMING, {"member": str(person_id)})).all():
        moves = change.get("members", ())
        named = [[[0, ""] if member[0] == person_id else member for member in moved] for moved in moves]
        if named:
            await conn.execute(_REWRITE, {"entry": entry_id, "to": {**change, "members": named}})
