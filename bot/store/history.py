"""What was made for somebody: the delivered tasks whose pictures are still known, newest first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.claims import IS_ERRAND
from bot.store.tables import pictures, tasks
from bot.store.task import Picture, State, Task

_T, _P = tasks.c, pictures.c
_IS_MADE = _P.error_code == ""
# What is in the chat already is kept, though its delivery is not written down as a whole yet.
_IS_KEPT = sa.and_(
    _T.state.in_([State.DELIVERING, State.DELIVERED]),
    sa.not_(IS_ERRAND),
    sa.exists().where(_P.task_id == _T.id, _IS_MADE, sa.or_(_T.state == State.DELIVERED, _P.message_id.is_not(None))),
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose pictures are meant, and those of which chat; None: wherever they were made."""

    owner_id: int
    chat_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A task with what it made."""

    task: Task
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Parent:
    """The task whose result another one went on from; it may be somebody else's, or no longer listed."""

    task: Task
    is_listed: bool


async def count(conn: AsyncConnection, scope: Scope) -> int:
    """Count the entries."""
    return await conn.scalar(sa.select(sa.func.count()).select_from(tasks).where(_within(scope))) or 0


async def page(conn: AsyncConnection, scope: Scope, *, offset: int, limit: int) -> list[Entry]:
    """List entries, newest first."""
    newest = sa.select(tasks).where(_within(scope)).order_by(_T.created_at.desc(), _T.id.desc())
    return await _entries(conn, newest.offset(offset).limit(limit))


async def find(conn: AsyncConnection, scope: Scope, task_id: int) -> Entry | None:
    """Find an entry; None where it is not there, or outside of the scope."""
    found = await _entries(conn, sa.select(tasks).where(_within(scope), _T.id == task_id))
    return found[0] if found else None


async def parents_of(conn: AsyncConnection, scope: Scope, children: Sequence[Task]) -> dict[int, Parent]:
    """Find, by id, the tasks that these went on from."""
    ids = {child.parent_id for child in children if child.parent_id is not None}
    if not ids:
        return {}
    found = (await conn.execute(sa.select(tasks).where(_T.id.in_(ids)))).mappings()
    parents = [Task.from_row(row) for row in found]
    listed = set(await conn.scalars(sa.select(_T.id).where(_within(scope), _T.id.in_(ids))))
    return {parent.id: Parent(parent, parent.id in listed) for parent in parents}


async def forget(conn: AsyncConnection, scope: Scope, task_id: int) -> bool:
    """Drop the pictures of an entry, which is listed no longer; say whether it was. Its task stays, for the counts."""
    meant = sa.select(_T.id).where(_within(scope), _T.id == task_id)
    return (await conn.execute(sa.delete(pictures).where(_P.task_id.in_(meant)))).rowcount > 0


def _within(scope: Scope) -> sa.ColumnElement[bool]:
    there = sa.true() if scope.chat_id is None else _T.chat_id == scope.chat_id
    return sa.and_(_T.owner_id == scope.owner_id, _IS_KEPT, there)


async def _entries(conn: AsyncConnection, statement: sa.Select[tuple[Task]]) -> list[Entry]:
    found = [Task.from_row(row) for row in (await conn.execute(statement)).mappings()]
    made = sa.select(pictures).where(_P.task_id.in_([task.id for task in found]), _IS_MADE).order_by(_P.index)
    of_task: defaultdict[int, list[Picture]] = defaultdict(list)
    for row in (await conn.execute(made)).mappings():
        of_task[row["task_id"]].append(Picture.from_row(row))
    return [Entry(task, tuple(of_task[task.id])) for task in found]
