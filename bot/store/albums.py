"""The table of albums: pictures that were sent together, each as a message of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import RowMapping, bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import upsert
from bot.store.tables import albums

_A = albums.c
_IS_IT = sa.and_(_A.chat_id == bindparam("chat"), _A.album_id == bindparam("album"))
_GET = sa.select(albums).where(_IS_IT)
_HOLD = _GET.with_for_update()
_INSERT = upsert.insert(albums).on_conflict_do_nothing()
_SET = (
    sa.update(albums)
    .where(_IS_IT)
    .values(photos=bindparam("all_photos"), command=bindparam("first_command"))
    .returning(albums)
)
_REFUSE = sa.update(albums).where(_IS_IT).values(command={})
_ANSWERS = sa.update(albums).where(_IS_IT).values(dialog_id=bindparam("dialog"))
_FORGET = sa.delete(albums).where(_A.created_at < bindparam("before"))

# Seconds: afterwards an answer to one of its pictures concerns that picture alone.
KEEP_SECONDS = 7 * 24 * 3600.0

# Telegram's own bound for an album is 10.
MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """A row of `albums`."""

    chat_id: int
    album_id: str
    owner_id: int
    command: dict[str, Any] | None  # empty: it was refused, and is not asked of the others
    photos: list[dict[str, Any]]
    created_at: float
    dialog_id: int | None = None

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """Read a row."""
        return cls(**row)


async def add(
    conn: AsyncConnection,
    chat_id: int,
    album_id: str,
    photo: Mapping[str, Any],
    *,
    owner_id: int,
    now: float,
    command: Mapping[str, Any] | None = None,
) -> Album:
    """Add a picture to its album, which begins with it if it is the first; one that is there already stays as it is.

    The album's command is that of the first picture that comes with one.
    """
    first = {"chat_id": chat_id, "album_id": album_id, "owner_id": owner_id, "photos": [], "created_at": now}
    await conn.execute(_INSERT, {**first, "command": dict(command) if command else None})
    key = {"chat": chat_id, "album": album_id}
    held = Album.from_row((await conn.execute(_HOLD, key)).mappings().one())
    if dict(photo) in held.photos or len(held.photos) >= MOST:
        return held
    values = {
        "all_photos": [*held.photos, dict(photo)],
        "first_command": command if held.command is None else held.command,
    }
    return Album.from_row((await conn.execute(_SET, {**key, **values})).mappings().one())


async def get(conn: AsyncConnection, chat_id: int, album_id: str) -> Album | None:
    """Find an album."""
    row = (await conn.execute(_GET, {"chat": chat_id, "album": album_id})).mappings().one_or_none()
    return Album.from_row(row) if row else None


async def refuse(conn: AsyncConnection, chat_id: int, album_id: str) -> None:
    """Note that an album's command was refused: that is said once, and not below each of its pictures."""
    await conn.execute(_REFUSE, {"chat": chat_id, "album": album_id})


async def answers(conn: AsyncConnection, album: Album, dialog_id: int) -> None:
    """Note which dialog an album answers, with all its pictures, whichever message asks by then."""
    await conn.execute(_ANSWERS, {"chat": album.chat_id, "album": album.album_id, "dialog": dialog_id})


async def forget(conn: AsyncConnection, before: float) -> int:
    """Remove albums that are older; say how many."""
    return (await conn.execute(_FORGET, {"before": before})).rowcount
