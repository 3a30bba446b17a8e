"""The table of counters: what a day brought, kept when the rows that it was counted from are gone.

Each is written in the transaction that ends the task, for the day whose allowance the task was asked for on.

    name        label                   value
    tasks       capability:state        tasks that ended so
    pictures    capability              pictures that were used
    errors      code                    tasks that the vendor ended with this code
    waits       step (see `step_of`)    tasks that were delivered after so long
"""

import math
from collections.abc import Mapping
from typing import Literal

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import counters
from bot.store.upsert import insert

Name = Literal["tasks", "pictures", "errors", "waits"]
Key = tuple[str, int, Name, str]  # day, chat, name, label

# Each step of waiting is so much longer than the one before: what is read from steps is off by a twentieth at most.
_STEP = math.log(1.1)

_C = counters.c
_INSERT = insert(counters)
_ADD = _INSERT.on_conflict_do_update(
    index_elements=[_C.day, _C.chat_id, _C.name, _C.label], set_={"value": _C.value + _INSERT.excluded.value}
)
_OF_CHAT = select(counters).where(_C.chat_id == bindparam("chat"))
_FORGET = delete(counters).where(_C.chat_id == bindparam("chat"))


async def add(conn: AsyncConnection, more: Mapping[Key, int]) -> None:
    """Count up; last of all in a transaction, because everybody counts in the same rows."""
    rows = [
        {"day": day, "chat_id": chat_id, "name": name, "label": label, "value": value}
        for (day, chat_id, name, label), value in sorted(more.items())  # one order, so that none waits for another
        if value
    ]
    if rows:
        await conn.execute(_ADD, rows)


async def move_chat(conn: AsyncConnection, old: int, new: int) -> None:
    """Follow a group that became a supergroup."""
    rows = (await conn.execute(_OF_CHAT, {"chat": old})).all()
    await conn.execute(_FORGET, {"chat": old})
    await add(conn, {(row.day, new, row.name, row.label): row.value for row in rows})


def step_of(seconds: float) -> int:
    """Say on which step of waiting so many seconds are; those below a tenth of a second are on one."""
    return round(math.log(max(seconds, 0.1)) / _STEP)


def seconds_of(step: int) -> float:
    """Say how long a step of waiting is."""
    return math.exp(step * _STEP)
