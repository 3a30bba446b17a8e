"""Starting other processes that work on the same database."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def start() -> AsyncIterator[Callable[..., Awaitable[Process]]]:
    """Start a script of `processes/` with arguments; what still runs at the end is killed."""
    started: list[Process] = []

    async def run(script: str, *arguments: str) -> Process:
        file = ROOT / "tests/store/processes" / script
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", file, *arguments, stdin=PIPE, stdout=PIPE, env=env
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()
