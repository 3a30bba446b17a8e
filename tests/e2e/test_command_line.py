"""`check` and `demo --say`, as processes."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.e2e.studio import GUARDED, Studio, environment


async def bot(*arguments: str, cwd: Path, settings: dict[str, str] | None = None) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", GUARDED, *arguments,
        cwd=cwd,
        env={**environment(), **(settings or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_the_demo_in_the_terminal(tmp_path: Path) -> None:
    code, output = await bot("demo", "--say", "/imagine a red fox --n 2", "--out", "pictures", cwd=tmp_path)
    assert code == 0, output
    assert "a red fox" in output
    assert len(list((tmp_path / "pictures").iterdir())) == 2


async def test_the_demo_says_when_no_picture_came(tmp_path: Path) -> None:
    code, output = await bot("demo", "--say", "/imagine a fox --steps 900", cwd=tmp_path)
    assert (code, "1–70" in output) == (1, True)


async def test_check_while_the_bot_runs(studio: Studio, tmp_path: Path) -> None:
    code, output = await bot("check", cwd=tmp_path, settings=studio.bot.settings)
    assert code == 0, output
    assert output.count("✓") == 4


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, "TELEGRAM_BOT_TOKEN"),
        ({"TELEGRAM_BOT_TOKEN": "x"}, "MIAOHUA_ACCESS_KEY"),
        (
            {"TELEGRAM_BOT_TOKEN": "x", "MIAOHUA_ACCESS_KEY": "x", "MIAOHUA_SECRET_KEY": "x", "WEB_PORT": "no"},
            "WEB_PORT",
        ),
    ],
)
async def test_a_bad_setting_stops_the_start_with_one_sentence(
    tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    code, output = await bot("run", cwd=tmp_path, settings=settings)
    assert code == 1
    assert output.startswith(named)
    assert output.count("\n") == 1


async def test_a_second_process_on_the_same_database_does_not_start(studio: Studio) -> None:
    code, output = await bot("run", cwd=studio.bot.home, settings=studio.bot.settings)
    assert code == 1
    assert "already running" in output
