"""The table of collected pictures: what a training is to learn from, one row a picture."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import RowMapping, bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import upsert
from bot.store.tables import collected, dialogs, tasks
from bot.store.task import UNFINISHED, State

# The answer of a dialog, and the part of a request, that says which collection it works from.
ANSWER = "photos"

_C = collected.c
_IN_COLLECTION = _C.collection_id == bindparam("collection")

_ADD = upsert.insert(collected).on_conflict_do_nothing().returning(_C.id)
_COUNT = sa.select(sa.func.count()).select_from(collected).where(_IN_COLLECTION)
_NAMES = sa.select(_C.name).where(_IN_COLLECTION).order_by(_C.id)
_AT = sa.select(collected).where(_IN_COLLECTION).order_by(_C.id).offset(bindparam("place")).limit(1)
_DROP = sa.delete(collected).where(_IN_COLLECTION, _C.id == bindparam("picture")).returning(_C.id)
_CLEAR = sa.delete(collected).where(_IN_COLLECTION)
_ORDERED = sa.update(collected).where(_IN_COLLECTION).values(task_id=bindparam("task"))

_IS_WORKED_FROM = sa.exists().where(_IN_COLLECTION, _C.task_id == tasks.c.id, tasks.c.state.in_(sorted(UNFINISHED)))
_IDS = sa.select(_C.collection_id).distinct()

_LAST = sa.select(_C.collection_id, sa.func.max(_C.task_id).label("task_id")).group_by(_C.collection_id).subquery()
_COLLECTS = dialogs.c.answers[(ANSWER, "id")].as_integer()  # not always that of the dialog: one may be opened again
_IS_COLLECTING = sa.exists().where(sa.or_(dialogs.c.id == _LAST.c.collection_id, _LAST.c.collection_id == _COLLECTS))
_IS_OVER = sa.or_(tasks.c.id.is_(None), tasks.c.state == State.DELIVERED, tasks.c.finished_at < bindparam("before"))
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


async def is_worked_from(conn: AsyncConnection, collection_id: int) -> bool:
    """Say whether a task works from a collection just now."""
    return bool(await conn.scalar(sa.select(_IS_WORKED_FROM), {"collection": collection_id}))


async def ids(conn: AsyncConnection) -> list[int]:
    """List the collections that have pictures."""
    return list(await conn.scalars(_IDS))


async def abandoned(conn: AsyncConnection, finished_before: float, limit: int) -> list[int]:
    """List collections that no dialog is open about, and whose last task, if any, is done for good.

    One that was delivered is at once; one that came to nothing can be ordered again until it ended before that moment.
    """
    return list(await conn.scalars(_ABANDONED, {"before": finished_before, "most": limit}))
