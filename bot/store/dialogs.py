"""The table of dialogs: questions that wait for an answer, one a place (chat, topic, person)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import RowMapping, bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.locales.text import Lang
from bot.store import upsert
from bot.store.tables import dialogs

_D = dialogs.c
_AT_PLACE = sa.and_(
    _D.chat_id == bindparam("chat"),
    _D.thread_id == bindparam("thread"),
    _D.owner_id == bindparam("owner"),
)
_IS_LIVE = _D.expires_at > bindparam("now")

_GET = sa.select(dialogs).where(_AT_PLACE, _IS_LIVE)
_BY_ID = sa.select(dialogs).where(_D.id == bindparam("dialog_id"), _IS_LIVE)
_CLEAR = sa.delete(dialogs).where(_AT_PLACE).returning(dialogs)
_INSERT = upsert.insert(dialogs).on_conflict_do_nothing().returning(dialogs)
_MARK_SHOWN = (
    sa.update(dialogs)
    .where(_D.id == bindparam("dialog_id"))
    .values(shown=bindparam("shown_version"), message_id=bindparam("shown_by"), picture=bindparam("shown_picture"))
)
_HOLD = sa.select(dialogs).where(_D.id == bindparam("dialog_id")).with_for_update()
_REMOVE = sa.delete(dialogs).where(_D.id == bindparam("dialog_id")).returning(_D.id)
_UNSHOWN = sa.select(dialogs).where(_D.shown < _D.version, _IS_LIVE).order_by(_D.id).limit(bindparam("most"))
_EXPIRED = sa.select(dialogs).where(~_IS_LIVE).order_by(_D.expires_at, _D.id).limit(bindparam("most"))

# A place is fought for only by processes that handle the same person's updates at the same moment.
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDialog:
    """A dialog to begin. `thread_id` is 0 outside of topics."""

    chat_id: int
    owner_id: int
    capability: str
    lang: Lang
    answers: dict[str, Any]
    screen: str
    created_at: float
    expires_at: float
    thread_id: int = 0
    origin_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog(NewDialog):
    """A row of `dialogs`, as it was when it was read. What each column means stands in `tables.py`."""

    id: int
    message_id: int | None
    picture: str | None
    version: int
    shown: int

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """Read a row."""
        return cls(**row)


async def get(conn: AsyncConnection, chat_id: int, thread_id: int | None, owner_id: int, now: float) -> Dialog | None:
    """Find the dialog of a place that has not expired."""
    return await _one(conn, _GET, {"chat": chat_id, "thread": thread_id or 0, "owner": owner_id, "now": now})


async def by_id(conn: AsyncConnection, dialog_id: int, now: float) -> Dialog | None:
    """Find a dialog that has not expired by what its buttons carry."""
    return await _one(conn, _BY_ID, {"dialog_id": dialog_id, "now": now})


async def put(conn: AsyncConnection, new: NewDialog) -> tuple[Dialog, Dialog | None]:
    """Begin a dialog; give it back, and the one of the same place that it replaces.

    The new one has an id of its own: the old one's buttons do not reach it.
    """
    place = {"chat": new.chat_id, "thread": new.thread_id, "owner": new.owner_id}
    replaced = None
    for _ in range(_TRIES):
        replaced = await _one(conn, _CLEAR, place) or replaced
        if begun := await _one(conn, _INSERT, asdict(new)):
            return begun, replaced
    raise RuntimeError("other processes keep beginning dialogs of the same person in the same place")


async def update(conn: AsyncConnection, dialog: Dialog, **changes: object) -> Dialog | None:
    """Change a dialog, which then waits to be shown. None where it is gone, or was changed since it was read."""
    unchanged = (_D.id == dialog.id, _D.version == dialog.version)
    values = {**changes, "version": dialog.version + 1}
    return await _one(conn, sa.update(dialogs).where(*unchanged).values(values).returning(dialogs), {})


async def mark_shown(
    conn: AsyncConnection, dialog: Dialog, message_id: int, picture: str | None = None
) -> Dialog | None:
    """Note which message, with which picture, shows this version of the dialog; a newer one that is shown stays.

    One that was changed meanwhile still waits. Gives the row as it was just before, None where it is gone.
    """
    before = await _one(conn, _HOLD, {"dialog_id": dialog.id})
    if before is not None and before.shown <= dialog.version:
        shown = {
            "dialog_id": dialog.id,
            "shown_version": dialog.version,
            "shown_by": message_id,
            "shown_picture": picture,
        }
        await conn.execute(_MARK_SHOWN, shown)
    return before


async def remove(conn: AsyncConnection, dialog_id: int) -> bool:
    """End a dialog. False where it is gone already: of two who end it, one is told True."""
    return await conn.scalar(_REMOVE, {"dialog_id": dialog_id}) is not None


async def unshown(conn: AsyncConnection, now: float, limit: int) -> list[Dialog]:
    """List the dialogs whose last change is not shown yet, oldest first."""
    return await _listed(conn, _UNSHOWN, {"now": now, "most": limit})


async def expired(conn: AsyncConnection, now: float, limit: int) -> list[Dialog]:
    """List the dialogs that have expired, to be closed and removed."""
    return await _listed(conn, _EXPIRED, {"now": now, "most": limit})


async def _one(conn: AsyncConnection, statement: sa.Executable, params: Mapping[str, Any]) -> Dialog | None:
    row = (await conn.execute(statement, params)).mappings().one_or_none()
    return Dialog.from_row(row) if row else None


async def _listed(conn: AsyncConnection, statement: sa.Executable, params: Mapping[str, Any]) -> list[Dialog]:
    return [Dialog.from_row(row) for row in (await conn.execute(statement, params)).mappings()]
