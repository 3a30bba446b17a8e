"""Bring a database to the newest revision, by hand-written Alembic migrations.

A migration is a file in `migrations/versions`, named by its number. `tests/store/test_migrate.py` compares what they
make with `tables.py`, and so says what a new one has to do.
"""

from pathlib import Path

from sqlalchemy import Connection, column, func, inspect, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.connect import WRITES, connect, is_sqlite

MIGRATIONS = Path(__file__).with_name("migrations")

_VERSION = select(table("alembic_version", column("version_num")).c.version_num)
_ADVISORY_LOCK = 7_041_001  # of processes that migrate the same PostgreSQL database


class NewerDatabase(Exception):
    """The database was migrated by a newer version of the bot than this one."""


def revisions() -> list[str]:
    """List the revisions that this version knows, oldest first."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("r[0-9]*.py"))


async def migrate(url: str) -> None:
    """Run the migrations that are due; of two processes at once, one does it and the other waits.

    Raises `NewerDatabase`.
    """
    engine = connect(url, foreign_keys=False)
    try:
        async with engine.connect() as conn:
            current = await conn.run_sync(_current)
        known = revisions()
        if current is not None and current not in known:
            raise NewerDatabase(f"The database is at revision {current}, this version of the bot knows {known[-1]}.")
        if current != known[-1]:
            async with engine.execution_options(**{WRITES: True}).begin() as conn:
                await _upgrade_alone(conn)
    finally:
        await engine.dispose()


def _current(connection: Connection) -> str | None:
    return connection.scalar(_VERSION) if inspect(connection).has_table("alembic_version") else None


async def _upgrade_alone(conn: AsyncConnection) -> None:
    # SQLite: the transaction has begun as the only writer. Alembic reads the version again inside of it.
    if not is_sqlite(conn.engine.url):
        await conn.execute(select(func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
    await conn.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  takes 0.7 s: only where a migration is due
    from alembic.config import Config  # noqa: PLC0415  the same

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
