"""The table of group allowances: pictures of a day, used or reserved in a group by a member or by all of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import chats, group_allowances
from bot.store.upsert import insert

EVERYBODY = 0  # stands in place of a member for all of the group together

_G = group_allowances.c
_KEY = (_G.chat_id, _G.member_id, _G.day)
_IS_ROW = (_G.chat_id == bindparam("chat"), _G.member_id == bindparam("member"), _G.day == bindparam("that_day"))

_LOCK = (
    insert(group_allowances)
    .values(used=0)
    .on_conflict_do_update(index_elements=_KEY, set_={"used": _G.used})
    .returning(_G.used)
)
_TAKE = update(group_allowances).where(*_IS_ROW).values(used=_G.used + bindparam("pictures"), last_at=bindparam("now"))
_RETURN = update(group_allowances).where(*_IS_ROW).values(used=_G.used - bindparam("pictures"))
_LAST_AT = select(func.max(_G.last_at)).where(*_IS_ROW[:2])
_USED = select(_G.used).where(*_IS_ROW)
_OF_MEMBER = (
    select(_G.chat_id, chats.c.title, chats.c.rules, _G.used)
    .outerjoin_from(group_allowances, chats, chats.c.id == _G.chat_id)
    .where(_G.member_id == bindparam("member"), _G.day == bindparam("that_day"), _G.used > 0)
    .order_by(_G.used.desc(), _G.chat_id)
    .limit(bindparam("most"))
)
_INSERT = insert(group_allowances)
_MERGE = _INSERT.on_conflict_do_update(
    index_elements=_KEY,
    # What was asked for in the supergroup came later.
    set_={
        "used": _G.used + _INSERT.excluded.used,
        "last_at": func.coalesce(_G.last_at, _INSERT.excluded.last_at),
    },
)
_OF_CHAT = select(group_allowances).where(_G.chat_id == bindparam("chat")).order_by(_G.member_id, _G.day)
_FORGET = delete(group_allowances).where(_G.chat_id == bindparam("chat"))


@dataclass(frozen=True, slots=True)
class Share:
    """What somebody has used of a day in one group; `rules` is the row's JSON."""

    chat_id: int
    title: str | None
    rules: Mapping[str, object] | None
    used: int


async def lock(conn: AsyncConnection, chat_id: int, member_id: int, day: str) -> int:
    """Hold a row until the transaction's end, and say what is used."""
    row = {"chat_id": chat_id, "member_id": member_id, "day": day}
    return int((await conn.execute(_LOCK, row)).scalar_one())


async def take(conn: AsyncConnection, chat_id: int, member_id: int, day: str, pictures: int, now: float) -> None:
    """Use pictures of a row that is there."""
    row = {"chat": chat_id, "member": member_id, "that_day": day}
    await conn.execute(_TAKE, {**row, "pictures": pictures, "now": now})


async def give_back(conn: AsyncConnection, chat_id: int, member_id: int, day: str, pictures: int) -> None:
    """Give pictures back to a row."""
    await conn.execute(_RETURN, {"chat": chat_id, "member": member_id, "that_day": day, "pictures": pictures})


async def last_at(conn: AsyncConnection, chat_id: int, member_id: int) -> float | None:
    """Say when somebody's last request in a group was accepted."""
    found: float | None = await conn.scalar(_LAST_AT, {"chat": chat_id, "member": member_id})
    return found


async def used(conn: AsyncConnection, chat_id: int, member_id: int, day: str) -> int:
    """Say how many pictures of a day are used."""
    return await conn.scalar(_USED, {"chat": chat_id, "member": member_id, "that_day": day}) or 0


async def of_member(conn: AsyncConnection, member_id: int, day: str, limit: int) -> list[Share]:
    """List the groups in which somebody has used pictures of a day, the most first."""
    rows = await conn.execute(_OF_MEMBER, {"member": member_id, "that_day": day, "most": limit})
    return [Share(*row) for row in rows]


async def move_chat(conn: AsyncConnection, old: int, new: int) -> None:
    """Follow a group that became a supergroup; what is used there already is added up."""
    rows = (await conn.execute(_OF_CHAT, {"chat": old})).mappings().all()
    for row in rows:
        await conn.execute(_MERGE, {**row, "chat_id": new})
    await conn.execute(_FORGET, {"chat": old})
