"""The table of tasks: how they are inserted, claimed, changed, counted and listed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import upsert
from bot.store.tables import chats, dialogs, tasks
from bot.store.task import UNFINISHED, NewTask, State, Task

_T = tasks.c
_IN_STATES = _T.state.in_(bindparam("states", expanding=True))
_IS_UNFINISHED = _T.state.in_(sorted(UNFINISHED))

_INSERT = upsert.insert(tasks).on_conflict_do_nothing(index_elements=[_T.order_key]).returning(tasks)
_GET = sa.select(tasks).where(_T.id == bindparam("task_id"))

# PostgreSQL passes over rows that another claim holds, and (key_share) not over those that get a child just now.
# SQLite leaves the lock clause out: its transaction is the only writer.
_DUE = (
    sa.select(_T.id)
    .where(_IN_STATES, _T.next_at <= bindparam("now"))
    .order_by(_T.next_at, _T.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True)
    .cte("due")
)
_CLAIM = (
    sa.update(tasks)
    .where(_T.id.in_(sa.select(_DUE.c.id)))
    .values(
        next_at=bindparam("lease_until"),
        lease_token=_T.lease_token + 1,
        state=sa.func.coalesce(bindparam("to", type_=_T.state.type), _T.state),
    )
    .returning(tasks)
)
_EXPIRE_LEASES = (
    sa.update(tasks)
    .where(_IN_STATES, _T.next_at > bindparam("now"))
    .values(next_at=bindparam("now"), lease_token=_T.lease_token + 1)
)
_HOLD = (
    sa.select(tasks).where(_T.id.in_(bindparam("ids", expanding=True))).order_by(_T.id).with_for_update(key_share=True)
)

_COUNT_RUNNING = sa.select(sa.func.count()).where(_T.owner_id == bindparam("owner"), _IS_UNFINISHED)
_AHEAD = sa.select(sa.func.count()).where(
    _T.state == State.QUEUED,
    sa.tuple_(_T.next_at, _T.id) < sa.tuple_(bindparam("next_at", type_=sa.Double), bindparam("task_id")),
)
_PULSE = sa.select(_T.state, sa.func.count(), sa.func.min(_T.next_at)).where(_T.next_at.is_not(None)).group_by(_T.state)
_COUNT_BY_STATE = sa.select(_T.state, sa.func.count()).group_by(_T.state)
_SECONDS = _T.finished_at - _T.submitted_at
_LISTED = sa.select(tasks).where(_IN_STATES).order_by(_T.id).limit(bindparam("most"))
_DURATIONS = (
    sa.select(_SECONDS)
    .where(_T.kind == bindparam("kind"), _T.state == State.DELIVERED, _SECONDS.is_not(None))
    .order_by(_T.finished_at.desc())
    .limit(bindparam("most"))
)
_OF_OWNER = (
    sa.select(tasks)
    .where(_T.owner_id == bindparam("owner"))
    .order_by(_T.created_at.desc(), _T.id.desc())
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Pulse:
    """How many tasks of a state something is still to be done about, and when the first is due."""

    count: int
    earliest: float


class AlreadyOrdered(Exception):
    """What orders this task has ordered one before. The transaction stays usable."""


async def insert(conn: AsyncConnection, new: NewTask) -> Task:
    """Insert a task. Raises `AlreadyOrdered` where its `order_key` is taken."""
    row = (await conn.execute(_INSERT, asdict(new))).mappings().one_or_none()
    if row is None:
        raise AlreadyOrdered(new.order_key)
    return Task.from_row(row)


async def get(conn: AsyncConnection, task_id: int) -> Task | None:
    """Read a task."""
    row = (await conn.execute(_GET, {"task_id": task_id})).mappings().one_or_none()
    return Task.from_row(row) if row else None


async def claim(
    conn: AsyncConnection,
    states: Collection[State],
    *,
    now: float,
    limit: int,
    lease_seconds: float,
    to: State | None = None,
) -> list[Task]:
    """Take the tasks that are longest due, and no other process will until the lease runs out.

    Each gets a new `lease_token`, and the state `to` where that is given. The longest due are taken first, and
    given back by id.
    """
    wanted = {"states": list(states), "now": now, "most": limit, "lease_until": now + lease_seconds, "to": to}
    return sorted(await _listed(conn, _CLAIM, wanted), key=lambda task: task.id)


async def expire_leases(conn: AsyncConnection, states: Collection[State], *, now: float) -> int:
    """Make due at once what is due later; say how many. For the start of the only process.

    What a dead process had claimed need not wait for its lease, and its tokens open nothing any more.
    """
    return (await conn.execute(_EXPIRE_LEASES, {"states": list(states), "now": now})).rowcount


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
    held = await _listed(conn, _HOLD, {"ids": list(wanted)})  # from here on nobody else changes them
    changed = [replace(now, **wanted[now.id][1]) for now in held if _same_lease(now, wanted[now.id][0])]
    columns = sorted({column for _, change in wanted.values() for column in change})
    if changed and columns:
        rows = [{"task_id": task.id, **{column: getattr(task, column) for column in columns}} for task in changed]
        await conn.execute(sa.update(tasks).where(_T.id == bindparam("task_id")), rows)
    return changed


async def note(
    conn: AsyncConnection, task_id: int, states: Collection[State] = frozenset(State), **message_ids: int | None
) -> bool:
    """Write down which messages show a task, whoever holds it. False where it is in none of these states."""
    wanted = (_T.id == task_id, _T.state.in_(sorted(states)))
    return (await conn.execute(sa.update(tasks).where(*wanted).values(message_ids))).rowcount > 0


async def move_chat(conn: AsyncConnection, old: int, new: int) -> None:
    """Follow a group that became a supergroup. Its messages count anew, so what names one is forgotten."""
    nowhere = {"message_id": None, "status_message_id": None, "buttons_message_id": None}
    await conn.execute(sa.update(tasks).where(_T.chat_id == old).values(chat_id=new, **nowhere))
    await _move_dialogs(conn, old, new)
    insert_chat = upsert.insert(chats).values(id=old, migrated_to=new)
    await conn.execute(insert_chat.on_conflict_do_update(index_elements=[chats.c.id], set_={"migrated_to": new}))


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


async def count_running(conn: AsyncConnection, owner_id: int) -> int:
    """Count a person's tasks that are not finished."""
    return await conn.scalar(_COUNT_RUNNING, {"owner": owner_id}) or 0


