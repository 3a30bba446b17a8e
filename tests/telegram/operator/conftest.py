"""Alice runs the bot."""

from typing import Any

import pytest

ALICE = 5_000_000_101


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"owner_ids": str(ALICE)}
