"""The table of presets: a person's options for a capability, under a name."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import RowMapping, bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import presets

MOST = 50  # of a person

_P = presets.c
_IS_OWN = _P.owner_id == bindparam("owner")
_IS_IT = sa.and_(_IS_OWN, _P.name == bindparam("known_as"))

_OF_OWNER = sa.select(presets).where(_IS_OWN).order_by(_P.created_at.desc(), _P.name)
_INSERT = sa.insert(presets)
_RENAME = sa.update(presets).where(_IS_IT).values(name=bindparam("to"))
_REMOVE = sa.delete(presets).where(_IS_IT)


class NoRoom(Exception):
    """The person has as many presets as there may be."""


class NameTaken(Exception):
    """The person has another preset of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A row of `presets`. Its name is unlike the owner's others, whatever their case."""

    owner_id: int
    name: str
    capability: str
    options: dict[str, Any]
    created_at: float

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """Read a row."""
        return cls(**row)


def find(known: Iterable[Preset], name: str) -> Preset | None:
    """Find a preset by its name, in whatever case."""
    return next((one for one in known if one.name.casefold() == name.casefold()), None)


async def of_owner(conn: AsyncConnection, owner_id: int) -> list[Preset]:
    """List a person's presets, newest first."""
    return [Preset.from_row(row) for row in (await conn.execute(_OF_OWNER, {"owner": owner_id})).mappings()]


async def save(conn: AsyncConnection, preset: Preset) -> bool:
    """Write a preset down; say whether it took the place of one of that name. Raises `NoRoom`."""
    known = await of_owner(conn, preset.owner_id)
    before = find(known, preset.name)
    if before is None and len(known) >= MOST:
        raise NoRoom
    if before is not None:
        await remove(conn, before.owner_id, before.name)
    await conn.execute(_INSERT, asdict(preset))
    return before is not None


async def rename(conn: AsyncConnection, owner_id: int, name: str, to: str) -> bool:
    """Give a preset another name; False where it is gone. Raises `NameTaken`."""
    other = find(await of_owner(conn, owner_id), to)
    if other is not None and other.name != name:
        raise NameTaken
    return (await conn.execute(_RENAME, {"owner": owner_id, "known_as": name, "to": to})).rowcount > 0


async def remove(conn: AsyncConnection, owner_id: int, name: str) -> bool:
    """Delete a preset; False where it is gone already."""
    return (await conn.execute(_REMOVE, {"owner": owner_id, "known_as": name})).rowcount > 0
