"""The table of chats: where the bot may not write, which moved (see `tasks.move_chat`), what a group's rules are."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import chats
from bot.store.upsert import insert

_C = chats.c
_INSERT = insert(chats)
_BLOCK = _INSERT.on_conflict_do_update(index_elements=[_C.id], set_={"blocked_at": _INSERT.excluded.blocked_at})
_BLOCKED_AT = select(_C.blocked_at).where(_C.id == bindparam("chat"))
_MIGRATED_TO = select(_C.migrated_to).where(_C.id == bindparam("chat"))
_RULES = select(_C.rules).where(_C.id == bindparam("chat"))
_SET_RULES = _INSERT.on_conflict_do_update(index_elements=[_C.id], set_={"rules": _INSERT.excluded.rules})
# A row that is there stays as it is, but is this transaction's from here on.
_LOCK = _INSERT.on_conflict_do_update(index_elements=[_C.id], set_={"id": _C.id}).returning(_C.rules)
_MET = select(_C.title, _C.blocked_at).where(_C.id == bindparam("chat"))
_MEET = _INSERT.on_conflict_do_update(
    index_elements=[_C.id],
    set_={"title": func.coalesce(_INSERT.excluded.title, _C.title), "blocked_at": None},
)
# Those that have the number somewhere: found by its digits, a JSON's members having no index.
_NAMING = (
    select(_C.id, _C.rules)
    .where(cast(_C.rules, Text).contains(bindparam("member")))
    .order_by(_C.id)
    .with_for_update(key_share=True)
)
_MOVE = _INSERT.on_conflict_do_update(index_elements=[_C.id], set_={"migrated_to": _INSERT.excluded.migrated_to})
_ABOUT = select(_C.title, _C.rules).where(_C.id == bindparam("chat"))
_INHERIT = _INSERT.on_conflict_do_update(
    index_elements=[_C.id],
    set_={
        "title": func.coalesce(_C.title, _INSERT.excluded.title),
        "rules": func.coalesce(_C.rules, _INSERT.excluded.rules),
    },
)


async def block(conn: AsyncConnection, chat_id: int, now: float) -> None:
    """Note that the bot was blocked or removed: nothing is written there any more."""
    await conn.execute(_BLOCK, {"id": chat_id, "blocked_at": now})


async def meet(conn: AsyncConnection, chat_id: int, title: str | None) -> None:
    """Note that somebody wrote from a chat, so that the bot may write there; `title` is a group's, where known."""
    held = (await conn.execute(_MET, {"chat": chat_id})).one_or_none()
    if held is None or held.blocked_at is not None or held.title != (title or held.title):
        await conn.execute(_MEET, {"id": chat_id, "title": title})


async def is_blocked(conn: AsyncConnection, chat_id: int) -> bool:
    """Tell whether the bot may not write there."""
    return await conn.scalar(_BLOCKED_AT, {"chat": chat_id}) is not None


async def migrated(conn: AsyncConnection, chat_id: int) -> int | None:
    """Say which supergroup a group became."""
    new: int | None = await conn.scalar(_MIGRATED_TO, {"chat": chat_id})
    return new


async def rules(conn: AsyncConnection, chat_id: int) -> dict[str, Any] | None:
    """Read what a group's admins have set."""
    found: dict[str, Any] | None = await conn.scalar(_RULES, {"chat": chat_id})
    return found


async def lock_rules(conn: AsyncConnection, chat_id: int) -> dict[str, Any] | None:
    """Read what a group's admins have set, to be changed in this transaction and in no other until its end."""
    found: dict[str, Any] | None = await conn.scalar(_LOCK, {"id": chat_id})
    return found


async def set_rules(conn: AsyncConnection, chat_id: int, to: Mapping[str, Any] | None) -> None:
    """Write down what a group's admins have set."""
    await conn.execute(_SET_RULES, {"id": chat_id, "rules": to})


async def dismiss(conn: AsyncConnection, member_id: int) -> None:
    """Take somebody off the members whom groups' rules name."""
    for chat_id, held in (await conn.execute(_NAMING, {"member": str(member_id)})).all():
        left = [member for member in held.get("members", ()) if member[0] != member_id]
        others = {name: value for name, value in held.items() if name != "members"}
        await set_rules(conn, chat_id, {**others, **({"members": left} if left else {})} or None)


async def move(conn: AsyncConnection, old: int, new: int) -> None:
    """Note which supergroup a group became, and let it have the group's rules unless it has some already."""
    title, rules = (await conn.execute(_ABOUT, {"chat": old})).one_or_none() or (None, None)
    await conn.execute(_MOVE, {"id": old, "migrated_to": new})
    await conn.execute(_INHERIT, {"id": new, "title": title, "rules": rules})
