"""The day's allowance of pictures: reserved with the task's row, given back or kept when the task ends.

A task's row says what it still holds (`reserved`, of `allowance_day`), so whatever becomes of the process, nothing is
given back twice and nothing is lost. Scope "user" is a person's allowance; "chat" is the place for a group's.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.limits.rules import Limits, Standing, check, day_of, renews_at
from bot.store.tables import allowances, tasks
from bot.store.task import Task
from bot.store.tasks import count_running
from bot.store.upsert import insert

_USER = "user"

_A = allowances.c
_OF_USER = (_A.scope == _USER, _A.subject_id == bindparam("owner"))
_OF_DAY = (*_OF_USER, _A.day == bindparam("that_day"))

_LOCK = (
    insert(allowances)
    .values(scope=_USER, used=0)
    .on_conflict_do_update(index_elements=[_A.scope, _A.subject_id, _A.day], set_={"used": _A.used})
    .returning(_A.used)
)
_LAST_AT = select(func.max(_A.last_at)).where(*_OF_USER)
_TAKE = update(allowances).where(*_OF_DAY).values(used=_A.used + bindparam("pictures"), last_at=bindparam("now"))
_RETURN = update(allowances).where(*_OF_DAY).values(used=_A.used - bindparam("pictures"))

_IS_TASK = tasks.c.id == bindparam("task_id")
_HELD = select(tasks.c.reserved).where(_IS_TASK).with_for_update(key_share=True)
_DROP = (
    update(tasks)
    .where(_IS_TASK, tasks.c.reserved >= bindparam("pictures"))
    .values(reserved=tasks.c.reserved - bindparam("pictures"))
    .returning(tasks.c.id)
)
_KEEP = update(tasks).where(_IS_TASK).values(reserved=0)


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a new task holds: `allowance_day` and `reserved` of its row."""

    day: str
    pictures: int


async def reserve(
    conn: AsyncConnection, *, owner_id: int, pictures: int, limits: Limits, now: float, zone: ZoneInfo
) -> Reservation:
    """Take pictures of a person's allowance, in the transaction that inserts the task.

    Raises `DailyLimit`, `TooMany` or `TooFast`, having changed nothing: the transaction may go on without it.
    """
    day = day_of(now, zone)
    async with conn.begin_nested():
        # The row is the lock: what is counted after it cannot change until the caller's transaction ends.
        used = (await conn.execute(_LOCK, {"subject_id": owner_id, "day": day})).scalar_one()
        running = await count_running(conn, owner_id)
        last_at = await conn.scalar(_LAST_AT, {"owner": owner_id})
        check(limits, Standing(running, used, last_at), pictures, now, renews_at(now, zone))
        await conn.execute(_TAKE, {"owner": owner_id, "that_day": day, "pictures": pictures, "now": now})
    return Reservation(day, pictures)


async def release(conn: AsyncConnection, task: Task, pictures: int | None = None) -> int:
    """Give back what the task's row still holds, or so many pictures of it; say how many were given back.

    What a row does not hold any more is not given back again. Where a part is released, what is kept is to be
    settled in the same transaction.
    """
    held = await conn.scalar(_HELD, {"task_id": task.id}) or 0
    back = held if pictures is None else pictures
    if back <= 0 or await conn.scalar(_DROP, {"task_id": task.id, "pictures": back}) is None:
        return 0
    await conn.execute(_RETURN, {"owner": task.owner_id, "that_day": task.allowance_day, "pictures": back})
    return back


async def settle(conn: AsyncConnection, task: Task) -> None:
    """Let the task keep what it holds: it is used."""
    await conn.execute(_KEEP, {"task_id": task.id})
