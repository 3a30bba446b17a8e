"""Results by where they can be seen: a person's photos, to be shown elsewhere, and the task that a message shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import pictures, tasks
from bot.store.task import State, Task

_T, _P = tasks.c, pictures.c
_PROMPT = _T.request["prompt"].as_string()
_OWN = (
    sa.select(_P.task_id, _P.index, _P.photo_id, _T.capability, _T.request)
    .join_from(tasks, pictures, _P.task_id == _T.id)
    .where(
        _T.owner_id == bindparam("owner"),
        _T.state == State.DELIVERED,
        _P.error_code == "",
        _P.photo_id.is_not(None),
    )
    .order_by(_T.created_at.desc(), _T.id.desc(), _P.index)
    .offset(bindparam("skipped"))
    .limit(bindparam("most"))
)
_IS_SHOWN = sa.or_(
    _T.buttons_message_id == bindparam("shown_in"),
    sa.exists().where(
        _P.task_id == _T.id,
        sa.or_(_P.message_id == bindparam("shown_in"), _P.preview_id == bindparam("shown_in")),
    ),
)
_SHOWN = sa.select(tasks).where(_T.chat_id == bindparam("chat"), _IS_SHOWN).order_by(_T.id.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture that Telegram keeps as a photo, and the request that it was made for."""

    task_id: int
    index: int
    photo_id: str
    capability: str
    request: Mapping[str, Any]


async def photos(
    conn: AsyncConnection, owner_id: int, words: Sequence[str] = (), *, offset: int, limit: int
) -> list[Photo]:
    """List a person's photos; with `words`, those whose prompt has all of them."""
    matching = _OWN.where(*(_PROMPT.icontains(word, autoescape=True) for word in words))
    rows = await conn.execute(matching, {"owner": owner_id, "skipped": offset, "most": limit})
    return [Photo(*row) for row in rows]


async def shown_in(conn: AsyncConnection, chat_id: int, message_id: int) -> Task | None:
    """Find the task whose result a message shows."""
    row = (await conn.execute(_SHOWN, {"chat": chat_id, "shown_in": message_id})).mappings().one_or_none()
    return Task.from_row(row) if row else None