async def ahead(conn: AsyncConnection, task: Task) -> int:
    """Count the queued tasks that will be claimed before this one."""
    return await conn.scalar(_AHEAD, {"next_at": task.next_at, "task_id": task.id}) or 0


async def pulse(conn: AsyncConnection) -> dict[State, Pulse]:
    """Say of each state how many tasks are due, now or later, and when the first is; empty states are left out."""
    return {State(state): Pulse(count, earliest) for state, count, earliest in await conn.execute(_PULSE)}


async def count_by_state(conn: AsyncConnection) -> dict[State, int]:
    """Count all tasks; a state without any is left out."""
    return {State(state): count for state, count in await conn.execute(_COUNT_BY_STATE)}


async def in_states(conn: AsyncConnection, states: Collection[State], limit: int) -> list[Task]:
    """List the tasks in these states, oldest first."""
    return await _listed(conn, _LISTED, {"states": list(states), "most": limit})


async def durations(conn: AsyncConnection, kind: str, limit: int) -> list[float]:
    """List the seconds from submitting to the end of the last delivered tasks of a kind, newest first."""
    return list(await conn.scalars(_DURATIONS, {"kind": kind, "most": limit}))


async def of_owner(conn: AsyncConnection, owner_id: int, limit: int) -> list[Task]:
    """List a person's tasks, newest first."""
    return await _listed(conn, _OF_OWNER, {"owner": owner_id, "most": limit})


async def _listed(conn: AsyncConnection, statement: sa.Executable, params: Mapping[str, Any]) -> list[Task]:
    return [Task.from_row(row) for row in (await conn.execute(statement, params)).mappings()]


def _same_lease(now: Task, then: Task) -> bool:
    return (now.state, now.lease_token) == (then.state, then.lease_token)
