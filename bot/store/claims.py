"""How tasks wait for their turn, and how they are claimed: by one process at a time, until its lease runs out."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import tasks
from bot.store.task import ERRAND, NewTask, State, Task

_T = tasks.c
NOW = bindparam("now", type_=_T.next_at.type)
IN_STATES = _T.state.in_(bindparam("states", expanding=True))

# Seconds: what was asked for before takes no turn any more.
REMEMBERED = 24 * 3600.0

# Whoever has an errand waits at the keyboard, and it costs nothing: so few of a person's, those of one request, go
# before everybody's requests within so many seconds.
IS_ERRAND = _T.order_key.startswith(ERRAND)
FIRST_ERRANDS = 5
FIRST_AGAIN = 600.0


def _claiming(chosen: sa.CTE) -> sa.Executable:
    lease = {"next_at": bindparam("lease_until"), "lease_token": _T.lease_token + 1}
    return sa.update(tasks).where(_T.id.in_(sa.select(chosen.c.id))).values(lease).returning(tasks)


# PostgreSQL passes over rows that another claim holds, and (key_share) not over those that get a child just now.
# SQLite leaves the lock clause out: its transaction is the only writer.
_DUE = (
    sa.select(_T.id)
    .where(IN_STATES, _T.next_at <= bindparam("now"))
    .order_by(_T.next_at, _T.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True)
    .cte("due")
)
_CLAIM = _claiming(_DUE)

IS_DUE = sa.and_(_T.state == State.QUEUED, _T.next_at <= NOW)
_OVERDUE = (
    sa.select(_T.id)
    .where(IS_DUE, _T.deadline_at <= NOW)
    .order_by(_T.deadline_at, _T.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True)
    .cte("overdue")
)
_CLAIM_OVERDUE = _claiming(_OVERDUE)

# Start-time fair queuing. A new task gets its person's next turn, but none before the turn that was last ordered: so
# whoever has asked for less comes first, and what he did not ask for is not saved up. Among the tasks of a turn, chats
# take turns in the same way. A person's first errands have negative turns, which are nobody's; later ones take turns
# as requests do.
_IN_TURN = (_T.turn, _T.turn_in_chat, _T.id)
_TOOK_TURN = sa.and_(
    _T.turn >= 0,
    sa.or_(_T.submitted_at.is_not(None), _T.state.in_([State.QUEUED, State.SUBMITTING])),
    _T.created_at > bindparam("since"),
)
_LAST_ORDERED = (
    sa.select(_T.turn, _T.turn_in_chat)
    .where(_T.submitted_at.is_not(None))
    .order_by(_T.turn.desc(), _T.turn_in_chat.desc())
    .limit(1)
)
_LAST_OF_PERSON = sa.select(sa.func.max(_T.turn)).where(_TOOK_TURN, _T.owner_id == bindparam("owner"))
_LAST_OF_CHAT = sa.select(sa.func.max(_T.turn_in_chat)).where(
    _TOOK_TURN, _T.chat_id == bindparam("chat"), _T.turn == bindparam("turn")
)
_COUNT_ERRANDS = sa.select(sa.func.count()).where(
    _T.owner_id == bindparam("owner"), _T.created_at >= bindparam("since"), _T.order_key.like(bindparam("keys"))
)
_NEXT = (
    sa.select(_T.id)
    .where(IS_DUE, _T.deadline_at > NOW)
    .order_by(*_IN_TURN)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True)
    .cte("next")
)
_CLAIM_IN_TURN = _claiming(_NEXT)
_EXPIRE_LEASES = (
    sa.update(tasks)
    .where(IN_STATES, _T.next_at > bindparam("now"))
    .values(next_at=bindparam("now"), lease_token=_T.lease_token + 1)
)
_QUEUE = sa.select(_T.id, (sa.func.row_number().over(order_by=_IN_TURN) - 1).label("ahead")).where(IS_DUE).subquery()
_AHEAD = sa.select(_QUEUE.c.id, _QUEUE.c.ahead).where(_QUEUE.c.id.in_(bindparam("ids", expanding=True)))


async def turns(conn: AsyncConnection, new: NewTask) -> dict[str, int]:
    """Find the place of a new task in the queue: the columns that say it."""
    if new.order_key.startswith(ERRAND):
        sent = await count_errands(conn, new.owner_id, new.created_at - FIRST_AGAIN)
        if sent < FIRST_ERRANDS:
            return {"turn": sent - FIRST_ERRANDS, "turn_in_chat": 0}
    where = {"owner": new.owner_id, "chat": new.chat_id, "since": new.created_at - REMEMBERED}
    reached = (await conn.execute(_LAST_ORDERED)).one_or_none() or (0, 0)
    turn = max(reached[0], _after(await conn.scalar(_LAST_OF_PERSON, where)))
    in_chat = _after(await conn.scalar(_LAST_OF_CHAT, {**where, "turn": turn}))
    return {"turn": turn, "turn_in_chat": max(in_chat, reached[1] if reached[0] == turn else 0)}


def _after(last: int | None) -> int:
    return 0 if last is None else last + 1


async def claim(
    conn: AsyncConnection, states: Collection[State], *, now: float, limit: int, lease_seconds: float
) -> list[Task]:
    """Take the tasks that are longest due, and no other process will until the lease runs out.

    Each gets a new `lease_token`. They are given back by id.
    """
    wanted = {"states": list(states), "now": now, "most": limit, "lease_until": now + lease_seconds}
    return await _claimed(conn, _CLAIM, wanted)


async def claim_in_turn(conn: AsyncConnection, *, now: float, limit: int, lease_seconds: float) -> list[Task]:
    """Take the queued tasks whose turn it is, as `claim` does.

    The lowest turn comes first, within it the lowest of the chat's, then the oldest.
    """
    return await _claimed(conn, _CLAIM_IN_TURN, {"now": now, "most": limit, "lease_until": now + lease_seconds})


async def claim_overdue(conn: AsyncConnection, *, now: float, limit: int, lease_seconds: float) -> list[Task]:
    """Take the queued tasks whose deadline is over, as `claim` does."""
    return await _claimed(conn, _CLAIM_OVERDUE, {"now": now, "most": limit, "lease_until": now + lease_seconds})


async def expire_leases(conn: AsyncConnection, states: Collection[State], *, now: float) -> int:
    """Make due at once what is due later; say how many. For the start of the only process.

    What a dead process had claimed need not wait for its lease, and its tokens open nothing any more.
    """
    return (await conn.execute(_EXPIRE_LEASES, {"states": list(states), "now": now})).rowcount


async def count_errands(conn: AsyncConnection, owner_id: int, since: float, dialog_id: int | None = None) -> int:
    """Count the errands that a person's dialogs, or one of them, have sent since then."""
    keys = f"{ERRAND}%" if dialog_id is None else f"{ERRAND}{dialog_id}:%"
    return await conn.scalar(_COUNT_ERRANDS, {"owner": owner_id, "since": since, "keys": keys}) or 0


async def ahead(conn: AsyncConnection, waiting: Collection[Task], now: float) -> dict[int, int]:
    """Count, by id, the queued tasks whose turn is before each of these; those that do not wait for it are left out."""
    queued = [task.id for task in waiting if task.state is State.QUEUED]
    rows = await conn.execute(_AHEAD, {"ids": queued, "now": now}) if queued else ()
    return {row.id: row.ahead for row in rows}


async def _claimed(conn: AsyncConnection, statement: sa.Executable, params: Mapping[str, Any]) -> list[Task]:
    return sorted(await listed(conn, statement, params), key=lambda task: task.id)


async def listed(conn: AsyncConnection, statement: sa.Executable, params: Mapping[str, Any]) -> list[Task]:
    """Read tasks."""
    return [Task.from_row(row) for row in (await conn.execute(statement, params)).mappings()]
