"""Engines: what SQLite and PostgreSQL each need, so that nobody above has to know which one it is."""

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.settings import SettingsError

# Seconds that a statement may wait: for another writer (SQLite), for the server (PostgreSQL).
BUSY_SECONDS = 30
CONNECT_SECONDS = 10
STATEMENT_SECONDS = 60

# An execution option: the transaction will write, and SQLite takes its write lock at the beginning. A transaction
# that asks for it later is refused at once where another has written in between, however long it would wait.
WRITES = "writes"


def is_sqlite(url: URL) -> bool:
    """Tell whether it is the one-file database."""
    return url.get_backend_name() == "sqlite"


def sqlite_file(url: URL) -> Path:
    """Say where a SQLite database lies. Raises `SettingsError` where it would lie in memory only."""
    if not url.database or url.database == ":memory:":
        raise SettingsError("DATABASE_URL: SQLite needs the path of a file, as in sqlite+aiosqlite:///data/bot.db.")
    return Path(url.database).absolute()


def connect(address: str, *, foreign_keys: bool = True) -> AsyncEngine:
    """Make an engine; the directory of a SQLite file is created.

    `foreign_keys=False` is for migrations: SQLite replaces a table by dropping it, which would cascade.
    """
    url = make_url(address)
    if not is_sqlite(url):
        limits = {"timeout": CONNECT_SECONDS, "command_timeout": STATEMENT_SECONDS}
        return create_async_engine(url, connect_args=limits, pool_pre_ping=True)
    sqlite_file(url).parent.mkdir(parents=True, exist_ok=True)
    # With isolation_level None the driver begins nothing by itself: _begin does.
    engine = create_async_engine(url, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None})
    event.listen(engine.sync_engine, "connect", _enforcing if foreign_keys else _lenient)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _lenient(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    _set(connection, journal_mode="WAL", synchronous="FULL")  # FULL: what was accepted survives a power cut


def _enforcing(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    _set(connection, journal_mode="WAL", synchronous="FULL", foreign_keys="ON")


def _set(connection: DBAPIConnection, **pragmas: str) -> None:
    cursor: Any = connection.cursor()
    for name, value in pragmas.items():
        cursor.execute(f"PRAGMA {name}={value}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
