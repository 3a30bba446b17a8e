"""One running process a database: two would both poll Telegram and the vendor.

Either lock goes with the process that holds it, however it ends.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store.connect import is_sqlite, sqlite_file
from bot.store.engine import Store

_ADVISORY_LOCK = 7_041_002


class AlreadyRunning(Exception):
    """Another process works on this database."""

    def __init__(self) -> None:
        super().__init__("The bot is already running on this database: stop the other process first.")


def single_instance(store: Store) -> AbstractAsyncContextManager[None]:
    """Hold the database for this process. Raises `AlreadyRunning` at once where another one has it."""
    url = store.engine.url
    return _lock_file(sqlite_file(url)) if is_sqlite(url) else _advisory_lock(store.engine)


@asynccontextmanager
async def _lock_file(database: Path) -> AsyncIterator[None]:
    lock = FileLock(database.with_name(f"{database.name}.lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise AlreadyRunning from None
    try:
        yield
    finally:
        lock.release()


@asynccontextmanager
async def _advisory_lock(engine: AsyncEngine) -> AsyncIterator[None]:
    # The lock is the session's: it needs a connection of its own, outside of any transaction.
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as conn:
        if not await conn.scalar(select(func.pg_try_advisory_lock(_ADVISORY_LOCK))):
            raise AlreadyRunning
        try:
            yield
        finally:
            with suppress(DBAPIError):  # a lost connection has lost the lock as well
                await conn.scalar(select(func.pg_advisory_unlock(_ADVISORY_LOCK)))
