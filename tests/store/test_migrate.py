from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.store import people
from bot.store.connect import connect
from bot.store.engine import Store
from bot.store.migrate import MIGRATIONS, NewerDatabase, migrate, revisions
from bot.store.tables import metadata


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


async def _empty(url: str) -> None:
    engine = connect(url)
    async with engine.begin() as conn:
        await conn.run_sync(metadata.drop_all)
        await conn.execute(text("DROP TABLE alembic_version"))
    await engine.dispose()


async def test_migrations_make_what_tables_say(store: Store) -> None:
    async with store.read() as conn:
        assert await conn.run_sync(_differences) == []


async def test_a_missing_table_would_be_noticed(store: Store) -> None:
    async with store.write() as conn:
        await conn.execute(text("DROP TABLE pictures"))
    async with store.read() as conn:
        assert len(await conn.run_sync(_differences)) == 1


def test_the_files_are_what_alembic_would_run() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    assert [each.revision for each in script.walk_revisions()][::-1] == revisions()


async def test_opening_again_keeps_what_is_there(store: Store, database_url: str) -> None:
    async with store.write() as conn:
        await people.set_lang(conn, 1, "zh_CN", 5.0)
    again = await Store.open(database_url)
    async with again.read() as conn:
        assert await people.lang(conn, 1) == "zh_CN"
    await again.close()


async def test_refuses_the_database_of_a_newer_version(store: Store, database_url: str) -> None:
    async with store.write() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))
    with pytest.raises(NewerDatabase, match="r9999"):
        await migrate(database_url)


async def test_two_processes_open_a_new_database_at_once(
    database_url: str, start: Callable[..., Awaitable[Process]]
) -> None:
    await _empty(database_url)
    opening = [await start("open.py", database_url) for _ in range(2)]
    said = [(await each.communicate())[0].strip() for each in opening]
    assert [each.returncode for each in opening] == [0, 0]
    assert b"True" in said
    store = await Store.open(database_url)
    async with store.read() as conn:
        assert await conn.run_sync(_differences) == []
    await store.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_alembic_is_not_imported_where_nothing_is_due(
    database_url: str, start: Callable[..., Awaitable[Process]]
) -> None:
    process = await start("open.py", database_url)
    assert (await process.communicate())[0].strip() == b"False"


async def test_a_path_with_special_characters(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/50 % 画.db"
    await (await Store.open(url)).close()
    assert (tmp_path / "50 % 画.db").exists()
