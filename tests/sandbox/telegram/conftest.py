"""A stand-in on a free port, a real bot in front of it, and people behind it."""

import io
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from PIL import Image
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.sandbox.chat import ChatClient
from bot.sandbox.telegram.app import run_telegram
from bot.sandbox.telegram.people.shown import Person, ShownChat, State
from bot.sandbox.telegram.state import Options, Sandbox

# Plain HTTP to loopback: loading certificates would only take time.
PLAIN: dict[str, Any] = {"trust_env": False, "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}


@pytest.fixture
def clock() -> list[float]:
    """The time, to be read and set at [0]."""
    return [1_700_000_000.0]


@pytest.fixture
def options(clock: list[float]) -> Options:
    return Options(rate_limits=False, now=lambda: clock[0], webhook_retry_seconds=0.01)


@pytest.fixture
async def running(options: Options) -> AsyncIterator[tuple[str, Sandbox]]:
    async with run_telegram(options) as held:
        yield held


@pytest.fixture
def address(running: tuple[str, Sandbox]) -> str:
    return running[0]


@pytest.fixture
def sandbox(running: tuple[str, Sandbox]) -> Sandbox:
    return running[1]


@pytest.fixture
async def bot(address: str, options: Options, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    """A real bot that has said hello."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # without it PTB warns of its next major version
    requests = [HTTPXRequest(httpx_kwargs=PLAIN, read_timeout=60) for _ in range(2)]
    made = Bot(
        options.token,
        base_url=f"{address}/bot",
        base_file_url=f"{address}/file/bot",
        request=requests[0],
        get_updates_request=requests[1],
    )
    async with made:
        yield made


@pytest.fixture
async def chat(address: str) -> AsyncIterator[ChatClient]:
    async with ChatClient(address) as client:
        yield client


@pytest.fixture
async def state(chat: ChatClient) -> State:
    return await chat.state()


@pytest.fixture
async def alice(chat: ChatClient, state: State) -> Person:
    """Somebody who has started her private chat."""
    person = state.person("Alice")
    await chat.send(person.id, person.id, "/start")
    return person


@pytest.fixture
def bob(state: State) -> Person:
    """Somebody who has not."""
    return state.person("Bob")


@pytest.fixture
def group(state: State) -> ShownChat:
    return state.chat("Picture friends")


@pytest.fixture
def forum(state: State) -> ShownChat:
    return state.chat("Picture forum")


@pytest.fixture
async def post(address: str, options: Options) -> AsyncIterator[Callable[..., Awaitable[httpx.Response]]]:
    """Call a method with a JSON body."""
    async with httpx.AsyncClient(**PLAIN, base_url=f"{address}/bot{options.token}/", timeout=60) as client:

        async def call(method: str, **params: object) -> httpx.Response:
            return await client.post(method, json=params)

        yield call


@pytest.fixture
def updates(post: Callable[..., Awaitable[httpx.Response]]) -> Callable[[], Awaitable[list[dict[str, Any]]]]:
    """Fetch and confirm what waits for the bot, as plain JSON."""

    async def fetch() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await post("getUpdates")).json()["result"]
        if found:
            await post("getUpdates", offset=found[-1]["update_id"] + 1)
        return found

    return fetch


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Make a picture of some size, format and mode."""

    def make(width: int = 64, height: int = 48, kind: str = "PNG", mode: str = "RGB") -> bytes:
        out = io.BytesIO()
        Image.linear_gradient("L").resize((width, height)).convert(mode).save(out, kind, compress_level=1)
        return out.getvalue()

    return make
