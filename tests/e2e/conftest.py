from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.vendor.vendor import Vendor
from tests.e2e.studio import Studio, run_studio
from tests.sandbox.page.conftest import tab

__all__ = ["tab"]  # the browser of the chat page's own tests


@pytest.fixture
def vendor() -> Vendor:
    return Vendor(task_seconds=0)


@pytest.fixture
def settings() -> dict[str, str]:
    """What a test wants to set otherwise."""
    return {}


@pytest.fixture
async def studio(vendor: Vendor, settings: dict[str, str], tmp_path: Path) -> AsyncIterator[Studio]:
    async with run_studio(vendor, settings, tmp_path) as running:
        yield running
    print("".join(running.bot.log[-100:]))  # noqa: T201  pytest shows it with a failure
