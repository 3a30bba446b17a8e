"""The table of people: who was here, in which language, with which last choices."""

from collections.abc import Mapping
from dataclasses import dataclass
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
_FORGET = update(people).where(_P.id == bindparam("person")).values(choices=bindparam("chosen"), lang=None)
_MEET = _INSERT.on_conflict_do_update(
    index_elements=[_P.id], set_={name: _INSERT.excluded[name] for name in ("seen_at", "name", "username")}
)
_PERSON = select(_P.id, _P.name, _P.username, _P.daily, _P.allowed_at, _P.banned_at)
_BY_ID = _PERSON.where(_P.id == bindparam("person"))
_BY_USERNAME = _PERSON.where(_P.username == bindparam("known_as")).order_by(_P.seen_at.desc()).limit(1)
_SET_LANG = update(people).where(_P.id == bindparam("person")).values(lang=bindparam("to"))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, and what the operator has said of them; `daily` is the pictures a day, None as for everybody."""

    id: int
    name: str | None = None
    username: str | None = None
    daily: int | None = None
    allowed_at: float | None = None
    banned_at: float | None = None

    @property
    def is_allowed(self) -> bool:
        """Tell whether the operator has let them in."""
        return self.allowed_at is not None

    @property
    def is_banned(self) -> bool:
        """Tell whether the operator has shut them out."""
        return self.banned_at is not None


async def meet(conn: AsyncConnection, person_id: int, name: str, username: str | None, now: float) -> None:
    """Note that a person was here, and what they are called. The row is this transaction's as in `remember`."""
    known_as = username.lower() if username else None
    await conn.execute(_MEET, {"id": person_id, "choices": {}, "seen_at": now, "name": name, "username": known_as})


async def standing(conn: AsyncConnection, person_id: int) -> Person:
    """Read what the operator has said of a person; nothing of one who was never here."""
    return await find(conn, person_id) or Person(person_id)


async def find(conn: AsyncConnection, whom: int | str) -> Person | None:
    """Find a person by id or username; of several who had a username, the one who was here last."""
    if isinstance(whom, int):
        rows = await conn.execute(_BY_ID, {"person": whom})
    else:
        rows = await conn.execute(_BY_USERNAME, {"known_as": whom.lower()})
    row = rows.one_or_none()
    return Person(*row) if row else None


async def judge(conn: AsyncConnection, person_id: int, **standing: float | None) -> None:
    """Write down what the operator says of a person: `daily`, `allowed_at`, `banned_at`."""
    await conn.execute(update(people).where(_P.id == person_id).values(standing))


async def remember(conn: AsyncConnection, person_id: int, now: float) -> None:
    """Note that a person was here. On PostgreSQL the row is this transaction's until its end."""
    await conn.execute(_REMEMBER, {"id": person_id, "choices": {}, "seen_at": now})


async def choices(conn: AsyncConnection, person_id: int, capability: str) -> dict[str, Any]:
    """Read the last options of a person for a capability; empty where there are none."""
    return (await all_choices(conn, person_id)).get(capability, {})


async def all_choices(conn: AsyncConnection, person_id: int) -> dict[str, dict[str, Any]]:
    """Read the last options of a person by capability."""
    return await conn.scalar(_CHOICES, {"person": person_id}) or {}


async def choose(
    conn: AsyncConnection, person_id: int, capability: str, options: Mapping[str, Any], now: float
) -> None:
    """Keep a person's options for a capability as the next defaults."""
    await remember(conn, person_id, now)
    chosen = {**await all_choices(conn, person_id), capability: dict(options)}
    await conn.execute(_CHOOSE, {"person": person_id, "chosen": chosen})


async def change(conn: AsyncConnection, person_id: int, options: Mapping[str, Mapping[str, Any]], now: float) -> None:
    """Change some of a person's next defaults, by capability; the others stay."""
    await remember(conn, person_id, now)
    before = await all_choices(conn, person_id)
    changed = {capability: {**before.get(capability, {}), **values} for capability, values in options.items()}
    await conn.execute(_CHOOSE, {"person": person_id, "chosen": {**before, **changed}})


async def forget(conn: AsyncConnection, person_id: int) -> None:
    """Drop all that a person has chosen, the language too."""
    await conn.execute(_FORGET, {"person": person_id, "chosen": {}})


async def lang(conn: AsyncConnection, person_id: int) -> str | None:
    """Read the language that a person has chosen; None: the client's."""
    chosen: str | None = await conn.scalar(_LANG, {"person": person_id})
    return chosen


async def set_lang(conn: AsyncConnection, person_id: int, to: str | None, now: float) -> None:
    """Choose a person's language; None: the client's."""
    await remember(conn, person_id, now)
    await conn.execute(_SET_LANG, {"person": person_id, "to": to})
