"""The table of collected pictures: what a training is to learn from, one row a picture."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import RowMapping, bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import upsert
from bot.store.tables import collected, dialogs, tasks

_C = collected.c
_IN_COLLECTION = _C.collection_id == bindparam("collection")

_ADD = upsert.insert(collected).on_conflict_do_nothing().returning(_C.id)
_COUNT = sa.select(sa.func.count()).select_from(collected).where(_IN_COLLECTION)
_NAMES = sa.select(_C.name).where(_IN_COLLECTION).order_by(_C.id)
_AT = sa.select(collected).where(_IN_COLLECTION).order_by(_C.id).offset(bindparam("place")).limit(1)
_DROP = sa.delete(collected).where(_IN_COLLECTION, _C.id == bindparam("picture")).returning(_C.id)
_CLEAR = sa.delete(collected).where(_IN_COLLECTION)
_ORDERED = sa.update(collected).where(_IN_COLLECTION).values(task_id=bindparam("task"))

_LAST = sa.select(_C.collection_id, sa.func.max(_C.task_id).label("task_id")).group_by(_C.collection_id).subquery()
_IS_COLLECTING = sa.exists().where(dialogs.c.id == _LAST.c.collection_id)
_IS_OVER = sa.or_(tasks.c.id.is_(None), tasks.c.finished_at < bindparam("before"))
_ABANDONED = (
    sa.select(_LAST.c.collection_id)
    .outerjoin_from(_LAST, tasks, tasks.c.id == _LAST.c.task_id)
    .where(~_IS_COLLECTING, _IS_OVER)
    .order_by(_LAST.c.collection_id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCollected:
    """A picture to be added. `source` is where it is to be had, `name` that of its copy for the vendor."""

    collection_id: int
    source: dict[str, Any]
    digest: str
    name: str
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected(NewCollected):
    """A row of `collected`."""

    id: int
    task_id: int | None

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """Read a row."""
        return cls(**row)


async def add(conn: AsyncConnection, new: NewCollected) -> bool:
    """Add a picture; say whether its content is new to the collection."""
    return await conn.scalar(_ADD, asdict(new)) is not None


async def count(conn: AsyncConnection, collection_id: int) -> int:
    """Count a collection's pictures."""
    return await conn.scalar(_COUNT, {"collection": collection_id}) or 0


async def names(conn: AsyncConnection, collection_id: int) -> list[str]:
    """List the offered copies in the order in which the pictures came."""
    return list(await conn.scalars(_NAMES, {"collection": collection_id}))


async def at(conn: AsyncConnection, collection_id: int, place: int) -> Collected | None:
    """Read the picture at a place, counted from 0 in the order in which they came."""
    row = (await conn.execute(_AT, {"collection": collection_id, "place": place})).mappings().one_or_none()
    return Collected.from_row(row) if row else None


async def drop(conn: AsyncConnection, collection_id: int, picture_id: int) -> bool:
    """Take one picture out; False where it is gone already, or is another collection's."""
    return await conn.scalar(_DROP, {"collection": collection_id, "picture": picture_id}) is not None


async def clear(conn: AsyncConnection, collection_id: int) -> None:
    """Take all pictures out."""
    await conn.execute(_CLEAR, {"collection": collection_id})


async def set_ordered(conn: AsyncConnection, collection_id: int, task_id: int) -> int:
    """Note that a task learns from a collection, and give its size."""
    return (await conn.execute(_ORDERED, {"collection": collection_id, "task": task_id})).rowcount


async def abandoned(conn: AsyncConnection, finished_before: float, limit: int) -> list[int]:
    """List collections whose dialog is over and whose last task, if any, ended before that moment."""
    return list(await conn.scalars(_ABANDONED, {"before": finished_before, "most": limit}))
