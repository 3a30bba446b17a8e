"""A stand-in in this process, with a clock that the test moves and a web that the test fills."""

import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import jwt
import pytest
from PIL import Image

from bot.sandbox.vendor.app import create_app
from bot.sandbox.vendor.vendor import ACCESS_KEY, SECRET_KEY, Vendor
from tests.sandbox.vendor.customer import Customer

START = 1_700_000_000


@dataclass
class Clock:
    now: float = START

    def __call__(self) -> float:
        return self.now


def token(now: float, *, secret: str = SECRET_KEY, **claims: object) -> str:
    return jwt.encode({"iss": ACCESS_KEY, "exp": int(now) + 1800, "nbf": int(now) - 5, **claims}, secret)


def picture_bytes(width: int = 300, height: int = 300, name: str = "PNG") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (width, height), (200, 40, 90)).save(held, name)
    return held.getvalue()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def web() -> dict[str, bytes]:
    return {"/a.png": picture_bytes()}


@pytest.fixture
def vendor(clock: Clock, web: dict[str, bytes]) -> Vendor:
    def serve(request: httpx.Request) -> httpx.Response:
        content = web.get(request.url.path)
        return httpx.Response(404) if content is None else httpx.Response(200, content=content)

    return Vendor(clock=clock, task_seconds=10, link_seconds=60, transport=httpx.MockTransport(serve))


@pytest.fixture
async def api(vendor: Vendor, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {token(clock.now)}", "content-type": "application/json"}
    transport = httpx.ASGITransport(create_app(vendor))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
        yield client


@pytest.fixture
def customer(api: httpx.AsyncClient, clock: Clock, web: dict[str, bytes]) -> Customer:
    return Customer(api, clock, web)


@pytest.fixture
def sign() -> Callable[..., str]:
    return token


@pytest.fixture
def make_picture() -> Callable[..., bytes]:
    return picture_bytes
