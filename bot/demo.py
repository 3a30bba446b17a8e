"""`python -m bot demo`: the whole bot between stand-ins, in the browser or in the terminal, with no account."""

import asyncio
import socket
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bot import app, log
from bot.sandbox.chat import ChatClient
from bot.sandbox.guard import loopback_only
from bot.sandbox.telegram.app import run_telegram
from bot.sandbox.telegram.cast import TOKEN
from bot.sandbox.telegram.people.shown import ChatMessage, Event
from bot.sandbox.vendor.app import create_app as create_vendor
from bot.sandbox.vendor.vendor import ACCESS_KEY, SECRET_KEY, Vendor
from bot.settings import Settings, load
from bot.web.server import serve

# A conversation in the terminal ends after this long, whatever came.
PATIENCE = 300.0

SPEAKER = "Alice"


async def serve_page(stop: asyncio.Event, *, port: int, browser: bool) -> int:
    """Serve the chat page until `stop` is set; open it in a browser where that is wanted and there is one."""
    async with _studio(stop, port=port, task_seconds=6.0) as address:
        _print(f"The demo's chat page: {address}  (Ctrl+C ends it)")
        _print(f"演示聊天页面: {address}  (按 Ctrl+C 结束)")
        if browser and not stop.is_set():
            with suppress(webbrowser.Error):
                await asyncio.to_thread(webbrowser.open, address)
        await stop.wait()
    return 0


async def say(words: str, out: Path) -> int:
    """Send one message, print the conversation, and write the pictures that come; 0 where some came."""
    stop = asyncio.Event()
    async with _studio(stop, port=0, task_seconds=1.0) as address, ChatClient(address) as chat:
        written = await _converse(chat, words, out)
        stop.set()
    return 0 if written else 1


@asynccontextmanager
async def _studio(stop: asyncio.Event, *, port: int, task_seconds: float) -> AsyncIterator[str]:
    """Run both stand-ins and the bot; yield the chat page's address. The bot ends when `stop` is set."""
    loopback_only()
    vendor = create_vendor(Vendor(task_seconds=task_seconds))
    with tempfile.TemporaryDirectory(prefix="picture-studio-", ignore_cleanup_errors=True) as kept:
        async with serve(vendor, "127.0.0.1", 0) as vendor_address, run_telegram(port=port) as (address, _):
            settings = _settings(Path(kept), vendor_address, address)
            log.configure(level="WARNING", fmt="console", secrets=settings.secrets)
            started = asyncio.Event()
            bot = asyncio.create_task(app.run(settings, stop, started), name="bot")
            bot.add_done_callback(lambda _: stop.set())  # without its bot the page is of no use
            starting = asyncio.create_task(started.wait(), name="bot starts")
            await asyncio.wait({bot, starting}, return_when=asyncio.FIRST_COMPLETED)
            starting.cancel()
            if bot.done():
                await bot  # says why, unless it was stopped
            try:
                yield address
            finally:
                stop.set()
                await bot


def _settings(kept: Path, vendor: str, telegram: str) -> Settings:
    port = _free_port()
    return load(
        _env_file=None,
        telegram_bot_token=TOKEN,
        telegram_api_url=telegram,
        telegram_mode="polling",
        miaohua_access_key=ACCESS_KEY,
        miaohua_secret_key=SECRET_KEY,
        miaohua_api_url=vendor,
        default_model=None,
        database_url=f"sqlite+aiosqlite:///{kept}/bot.db",
        media_dir=kept / "media",
        public_url=f"http://127.0.0.1:{port}",
        web_host="127.0.0.1",
        web_port=port,
        min_interval_seconds=0,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _converse(chat: ChatClient, words: str, out: Path) -> int:
    state = await chat.state()
    speaker = state.person(SPEAKER)
    place = state.chat(SPEAKER)
    _print(f"{SPEAKER}: {words}")
    await chat.send(speaker.id, place.id, words)
    written, accepted = 0, False
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                for event in await chat.events(5.0):
                    accepted = accepted or event.type == "reaction"
                    written += await _show(chat, event, out)
                    if _is_last(event, accepted=accepted):
                        return written
    except TimeoutError:
        _print(f"Nothing more came within {PATIENCE:g} s.")
        return written


def _is_last(event: Event, *, accepted: bool) -> bool:
    """Say whether the conversation ends here: with the buttons of a result or an end, or with an answer alone."""
    message = event.message
    if event.type != "message" or message is None or not message.sender.is_bot:
        return False
    verbs = {(button.data or "").split(":")[1] for button in message.buttons if ":" in (button.data or "")}
    return not accepted or bool(verbs & {"again", "retry", "edit"})


async def _show(chat: ChatClient, event: Event, out: Path) -> int:
    message = event.message
    if event.type == "reaction":
        _print(f"Picture studio: {' '.join(event.reactions)}")
    if event.type not in {"message", "edit"} or message is None or not message.sender.is_bot:
        return 0
    path = await _keep(chat, message, out)
    if path is not None:
        _print(f"{message.sender.name}: [{path}]")
    if message.words:
        _print(f"{message.sender.name}: {message.words}")
    if message.buttons:
        _print("    " + "  ".join(f"[{button.text}]" for button in message.buttons))
    return int(path is not None)


async def _keep(chat: ChatClient, message: ChatMessage, out: Path) -> Path | None:
    shown = message.document or message.photo
    if shown is None:
        return None
    name = message.document.file_name if message.document else f"picture-{message.message_id}.jpg"
    path = out / Path(name).name
    data = await chat.fetch(shown)
    await asyncio.to_thread(_write, path, data)
    return path


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
