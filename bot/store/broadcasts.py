"""The tables of broadcasts: what the operator writes to everybody, and to which chats it has gone."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import sqlalchemy as sa
from sqlalchemy import RowMapping, bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.locales.text import Lang
from bot.store import upsert
from bot.store.tables import broadcast_posts, broadcasts, chats, tasks

# How long the last word about one is kept, where nothing else goes by age.
KEEP_SECONDS = 30 * 24 * 3600.0

_B, _P = broadcasts.c, broadcast_posts.c
_IS_BROADCAST = _B.id == bindparam("broadcast")
_IN_BROADCAST = _P.broadcast_id == bindparam("broadcast")
_IS_UNDER_WAY = sa.and_(_B.begun_at.is_not(None), _B.ended_at.is_(None))

# Chats that somebody wrote from or ordered in, without those where the bot may not write or that have moved.
_KNOWN = sa.union(sa.select(chats.c.id), sa.select(tasks.c.chat_id)).subquery()
_CLOSED = sa.select(chats.c.id).where(sa.or_(chats.c.blocked_at.is_not(None), chats.c.migrated_to.is_not(None)))
_IS_OPEN = _KNOWN.c.id.not_in(_CLOSED)
_IS_GROUP = _KNOWN.c.id < 0
_COUNT = sa.select(_IS_GROUP, sa.func.count()).where(_IS_OPEN).group_by(_IS_GROUP)

_INSERT = sa.insert(broadcasts).returning(broadcasts)
_GET = sa.select(broadcasts).where(_IS_BROADCAST)
_UNDER_WAY = sa.select(broadcasts).where(_IS_UNDER_WAY).order_by(_B.id).limit(1)
_SHOW = sa.update(broadcasts).where(_IS_BROADCAST).values(message_id=bindparam("shown_in"))
_BEGIN = sa.update(broadcasts).where(_IS_BROADCAST, _B.begun_at.is_(None)).values(begun_at=bindparam("now"))
_END = sa.update(broadcasts).where(_IS_BROADCAST, _IS_UNDER_WAY).values(ended_at=bindparam("now"))
_DISCARD = sa.delete(broadcasts).where(_IS_BROADCAST, _B.begun_at.is_(None))
_IS_OLD_DRAFT = sa.and_(_B.begun_at.is_(None), _B.created_at < bindparam("before"))
_EXPIRE = sa.delete(broadcasts).where(sa.or_(_IS_OLD_DRAFT, _B.ended_at < bindparam("before")))


class Post(StrEnum):
    """What has become of a broadcast in one chat."""

    DUE = "due"
    SENT = "sent"
    FAILED = "failed"


_NEXT_DUE = sa.select(_P.chat_id).where(_IN_BROADCAST, _P.state == Post.DUE).limit(1)
_ENROL = sa.insert(broadcast_posts).from_select(
    ["broadcast_id", "chat_id", "state"],
    sa.select(sa.cast(bindparam("broadcast"), _P.broadcast_id.type), _KNOWN.c.id, sa.literal(Post.DUE.value)).where(
        _IS_OPEN
    ),
)
_SETTLE = (
    sa.update(broadcast_posts).where(_IN_BROADCAST, _P.chat_id == bindparam("chat")).values(state=bindparam("became"))
)
_TALLY = sa.select(_P.state, sa.func.count()).where(_IN_BROADCAST).group_by(_P.state)
_IS_DUE_IN_CHAT = sa.and_(_P.chat_id == bindparam("chat"), _P.state == Post.DUE)
_HELD = sa.select(_P.broadcast_id).where(_IS_DUE_IN_CHAT)
_DROP = sa.delete(broadcast_posts).where(_IS_DUE_IN_CHAT)
_ADD = upsert.insert(broadcast_posts).on_conflict_do_nothing(index_elements=[_P.broadcast_id, _P.chat_id])


@dataclass(frozen=True, slots=True)
class Receivers:
    """How many chats a broadcast would go to."""

    people: int
    groups: int

    @property
    def total(self) -> int:
        """Add them up."""
        return self.people + self.groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """A row of `broadcasts`. What each column means stands in `tables.py`."""

    id: int
    author_id: int
    lang: Lang
    message_id: int | None
    body: str
    created_at: float
    begun_at: float | None
    ended_at: float | None

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """Read a row."""
        return cls(**row)


async def receivers(conn: AsyncConnection) -> Receivers:
    """Count the chats that a broadcast would go to now."""
    counted = {bool(is_group): count for is_group, count in await conn.execute(_COUNT)}
    return Receivers(counted.get(False, 0), counted.get(True, 0))


async def draft(conn: AsyncConnection, author_id: int, lang: Lang, body: str, now: float) -> Broadcast:
    """Write down a broadcast that is yet to be confirmed."""
    new = {"author_id": author_id, "lang": lang, "body": body, "created_at": now}
    return Broadcast.from_row((await conn.execute(_INSERT, new)).mappings().one())


async def get(conn: AsyncConnection, broadcast_id: int) -> Broadcast | None:
    """Read a broadcast."""
    row = (await conn.execute(_GET, {"broadcast": broadcast_id})).mappings().one_or_none()
    return Broadcast.from_row(row) if row else None


async def show(conn: AsyncConnection, broadcast_id: int, message_id: int) -> None:
    """Note which message shows its author how far it is."""
    await conn.execute(_SHOW, {"broadcast": broadcast_id, "shown_in": message_id})


async def begin(conn: AsyncConnection, broadcast_id: int, now: float) -> bool:
    """Confirm a broadcast: from here on it is due in every chat of this moment. False where it has begun before."""
    if not (await conn.execute(_BEGIN, {"broadcast": broadcast_id, "now": now})).rowcount:
        return False
    await conn.execute(_ENROL, {"broadcast": broadcast_id})
    return True


async def end(conn: AsyncConnection, broadcast_id: int, now: float) -> bool:
    """Let it go to no further chat. False where it is not under way."""
    return (await conn.execute(_END, {"broadcast": broadcast_id, "now": now})).rowcount > 0


async def discard(conn: AsyncConnection, broadcast_id: int) -> bool:
    """Drop a broadcast that was not confirmed. False where it was, or is gone."""
    return (await conn.execute(_DISCARD, {"broadcast": broadcast_id})).rowcount > 0


async def expire(conn: AsyncConnection, before: float) -> None:
    """Delete what ended before a moment, with its posts, and what was written before it and never confirmed."""
    await conn.execute(_EXPIRE, {"before": before})


async def under_way(conn: AsyncConnection) -> Broadcast | None:
    """Find the oldest broadcast that has begun and not ended."""
    row = (await conn.execute(_UNDER_WAY)).mappings().one_or_none()
    return Broadcast.from_row(row) if row else None


async def next_due(conn: AsyncConnection, broadcast_id: int) -> int | None:
    """Find a chat that it is still to go to."""
    found: int | None = await conn.scalar(_NEXT_DUE, {"broadcast": broadcast_id})
    return found


async def settle(conn: AsyncConnection, broadcast_id: int, chat_id: int, became: Post) -> None:
    """Write down what has become of it in one chat."""
    await conn.execute(_SETTLE, {"broadcast": broadcast_id, "chat": chat_id, "became": became})


async def tally(conn: AsyncConnection, broadcast_id: int) -> Counter[Post]:
    """Count its chats by what has become of it there."""
    return Counter({Post(state): count for state, count in await conn.execute(_TALLY, {"broadcast": broadcast_id})})


async def move_chat(conn: AsyncConnection, old: int, new: int) -> None:
    """Follow a group that became a supergroup: what is due there goes to the new chat, once."""
    held = list(await conn.scalars(_HELD, {"chat": old}))
    await conn.execute(_DROP, {"chat": old})
    if held:
        await conn.execute(_ADD, [{"broadcast_id": each, "chat_id": new, "state": Post.DUE} for each in held])
