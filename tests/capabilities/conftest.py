from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.capabilities.workshop import Workshop, open_workshop


@pytest.fixture
async def workshop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with open_workshop(tmp_path) as opened:
        yield opened
