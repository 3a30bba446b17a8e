"""The table of people: who was here, in which language, with which last choices."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import people
from bot.store.upsert import insert

_P = people.c
_INSERT = insert(people)
_REMEMBER = _INSERT.on_conflict_do_update(index_elements=[_P.id], set_={"seen_at": _INSERT.excluded.seen_at})
_CHOICES = select(_P.choices).where(_P.id == bindparam("person"))
_LANG = select(_P.lang).where(_P.id == bindparam("person"))
_CHOOSE = update(people).where(_P.id == bindparam("person")).values(choices=bindparam("chosen"))
_SET_LANG = update(people).where(_P.id == bindparam("person")).values(lang=bindparam("to"))


async def remember(conn: AsyncConnection, person_id: int, now: float) -> None:
    """Note that a person was here. On PostgreSQL the row is this transaction's until its end."""
    await conn.execute(_REMEMBER, {"id": person_id, "choices": {}, "seen_at": now})


async def choices(conn: AsyncConnection, person_id: int, capability: str) -> dict[str, Any]:
    """Read the last options of a person for a capability; empty where there are none."""
    return (await _all_choices(conn, person_id)).get(capability, {})


async def choose(
    conn: AsyncConnection, person_id: int, capability: str, options: Mapping[str, Any], now: float
) -> None:
    """Keep a person's options for a capability as the next defaults."""
    await remember(conn, person_id, now)
    chosen = {**await _all_choices(conn, person_id), capability: dict(options)}
    await conn.execute(_CHOOSE, {"person": person_id, "chosen": chosen})


async def lang(conn: AsyncConnection, person_id: int) -> str | None:
    """Read the language that a person has chosen; None: the client's."""
    chosen: str | None = await conn.scalar(_LANG, {"person": person_id})
    return chosen


async def set_lang(conn: AsyncConnection, person_id: int, to: str | None, now: float) -> None:
    """Choose a person's language; None: the client's."""
    await remember(conn, person_id, now)
    await conn.execute(_SET_LANG, {"person": person_id, "to": to})


async def _all_choices(conn: AsyncConnection, person_id: int) -> dict[str, dict[str, Any]]:
    return await conn.scalar(_CHOICES, {"person": person_id}) or {}
