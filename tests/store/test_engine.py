import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import QueuePool

from bot.settings import SettingsError
from bot.store import people
from bot.store.connect import connect, is_sqlite
from bot.store.engine import Store
from bot.store.tables import allowances, pictures


async def test_keeps_what_is_written(store: Store) -> None:
    async with store.write() as conn:
        await people.set_lang(conn, 1, "en", 5.0)
    async with store.read() as conn:
        assert await people.lang(conn, 1) == "en"


async def test_an_exception_undoes_the_whole_transaction(store: Store) -> None:
    async def fail() -> None:
        async with store.write() as conn:
            await people.set_lang(conn, 1, "en", 5.0)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with store.read() as conn:
        assert await people.lang(conn, 1) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_read_keeps_nothing_on_sqlite(store: Store) -> None:
    async with store.read() as conn:
        await people.set_lang(conn, 1, "en", 5.0)
    async with store.read() as conn:
        assert await people.lang(conn, 1) is None


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_read_refuses_writing_on_postgres(store: Store) -> None:
    async with store.read() as conn:
        with pytest.raises(Exception, match="read-only transaction"):
            await people.set_lang(conn, 1, "en", 5.0)


async def test_foreign_keys_are_enforced(store: Store) -> None:
    with pytest.raises(IntegrityError):
        async with store.write() as conn:
            await conn.execute(insert(pictures).values(task_id=12345, index=0))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_survives_a_power_cut_and_lets_readers_read(store: Store) -> None:
    async with store.read() as conn:
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
        assert {name: await conn.scalar(text(f"PRAGMA {name}")) for name in wanted} == wanted


async def test_writers_at_once_lose_nothing(store: Store) -> None:
    row = {"scope": "user", "subject_id": 1, "day": "2026-01-01"}
    async with store.write() as conn:
        await conn.execute(insert(allowances).values(**row, used=0))

    async def count_up() -> None:
        async with store.write() as conn:
            await conn.execute(update(allowances).values(used=allowances.c.used + 1))

    await asyncio.gather(*(count_up() for _ in range(40)))
    async with store.read() as conn:
        assert await conn.scalar(select(allowances.c.used)) == 40


async def test_two_stores_write_to_one_database(store: Store, database_url: str) -> None:
    other = await Store.open(database_url)

    async def choose(own: Store, capability: str) -> None:
        async with own.write() as conn:
            assert await people.lang(conn, 1) is None  # SQLite refuses to write after this, unless it was told before
            await people.choose(conn, 1, capability, {"n": 1}, 5.0)

    await asyncio.gather(*(choose((store, other)[i % 2], f"c{i}") for i in range(12)))
    async with other.read() as conn:
        assert [await people.choices(conn, 1, f"c{i}") for i in range(12)] == [{"n": 1}] * 12
    await other.close()


async def test_cancelled_at_any_point_no_connection_is_lost(database_url: str) -> None:
    before = threading.active_count()
    store = await Store.open(database_url)

    async def work() -> None:
        async with store.write() as conn:
            await people.set_lang(conn, 1, "en", 5.0)
        async with store.read() as conn:
            await people.lang(conn, 1)

    for steps in range(0, 60, 2):
        cut = [asyncio.create_task(work()) for _ in range(3)]
        for _ in range(steps):
            await asyncio.sleep(0.0001)
        for task in cut:
            task.cancel()
        await asyncio.gather(*cut, return_exceptions=True)
    assert isinstance(store.engine.pool, QueuePool)
    assert store.engine.pool.checkedout() == 0
    await asyncio.wait_for(work(), 10)
    await store.close()
    assert threading.active_count() <= before + 1  # asyncio's own resolver thread at most


async def test_makes_the_directory(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "bot.db"
    await (await Store.open(f"sqlite+aiosqlite:///{file}")).close()
    assert file.exists()


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"])
async def test_refuses_a_database_in_memory(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        await Store.open(url)


async def test_foreign_keys_can_be_left_out_for_migrations(database_url: str) -> None:
    engine = connect(database_url, foreign_keys=False)
    if is_sqlite(engine.url):
        async with engine.connect() as conn:
            assert await conn.scalar(text("PRAGMA foreign_keys")) == 0
    await engine.dispose()
