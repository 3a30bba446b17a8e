"""The table of tasks: how they are inserted, changed, counted and listed. How they are claimed stands in `claims`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import broadcasts, chat_log, chats, claims, counters, group_allowances, loras, upsert
from bot.store.claims import IN_STATES, IS_DUE, IS_ERRAND, NOW, listed
from bot.store.tables import dialogs, pictures, tasks
from bot.store.task import UNFINISHED, NewTask, State, Task

_T = tasks.c
_IS_UNFINISHED = _T.state.in_(sorted(UNFINISHED))

_INSERT = upsert.insert(tasks).on_conflict_do_nothing(index_elements=[_T.order_key]).returning(tasks)
_GET = sa.select(tasks).where(_T.id == bindparam("task_id"))

# Seconds after the order in which a result may come: whoever may wait longer has something that takes hours. Such
# tasks, once they are ordered, take nobody's turn and nobody's place.
LONG = 6 * 3600.0
_IS_LONG = sa.func.coalesce(_T.deadline_at - _T.submitted_at, 0.0) > LONG

_HOLD = (
    sa.select(tasks).where(_T.id.in_(bindparam("ids", expanding=True))).order_by(_T.id).with_for_update(key_share=True)
)

_IS_UNDER_WAY = sa.and_(_T.owner_id == bindparam("owner"), _IS_UNFINISHED, sa.not_(IS_ERRAND))
_COUNT_RUNNING = sa.select(sa.func.count()).where(_IS_UNDER_WAY)
_COUNT_RUNNING_IN = _COUNT_RUNNING.where(_T.chat_id == bindparam("chat"))
_COUNTED = sa.func.count().filter(sa.not_(_IS_LONG))
_COUNT_OVERDUE = sa.func.count().filter(IS_DUE, _T.deadline_at <= NOW)
_PULSE = (
    sa.select(_T.state, _COUNTED, sa.func.min(_T.next_at), _COUNT_OVERDUE)
    .where(_T.next_at.is_not(None))
    .group_by(_T.state)
)
_COUNT_BY_STATE = sa.select(_T.state, sa.func.count()).group_by(_T.state)
_SECONDS = _T.finished_at - _T.submitted_at
_LISTED = sa.select(tasks).where(IN_STATES).order_by(sa.case((_IS_LONG, 1), else_=0), _T.id).limit(bindparam("most"))
_WAITS_SINCE = sa.case((_T.state == State.QUEUED, _T.created_at), else_=_T.next_at)
_OLDEST = sa.select(sa.func.min(_WAITS_SINCE)).where(_T.next_at.is_not(None))
_NEWEST = sa.select(tasks).order_by(_T.id.desc()).limit(bindparam("most"))
_DURATIONS = (
    sa.select(_SECONDS)
    .where(_T.kind == bindparam("kind"), _T.state == State.DELIVERED, _SECONDS.is_not(None))
    .order_by(_T.finished_at.desc())
    .limit(bindparam("most"))
)
_UNDER_WAY = sa.select(tasks).where(_IS_UNDER_WAY).order_by(_T.created_at.desc(), _T.id.desc()).limit(bindparam("most"))
_LONGEST_UNDER_WAY = sa.select(tasks).where(_IS_UNDER_WAY).order_by(_T.id).limit(1)
_LONGEST_UNDER_WAY_IN = _LONGEST_UNDER_WAY.where(_T.chat_id == bindparam("chat"))


@dataclass(frozen=True, slots=True)
class Pulse:
    """How many tasks of a state something is still to be done about, and when the first is due.

    `overdue` are those that have waited in the queue until their deadline.
    """

    count: int
    earliest: float
    overdue: int = 0


class AlreadyOrdered(Exception):
    """What orders this task has ordered one before. The transaction stays usable."""


async def insert(conn: AsyncConnection, new: NewTask) -> Task:
    """Insert a task. Raises `AlreadyOrdered` where its `order_key` is taken."""
    row = (await conn.execute(_INSERT, asdict(new) | await claims.turns(conn, new))).mappings().one_or_none()
    if row is None:
        raise AlreadyOrdered(new.order_key)
    return Task.from_row(row)


async def get(conn: AsyncConnection, task_id: int) -> Task | None:
    """Read a task."""
    row = (await conn.execute(_GET, {"task_id": task_id})).mappings().one_or_none()
    return Task.from_row(row) if row else None


async def hold(conn: AsyncConnection, task_id: int) -> Task | None:
    """Read a task, which on PostgreSQL is this transaction's until its end."""
    held = await listed(conn, _HOLD, {"ids": [task_id]})
    return held[0] if held else None


async def update(conn: AsyncConnection, task: Task, **changes: object) -> Task | None:
    """Change a task. None, and nothing changed, where its state or lease is not what `task` says any more."""
    unchanged = (_T.id == task.id, _T.state == task.state, _T.lease_token == task.lease_token)
    result = await conn.execute(sa.update(tasks).where(*unchanged).values(changes).returning(tasks))
    row = result.mappings().one_or_none()
    return Task.from_row(row) if row else None


