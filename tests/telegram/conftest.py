import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.store import tasks
from bot.store.task import NewTask, State, Task
from tests.telegram.stage import REQUEST, Stage, open_stage


@pytest.fixture
def stage_database(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of the stage's database; a module whose rows matter takes `database_url` in its place."""
    return f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, tmp_path / 'bot.db')}"


@pytest.fixture
def settings() -> dict[str, Any]:
    """Settings that a test wants otherwise."""
    return {}


@pytest.fixture
async def stage(stage_database: str, tmp_path: Path, settings: dict[str, Any]) -> AsyncIterator[Stage]:
    async with open_stage(stage_database, tmp_path, **settings) as opened:
        yield opened


@pytest.fixture
def add_task(stage: Stage, new_task: Callable[..., NewTask]) -> Callable[..., Awaitable[Task]]:
    """Insert a task of Alice's in her private chat; any column can be given, and parts of the request."""

    async def add(request: dict[str, Any] | None = None, **columns: Any) -> Task:
        alice = stage.person("Alice").id
        stage.chat("Alice").started = True
        usual = {"owner_id": alice, "chat_id": alice, "created_at": stage.now, "next_at": stage.now}
        fresh = {name: value for name, value in columns.items() if name in NewTask.__dataclass_fields__}
        new = new_task(**{"deadline_at": stage.now + 900, **usual, "request": {**REQUEST, **(request or {})}, **fresh})
        async with stage.store.write() as conn:
            task = await tasks.insert(conn, new)
        later = {name: value for name, value in columns.items() if name not in fresh}
        return await stage.change(task, **later) if later else task

    return add


@pytest.fixture
def delivering(add_task: Callable[..., Awaitable[Task]]) -> Callable[..., Awaitable[Task]]:
    """Insert a task whose pictures are made."""

    async def add(**more: Any) -> Task:
        return await add_task(**{"state": State.DELIVERING, **more})

    return add
