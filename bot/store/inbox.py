"""Telegram's updates: each is a row before it is confirmed, and settled in the transaction that holds its effect."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import inbox
from bot.store.upsert import insert

# Telegram keeps an unconfirmed update for 24 hours and sends it again until then; a row has to be there to tell that
# the update was here before. Three days leave room for a stop in between.
KEEP_SECONDS = 3 * 24 * 3600

# A start may be what an update breaks: after so many it is given up.
MAX_ATTEMPTS = 5

Update = Mapping[str, Any]

# What a settled row still says: that the update was here. What was written in it is nobody's business any more.
_EMPTY: Update = {}

_OPEN = inbox.c.settled_at.is_(None)
_ACCEPT = insert(inbox).on_conflict_do_nothing()
_SETTLE = (
    update(inbox)
    .where(inbox.c.update_id == bindparam("settled"), _OPEN)
    .values(settled_at=bindparam("now"), body=_EMPTY)
    .returning(inbox.c.update_id)
)
_OPEN_AMONG = select(inbox.c.update_id).where(inbox.c.update_id.in_(bindparam("ids", expanding=True)), _OPEN)
_UNSETTLED = select(inbox.c.body).where(_OPEN).order_by(inbox.c.update_id).limit(bindparam("most"))
_REPLAY = update(inbox).where(_OPEN).values(attempts=inbox.c.attempts + 1)
_ABANDON = (
    update(inbox)
    .where(_OPEN, inbox.c.attempts > bindparam("most"))
    .values(settled_at=bindparam("now"), body=_EMPTY)
    .returning(inbox.c.update_id)
)
_FORGET = delete(inbox).where(inbox.c.settled_at < bindparam("before"))
_COUNT = select(func.count()).where(_OPEN)


async def accept(conn: AsyncConnection, updates: Sequence[Update], now: float) -> list[Update]:
    """Write a batch down; give back, in order, those whose effect is still to come.

    Those are the new ones, and ones that were here before and are not settled: whoever handles them knows them.
    """
    if not updates:
        return []
    rows = {
        each["update_id"]: {"update_id": each["update_id"], "body": dict(each), "received_at": now} for each in updates
    }
    await conn.execute(_ACCEPT, list(rows.values()))
    due = set(await conn.scalars(_OPEN_AMONG, {"ids": list(rows)}))
    return [row["body"] for update_id, row in rows.items() if update_id in due]


async def settle(conn: AsyncConnection, update_id: int, now: float) -> bool:
    """Mark an update as done; what it said goes. False where it was so already, or never came."""
    return await conn.scalar(_SETTLE, {"settled": update_id, "now": now}) is not None


async def unsettled(conn: AsyncConnection, limit: int) -> list[Update]:
    """List the updates whose effect is not committed, oldest first."""
    return list(await conn.scalars(_UNSETTLED, {"most": limit}))


async def mark_replayed(conn: AsyncConnection, now: float, most: int = MAX_ATTEMPTS) -> list[int]:
    """Count one more attempt for all that are open, before they are handled again.

    Those that had `most` already are settled without effect, and their ids given back to be logged.
    """
    await conn.execute(_REPLAY)
    return sorted(await conn.scalars(_ABANDON, {"most": most, "now": now}))


async def forget(conn: AsyncConnection, before: float) -> int:
    """Delete what was settled earlier than `before` (at least `KEEP_SECONDS` ago); say how many."""
    return (await conn.execute(_FORGET, {"before": before})).rowcount


async def count_open(conn: AsyncConnection) -> int:
    """Count the updates whose effect is not committed."""
    return await conn.scalar(_COUNT) or 0
