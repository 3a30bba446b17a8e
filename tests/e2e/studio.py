"""The bot as a process of its own, over HTTP between the two stand-ins."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bot.sandbox.chat import ChatClient
from bot.sandbox.telegram.app import run_telegram
from bot.sandbox.telegram.cast import TOKEN
from bot.sandbox.telegram.people.shown import ChatMessage, Person, ShownChat, State
from bot.sandbox.telegram.state import Options, Sandbox
from bot.sandbox.vendor.app import create_app
from bot.sandbox.vendor.vendor import ACCESS_KEY, SECRET_KEY, Vendor
from bot.web.server import serve

# Everything that a test waits for comes within this, also on a busy machine.
PATIENCE = 40.0

# The bot's own command line, in a process that can reach nothing but this machine.
GUARDED = """
import sys
from bot.__main__ import main
from bot.sandbox.guard import loopback_only
loopback_only()
sys.exit(main())
"""


@dataclass
class Bot:
    """The process under test; what it logs is kept over restarts."""

    settings: dict[str, str]
    home: Path
    log: list[str] = field(default_factory=list)
    process: Process | None = None
    _reading: asyncio.Task[None] | None = None
    _started: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        await self.launch()
        async with asyncio.timeout(PATIENCE):
            await self._started.wait()
        assert self.process is not None
        assert self.process.returncode is None, "".join(self.log[-20:])

    async def launch(self) -> None:
        """Start it, and do not wait until it listens."""
        self._started.clear()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", GUARDED, "run",
            cwd=self.home,
            env={**environment(), **self.settings},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read())

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        assert self._reading is not None
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE):
            code = await self.process.wait()
            await self._reading
        return code

    async def _read(self) -> None:
        assert self.process is not None
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            self.log.append(line.decode())
            if '"event": "started"' in self.log[-1]:
                self._started.set()
        self._started.set()  # ended: whoever waits will see


@dataclass
class Studio:
    """Both stand-ins, the people, and the bot."""

    bot: Bot
    chat: ChatClient
    state: State
    vendor: Vendor
    vendor_address: str
    telegram: Sandbox
    telegram_address: str

    def who(self, name: str) -> tuple[Person, ShownChat]:
        return self.state.person(name), self.state.chat(name)

    async def say(self, name: str, words: str, **more: Any) -> list[ChatMessage]:
        person, place = self.who(name)
        return await self.chat.send(person.id, place.id, words, **more)

    async def answer(self, name: str, predicate: Callable[[ChatMessage], bool] = lambda _: True) -> ChatMessage:
        _, place = self.who(name)
        return await self.chat.wait_for_message(place.id, predicate, PATIENCE)

    async def press(self, name: str, message: ChatMessage, button: str) -> str:
        person, _ = self.who(name)
        return await self.chat.press(person.id, message, button)

    def orders(self) -> list[dict[str, Any]]:
        return [dict(task.body) for task in self.vendor.tasks.all()]

    async def fault(self, **fault: Any) -> None:
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{self.vendor_address}/sandbox/faults", json=fault)
            answer.raise_for_status()


@asynccontextmanager
async def run_studio(vendor: Vendor, settings: Mapping[str, str], home: Path) -> AsyncIterator[Studio]:
    """Run the bot in `home` between stand-ins; the one for Telegram minds no rates."""
    async with (
        serve(create_app(vendor), "127.0.0.1", 0) as vendor_address,
        run_telegram(Options(rate_limits=False)) as (address, telegram),
        ChatClient(address) as chat,
    ):
        port = free_port()
        usual = {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": address,
            "MIAOHUA_ACCESS_KEY": ACCESS_KEY,
            "MIAOHUA_SECRET_KEY": SECRET_KEY,
            "MIAOHUA_API_URL": vendor_address,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "WEB_PORT": str(port),
            "MIN_INTERVAL_SECONDS": "0",
            "MAX_RUNNING_TASKS": "100",
            "DAILY_LIMIT": "1000",
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "DEBUG",
        }
        bot = Bot({**usual, **settings}, home)
        await bot.start()
        try:
            yield Studio(bot, chat, await chat.state(), vendor, vendor_address, telegram, address)
        finally:
            await bot.kill()


def has_result(message: ChatMessage) -> bool:
    return any((button.data or "").startswith("r:again:") for button in message.buttons)


def environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
