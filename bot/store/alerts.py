"""The table of alerts: what the owners are told once, until it is over."""

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import alerts
from bot.store.upsert import insert

_A = alerts.c
_IS_ALERT = _A.name == bindparam("alert")
_ALL = select(alerts).order_by(_A.name)
_RAISE = insert(alerts).on_conflict_do_nothing(index_elements=[_A.name])
_TELL = update(alerts).where(_IS_ALERT).values(told_at=bindparam("now"))
_LOWER = delete(alerts).where(_IS_ALERT)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that is wrong since `raised_at`."""

    name: str
    raised_at: float
    told_at: float | None


async def raised(conn: AsyncConnection) -> list[Alert]:
    """List the alerts that are not over."""
    return [Alert(**row) for row in (await conn.execute(_ALL)).mappings()]


async def put_up(conn: AsyncConnection, name: str, now: float) -> None:
    """Raise an alert, once."""
    await conn.execute(_RAISE, {"name": name, "raised_at": now})


async def told(conn: AsyncConnection, name: str, now: float) -> None:
    """Note that the owners were told."""
    await conn.execute(_TELL, {"alert": name, "now": now})


async def take_down(conn: AsyncConnection, name: str) -> None:
    """Drop an alert that is over."""
    await conn.execute(_LOWER, {"alert": name})
