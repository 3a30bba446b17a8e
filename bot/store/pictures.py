"""The table of pictures: what tasks brought, and where it was delivered."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import pictures
from bot.store.task import Picture
from bot.store.upsert import insert

_P = pictures.c
_INSERT = insert(pictures)
_PUT = _INSERT.on_conflict_do_update(
    index_elements=[_P.task_id, _P.index],
    set_={name: _INSERT.excluded[name] for name in ("seed", "small_url", "raw_url", "error_code")},
)
_IN_TASK = _P.task_id == bindparam("task")
_AT_INDEX = _P.index == bindparam("at")
_OF_TASK = select(pictures).where(_IN_TASK).order_by(_P.index)
_GET = select(pictures).where(_IN_TASK, _AT_INDEX)
_WHERE = ("message_id", "preview_id", "photo_id", "document_id")
_DELIVERED = (
    update(pictures)
    .where(_IN_TASK, _AT_INDEX)
    .values({name: func.coalesce(bindparam(f"new_{name}"), _P[name]) for name in _WHERE})
)


async def put(conn: AsyncConnection, brought: Sequence[Picture]) -> None:
    """Write pictures. One that is there already takes the new seed, links and code, and stays as delivered."""
    if brought:
        await conn.execute(_PUT, [asdict(picture) for picture in brought])


async def of_task(conn: AsyncConnection, task_id: int) -> list[Picture]:
    """List a task's pictures by index."""
    return [Picture.from_row(row) for row in (await conn.execute(_OF_TASK, {"task": task_id})).mappings()]


async def get(conn: AsyncConnection, task_id: int, index: int) -> Picture | None:
    """Read one picture."""
    row = (await conn.execute(_GET, {"task": task_id, "at": index})).mappings().one_or_none()
    return Picture.from_row(row) if row else None


async def set_delivered(
    conn: AsyncConnection,
    task_id: int,
    index: int,
    *,
    message_id: int | None = None,
    preview_id: int | None = None,
    photo_id: str | None = None,
    document_id: str | None = None,
) -> None:
    """Note where a picture was delivered and Telegram's file ids of it; what is None stays as it was."""
    given = dict(zip(_WHERE, (message_id, preview_id, photo_id, document_id), strict=True))
    new = {f"new_{name}": value for name, value in given.items()}
    await conn.execute(_DELIVERED, {"task": task_id, "at": index, **new})
