"""The day's allowance of pictures: reserved with the task's row, given back or kept when the task ends.

A task's row says what it still holds (`reserved`, of `allowance_day`), so whatever becomes of the process, nothing is
given back twice and nothing is lost. It holds that of its person, and where it was asked for in a group, of the group
and of the person as its member. Rows are locked in one order, so that no two transactions wait for each other: people,
then groups, then members, each in the order of their ids.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.limits.refusals import Scope
from bot.limits.rules import Claim, InGroup, Limits, Standing, check, day_of, renews_at
from bot.locales.text import Text
from bot.store import group_allowances, tasks
from bot.store.group_allowances import EVERYBODY
from bot.store.tables import allowances
from bot.store.tables import tasks as task_rows
from bot.store.task import Task
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
_USED = select(_A.used).where(*_OF_DAY)
_LAST_AT = select(func.max(_A.last_at)).where(*_OF_USER)
_TAKE = update(allowances).where(*_OF_DAY).values(used=_A.used + bindparam("pictures"), last_at=bindparam("now"))
_RETURN = update(allowances).where(*_OF_DAY).values(used=_A.used - bindparam("pictures"))

_T = task_rows.c
_IS_TASK = _T.id == bindparam("task_id")
_HELD = select(_T.reserved, _T.chat_id).where(_IS_TASK).with_for_update(key_share=True)
_DROP = (
    update(task_rows)
    .where(_IS_TASK, _T.reserved >= bindparam("pictures"))
    .values(reserved=_T.reserved - bindparam("pictures"))
    .returning(_T.id)
)
_KEEP = update(task_rows).where(_IS_TASK).values(reserved=0)


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a new task holds: `allowance_day` and `reserved` of its row."""

    day: str
    pictures: int


@dataclass(frozen=True, slots=True, order=True)
class _Row:
    """A row of an allowance; their order is the order in which rows are locked."""

    rank: int
    subject_id: int  # a person or a group
    member_id: int
    day: str


async def reserve(
    conn: AsyncConnection,
    *,
    owner_id: int,
    pictures: int,
    limits: Limits,
    now: float,
    zone: ZoneInfo,
    group: InGroup | None = None,
    named: Callable[[Task], Text] | None = None,
) -> Reservation:
    """Take pictures of a person's allowance, and of a group's and its member's, in the task's own transaction.

    `named` says how the refusal names the task that is in the way. Raises `DailyLimit`, `TooMany` or `TooFast`, having
    changed nothing: the transaction may go on without it.
    """
    day = day_of(now, zone)
    async with conn.begin_nested():
        # The rows are the locks: what is counted after them cannot change until the caller's transaction ends.
        used = (await conn.execute(_LOCK, {"subject_id": owner_id, "day": day})).scalar_one()
        standing = Standing(await tasks.count_running(conn, owner_id), used, await _last_at(conn, owner_id))
        claims = [Claim(Scope.PERSON, limits, standing)]
        if group is not None:
            claims += await _lock_group(conn, group, owner_id, day)
        if named is not None:
            claims = [await _naming(conn, claim, owner_id, group, named) for claim in claims]
        check(claims, pictures, now, renews_at(now, zone))
        await conn.execute(_TAKE, {"owner": owner_id, "that_day": day, "pictures": pictures, "now": now})
        if group is not None:
            for member_id in (EVERYBODY, owner_id):
                await group_allowances.take(conn, group.chat_id, member_id, day, pictures, now)
    return Reservation(day, pictures)


async def _lock_group(conn: AsyncConnection, group: InGroup, owner_id: int, day: str) -> list[Claim]:
    together = await group_allowances.lock(conn, group.chat_id, EVERYBODY, day)
    await group_allowances.lock(conn, group.chat_id, owner_id, day)
    claims = [Claim(Scope.MEMBER, group.member, await standing_in(conn, group.chat_id, owner_id, day))]
    if group.daily is not None:  # which says nothing of how many at once, and how fast
        claims.append(Claim(Scope.GROUP, Limits(1, group.daily, 0), Standing(0, together, None)))
    return claims


async def _naming(
    conn: AsyncConnection, claim: Claim, owner_id: int, group: InGroup | None, named: Callable[[Task], Text]
) -> Claim:
    if not claim.is_full:
        return claim
    chat_id = group.chat_id if group is not None and claim.scope is Scope.MEMBER else None
    oldest = await tasks.longest_under_way(conn, owner_id, chat_id)
    return replace(claim, oldest=named(oldest)) if oldest is not None else claim


async def standing_of(conn: AsyncConnection, owner_id: int, day: str) -> Standing:
    """Say what a person has used of a day, wherever it was."""
    used = await conn.scalar(_USED, {"owner": owner_id, "that_day": day}) or 0
    return Standing(await tasks.count_running(conn, owner_id), used, await _last_at(conn, owner_id))


async def standing_in(conn: AsyncConnection, chat_id: int, owner_id: int, day: str) -> Standing:
    """Say what a member has used of a day in a group."""
    used = await group_allowances.used(conn, chat_id, owner_id, day)
    running = await tasks.count_running(conn, owner_id, chat_id)
    return Standing(running, used, await group_allowances.last_at(conn, chat_id, owner_id))


async def _last_at(conn: AsyncConnection, owner_id: int) -> float | None:
    last_at: float | None = await conn.scalar(_LAST_AT, {"owner": owner_id})
    return last_at


async def release(conn: AsyncConnection, task: Task, pictures: int | None = None) -> int:
    """Give back what the task's row still holds, or so many pictures of it; say how many were given back.

    What a row does not hold any more is not given back again. Where a part is released, what is kept is to be
    settled in the same transaction.
    """
    dropped = await _drop(conn, task, pictures)
    await _give_back(conn, dropped)
    return max(dropped.values(), default=0)


async def release_all(conn: AsyncConnection, ended: Sequence[Task]) -> None:
    """Give back what the rows of many tasks still hold."""
    dropped: Counter[_Row] = Counter()
    for task in ended:
        dropped.update(await _drop(conn, task, None))
    await _give_back(conn, dropped)


async def _drop(conn: AsyncConnection, task: Task, pictures: int | None) -> Counter[_Row]:
    """Take pictures out of a task's row; say which allowances they were of."""
    row = (await conn.execute(_HELD, {"task_id": task.id})).one_or_none()
    held, chat_id = row or (0, 0)
    back = held if pictures is None else pictures
    if back <= 0 or await conn.scalar(_DROP, {"task_id": task.id, "pictures": back}) is None:
        return Counter()
    day = str(task.allowance_day)
    rows = [_Row(0, task.owner_id, 0, day)]
    if chat_id < 0:
        rows += [_Row(1, chat_id, EVERYBODY, day), _Row(2, chat_id, task.owner_id, day)]
    return Counter(dict.fromkeys(rows, back))


async def _give_back(conn: AsyncConnection, dropped: Mapping[_Row, int]) -> None:
    for row, pictures in sorted(dropped.items()):
        if row.rank == 0:
            await conn.execute(_RETURN, {"owner": row.subject_id, "that_day": row.day, "pictures": pictures})
        else:
            await group_allowances.give_back(conn, row.subject_id, row.member_id, row.day, pictures)


async def settle(conn: AsyncConnection, task: Task) -> None:
    """Let the task keep what it holds: it is used."""
    await conn.execute(_KEEP, {"task_id": task.id})
