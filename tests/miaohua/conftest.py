"""A vendor that answers what a test tells it to, and the client in front of it."""

import ssl
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import respx
from pydantic import SecretStr

from bot.miaohua.client import Miaohua

HOST = "https://vendor.test"


@pytest.fixture
def vendor() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=HOST) as router:
        yield router


@pytest.fixture
async def api() -> AsyncIterator[Miaohua]:
    without_roots = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nothing is connected to; loading the real ones takes long
    async with httpx.AsyncClient(verify=without_roots, trust_env=False) as http:
        yield Miaohua(
            http,
            base_url=HOST + "/",
            access_key=SecretStr("the-access-key"),
            secret_key=SecretStr("the-secret-key"),
            clock=lambda: 1_700_000_000.0,
        )