async def update_many(conn: AsyncConnection, changes: Sequence[tuple[Task, Mapping[str, Any]]]) -> list[Task]:
    """Change up to some hundred tasks with two statements, each task fenced as in `update`.

    Gives back those that were changed, by id.
    """
    wanted = {task.id: (task, change) for task, change in changes}
    held = await listed(conn, _HOLD, {"ids": list(wanted)})  # from here on nobody else changes them
    changed = [replace(now, **wanted[now.id][1]) for now in held if _same_lease(now, wanted[now.id][0])]
    columns = sorted({column for _, change in wanted.values() for column in change})
    if changed and columns:
        rows = [{"task_id": task.id, **{column: getattr(task, column) for column in columns}} for task in changed]
        await conn.execute(sa.update(tasks).where(_T.id == bindparam("task_id")), rows)
    return changed


async def note(
    conn: AsyncConnection, task_id: int, states: Collection[State] = frozenset(State), **places: int | None
) -> bool:
    """Write down where a task is shown, whoever holds it. False where it is in none of these states."""
    wanted = (_T.id == task_id, _T.state.in_(sorted(states)))
    return (await conn.execute(sa.update(tasks).where(*wanted).values(places))).rowcount > 0


async def move_chat(conn: AsyncConnection, old: int, new: int) -> None:
    """Follow a group that became a supergroup, with all that belongs to it.

    Its messages count anew, so what names one is forgotten.
    """
    await _forget_messages(conn, old)
    nowhere = {"message_id": None, "status_message_id": None, "buttons_message_id": None}
    await conn.execute(sa.update(tasks).where(_T.chat_id == old).values(chat_id=new, **nowhere))
    await _move_dialogs(conn, old, new)
    await loras.move_chat(conn, old, new)
    await chats.move(conn, old, new)
    await chat_log.move_chat(conn, old, new)
    await group_allowances.move_chat(conn, old, new)
    await broadcasts.move_chat(conn, old, new)
    await counters.move_chat(conn, old, new)


async def _forget_messages(conn: AsyncConnection, chat_id: int) -> None:
    """Forget where a chat's pictures are, but not that they were sent."""
    there = pictures.c.task_id.in_(sa.select(_T.id).where(_T.chat_id == chat_id))
    sent = sa.update(pictures).where(there, pictures.c.message_id.is_not(None))
    await conn.execute(sent.values(message_id=0, preview_id=None))


async def _move_dialogs(conn: AsyncConnection, old: int, new: int) -> None:
    there = dialogs.alias()
    newer = sa.exists().where(
        there.c.chat_id == new,
        there.c.thread_id == dialogs.c.thread_id,
        there.c.owner_id == dialogs.c.owner_id,
    )
    await conn.execute(sa.delete(dialogs).where(dialogs.c.chat_id == old, newer))
    moved = {"chat_id": new, "origin_id": None, "message_id": None, "version": dialogs.c.version + 1}
    await conn.execute(sa.update(dialogs).where(dialogs.c.chat_id == old).values(moved))


async def count_running(conn: AsyncConnection, owner_id: int, chat_id: int | None = None) -> int:
    """Count a person's tasks, or those in one chat, that are not finished, without the errands of dialogs."""
    if chat_id is None:
        return await conn.scalar(_COUNT_RUNNING, {"owner": owner_id}) or 0
    return await conn.scalar(_COUNT_RUNNING_IN, {"owner": owner_id, "chat": chat_id}) or 0


async def pulse(conn: AsyncConnection, now: float) -> dict[State, Pulse]:
    """Say of each state how many tasks are due, now or later, and when the first is; empty states are left out.

    Tasks that the vendor may keep for hours are due like others, but are not counted.
    """
    rows = await conn.execute(_PULSE, {"now": now})
    return {State(state): Pulse(*figures) for state, *figures in rows}


async def count_by_state(conn: AsyncConnection) -> dict[State, int]:
    """Count all tasks; a state without any is left out."""
    return {State(state): count for state, count in await conn.execute(_COUNT_BY_STATE)}


async def in_states(conn: AsyncConnection, states: Collection[State], limit: int) -> list[Task]:
    """List the tasks in these states, oldest first; those that the vendor may keep for hours come last."""
    return await listed(conn, _LISTED, {"states": list(states), "most": limit})


async def waits_since(conn: AsyncConnection) -> float | None:
    """Say since when the one waits that waits longest: to be ordered, or for what was due. None where none does."""
    since: float | None = await conn.scalar(_OLDEST)
    return since


async def newest(conn: AsyncConnection, limit: int) -> list[Task]:
    """List the tasks that were ordered last, newest first."""
    return await listed(conn, _NEWEST, {"most": limit})


async def durations(conn: AsyncConnection, kind: str, limit: int) -> list[float]:
    """List the seconds from submitting to the end of the last delivered tasks of a kind, newest first."""
    return list(await conn.scalars(_DURATIONS, {"kind": kind, "most": limit}))


async def under_way(conn: AsyncConnection, owner_id: int, limit: int) -> list[Task]:
    """List a person's tasks that are not finished, newest first, without the errands of dialogs."""
    return await listed(conn, _UNDER_WAY, {"owner": owner_id, "most": limit})


async def longest_under_way(conn: AsyncConnection, owner_id: int, chat_id: int | None = None) -> Task | None:
    """Find the oldest of a person's tasks, or of those in one chat, that `count_running` counts."""
    if chat_id is None:
        found = await listed(conn, _LONGEST_UNDER_WAY, {"owner": owner_id})
    else:
        found = await listed(conn, _LONGEST_UNDER_WAY_IN, {"owner": owner_id, "chat": chat_id})
    return next(iter(found), None)


def _same_lease(now: Task, then: Task) -> bool:
    return (now.state, now.lease_token) == (then.state, then.lease_token)
