"""The operator's figures. What was done is read from the counters alone, who was here from the rows."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.claims import IS_ERRAND
from bot.store.counters import seconds_of
from bot.store.tables import chats, counters, people, tasks
from bot.store.task import State

_C = counters.c
_IN_DAYS = _C.day.between(bindparam("first"), bindparam("last"))
_OF_CHAT = sa.or_(bindparam("chat", type_=sa.BigInteger).is_(None), _C.chat_id == bindparam("chat"))
_SUM = sa.cast(sa.func.sum(_C.value), sa.BigInteger)
_TOTALS = sa.select(_C.name, _C.label, _SUM).where(_IN_DAYS, _OF_CHAT).group_by(_C.name, _C.label)
_BY_DAY = sa.select(_C.day, _SUM.label("value")).where(_IN_DAYS, _OF_CHAT, _C.name == "pictures").group_by(_C.day)
_GROUPS_ACTIVE = sa.select(sa.func.count(sa.distinct(_C.chat_id))).where(_IN_DAYS, _C.chat_id < 0)

_IS_PERSON = people.c.id > 0  # channels and groups that somebody speaks as are below
_IS_HERE = people.c.seen_at >= bindparam("since")
_PEOPLE = sa.select(sa.func.count(), sa.func.count().filter(_IS_HERE)).where(_IS_PERSON)
_GROUPS = sa.select(sa.func.count()).where(chats.c.id < 0, chats.c.blocked_at.is_(None), chats.c.migrated_to.is_(None))

_T = tasks.c
_IN_CHAT = sa.and_(_T.chat_id == bindparam("chat"), _T.created_at >= bindparam("since"))
_MEMBERS = sa.select(sa.func.count(sa.distinct(_T.owner_id))).where(_IN_CHAT)
_IS_USE = sa.and_(_IN_CHAT, _T.state == State.DELIVERED, sa.not_(IS_ERRAND))
_TIMES = sa.func.count()
_TOP = (
    sa.select(_T.owner_id, _TIMES.label("times"))
    .where(_IS_USE)
    .group_by(_T.owner_id)
    .order_by(_TIMES.desc(), _T.owner_id)
    .limit(bindparam("most"))
    .cte("top")
)
_MEMBERS_USE = (
    sa.select(_TOP.c.owner_id, people.c.name, _T.capability, _TIMES)
    .join(_TOP, _T.owner_id == _TOP.c.owner_id)
    .outerjoin(people, _T.owner_id == people.c.id)
    .where(_IS_USE)
    .group_by(_TOP.c.owner_id, _TOP.c.times, people.c.name, _T.capability)
    .order_by(_TOP.c.times.desc(), _TOP.c.owner_id, _TIMES.desc(), _T.capability)
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many there are, and how many of them were active."""

    total: int
    active: int


@dataclass(frozen=True, slots=True)
class Member:
    """Who was served by which capability how often, the most used first. The name is unknown of some."""

    id: int
    name: str | None
    uses: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was done in some days. `pictures` are those used on each of the days, `waits` deliveries by step."""

    pictures: Mapping[str, int]
    tasks: Mapping[tuple[str, State], int]
    errors: Mapping[int, int]
    waits: Mapping[int, int]

    def ended(self, *states: State) -> int:
        """Count the tasks that ended in these states, or in any."""
        return sum(count for (_, state), count in self.tasks.items() if not states or state in states)

    def wait(self, share: float) -> float | None:
        """Say in how many seconds that share of the delivered tasks was there; None where there was none."""
        if not self.waits:
            return None
        steps = sorted(self.waits)
        heights = list(accumulate(self.waits[step] for step in steps))
        return seconds_of(steps[bisect_left(heights, share * heights[-1])])


async def read(conn: AsyncConnection, days: Sequence[str], chat_id: int | None = None) -> Figures:
    """Read what was done in these days, everywhere or in one group."""
    span = {"first": days[0], "last": days[-1], "chat": chat_id}
    totals: dict[str, dict[str, int]] = {"tasks": {}, "errors": {}, "waits": {}, "pictures": {}}
    for name, label, value in await conn.execute(_TOTALS, span):
        totals[name][label] = value
    by_day = {row.day: row.value for row in await conn.execute(_BY_DAY, span)}
    return Figures(
        pictures={day: by_day.get(day, 0) for day in days},
        tasks={_ended(label): value for label, value in totals["tasks"].items()},
        errors={int(label): value for label, value in totals["errors"].items()},
        waits={int(label): value for label, value in totals["waits"].items()},
    )


async def people_here(conn: AsyncConnection, since: float) -> Crowd:
    """Count the people that are known, and those who were here since then."""
    return Crowd(*(await conn.execute(_PEOPLE, {"since": since})).one())


async def groups_here(conn: AsyncConnection, days: Sequence[str]) -> Crowd:
    """Count the groups that the bot is in, and those where something was done in these days."""
    total = await conn.scalar(_GROUPS) or 0
    return Crowd(total, await conn.scalar(_GROUPS_ACTIVE, {"first": days[0], "last": days[-1]}) or 0)


async def members_here(conn: AsyncConnection, chat_id: int, since: float) -> int:
    """Count the members of a group who have asked for something since then."""
    return await conn.scalar(_MEMBERS, {"chat": chat_id, "since": since}) or 0


async def most_active(conn: AsyncConnection, chat_id: int, since: float, most: int) -> list[Member]:
    """List the members of a group whose requests since then were served most often."""
    found: dict[int, Member] = {}
    rows = await conn.execute(_MEMBERS_USE, {"chat": chat_id, "since": since, "most": most})
    for owner_id, name, capability, times in rows:
        before = found[owner_id].uses if owner_id in found else {}
        found[owner_id] = Member(owner_id, name, {**before, capability: times})
    return list(found.values())


def _ended(label: str) -> tuple[str, State]:
    capability, _, state = label.partition(":")
    return capability, State(state)
