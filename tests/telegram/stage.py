"""The bot's parts around a real python-telegram-bot, between the two stand-ins, all of it in this process."""

import io
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast

import httpx
from PIL import Image
from pydantic import SecretStr
from telegram import Update

from bot.assembly import Parts, assemble
from bot.capabilities.needs import Brought
from bot.media.links import Links
from bot.media.shelf import Shelf
from bot.miaohua.client import Miaohua
from bot.sandbox.telegram.cast import TOKEN
from bot.sandbox.telegram.faults import Fault
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.sandbox.telegram.people.speaking import Said, Upload, Voice, say
from bot.sandbox.telegram.state import Options, Sandbox
from bot.sandbox.telegram.view import message_view
from bot.sandbox.telegram.wire import Json, chat_json, message_json, user_json
from bot.sandbox.telegram.world import Chat, Message, User
from bot.sandbox.vendor.app import create_app as create_vendor
from bot.sandbox.vendor.vendor import ACCESS_KEY, SECRET_KEY, Vendor
from bot.settings import Settings
from bot.store import dialogs, pictures, tasks
from bot.store.dialogs import Dialog
from bot.store.engine import Store
from bot.store.task import Picture, State, Task
from bot.telegram import application, hearing
from bot.telegram.delivery import Delivery
from bot.telegram.services import Bot
from tests.telegram.wires import ADDRESS, WEB, Web, Wire, make_app

# A settled request, as it stands in a row.
REQUEST: Mapping[str, Any] = {
    "prompt": "a fox",
    "photo": None,
    "model": {"id": "cq71d1kq0d02r73hadf0", "name": "秒画 0.4.0"},
    "size": [960, 960],
    "samples": 1,
    "negative": "",
    "loras": [],
    "controlnets": [],
    "strength": None,
    "seed": 7,
    "steps": 20,
    "cfg": 7,
    "format": "JPG",
    "logo": "none",
    "enhance": False,
    "translate": False,
    "file": False,
}


@dataclass
class Stage:
    """Everything a test looks at or changes; `now` is the time of Telegram and of the handlers.

    `updates` are those that were handled.
    """

    parts: Parts
    sandbox: Sandbox
    vendor: Vendor
    web: Web
    wire: Wire
    shelf: Path
    clock: list[float]
    updates: list[Update] = field(default_factory=list)
    _taken: int = 0

    @property
    def now(self) -> float:
        return self.clock[0]

    @now.setter
    def now(self, to: float) -> None:
        self.clock[0] = to

    @property
    def bot(self) -> Bot:
        return self.parts.app.bot

    @property
    def store(self) -> Store:
        return self.parts.services.store

    def person(self, first_name: str) -> User:
        return next(user for user in self.sandbox.world.users.values() if user.first_name == first_name)

    def chat(self, title: str) -> Chat:
        """Find a group by its title, or a private chat by its person's first name."""
        return next(chat for chat in self.sandbox.world.chats.values() if _title(chat) == title)

    async def say(
        self,
        who: str,
        words: str = "",
        *,
        to: str | None = None,
        files: Mapping[str, bytes] | None = None,
        media: Literal["photo", "document"] = "photo",
        reply_to: int | None = None,
        thread_id: int | None = None,
        voice: Voice = "user",
    ) -> list[ChatMessage]:
        """Write a message and let the bot handle it; give the bot's new messages in that chat."""
        chat = self.chat(to or who)
        said = Said(
            chat_id=chat.id,
            user_id=self.person(who).id,
            text=words,
            reply_to=reply_to,
            thread_id=thread_id,
            voice=voice,
            media=media,
            files=tuple(Upload(name, None, body) for name, body in (files or {}).items()),
        )
        before = set(chat.messages)
        await say(self.sandbox, said)
        await self.handle()
        return [message for message in self.shown(chat) if message.message_id not in before]

    async def press(self, who: str, message: ChatMessage, data: str, *, gone: bool = False) -> str | None:
        """Press a button, one that is there or not; give the words of the alert, "" for none, None for no answer.

        `gone` is how an old message comes: inaccessible.
        """
        user, chat = self.person(who), self.sandbox.world.chats[message.chat_id]
        query_id = self.sandbox.ask(user.id, chat.id)
        shown: Json = {"chat": chat_json(chat), "message_id": message.message_id, "date": 0}
        if not gone:
            shown = message_json(self.sandbox.world, chat.messages[message.message_id])
        query = {"id": query_id, "from": user_json(user), "message": shown, "chat_instance": "1", "data": data}
        before = self.sandbox.events.last
        self.sandbox.updates.push("callback_query", query)
        await self.handle()
        answers = [event for event in await self.events("answer", before) if event["query_id"] == query_id]
        return answers[0]["text"] if answers else None

    async def handle(self) -> None:
        """Take in what waits at Telegram, and handle it, one after the other."""
        for raw in await self.sandbox.updates.poll(self._taken, 100, 0):
            self._taken = raw["update_id"] + 1
            await self.parts.reception.accept([raw])
        await self.work()

    async def work(self) -> None:
        """Handle what has been handed over."""
        queue = self.parts.app.update_queue
        while not queue.empty():
            update = cast("Update", queue.get_nowait())
            self.updates.append(update)
            await self.parts.app.process_update(update)
            await self.parts.reception.settle(update)

    def shown(self, chat: Chat) -> list[ChatMessage]:
        """List the bot's messages that are in a chat now."""
        mine = [message for message in chat.messages.values() if message.sender is self.sandbox.world.bot]
        return [view_of(message) for message in mine]

    async def events(self, kind: str, after: int = 0) -> list[dict[str, Any]]:
        return [event for event in await self.sandbox.events.after(after, 0) if event["type"] == kind]

    def calls(self, *methods: str) -> list[dict[str, Any]]:
        """List the bot's calls of these methods, oldest first."""
        return [call for call in self.sandbox.calls.last(1000) if call["method"] in methods]

    def refuse(self, method: str, status: int, description: str, *, times: int = 1, **parameters: Any) -> None:
        """Let Telegram refuse the next calls of a method."""
        self.sandbox.faults.plan(Fault(method, times, status, description, parameters))

    async def tasks(self) -> list[Task]:
        async with self.store.read() as conn:
            return await tasks.in_states(conn, list(State), 1000)

    async def dialog(self, who: str = "Alice", chat: str | None = None, thread_id: int | None = None) -> Dialog | None:
        """Find the dialog that somebody has open, in private or in a chat of that title."""
        async with self.store.read() as conn:
            return await dialogs.get(conn, self.chat(chat or who).id, thread_id, self.person(who).id, self.now)

    async def task(self, task_id: int) -> Task:
        async with self.store.read() as conn:
            found = await tasks.get(conn, task_id)
        assert found is not None
        return found

    async def change(self, task: Task, **columns: Any) -> Task:
        async with self.store.write() as conn:
            changed = await tasks.update(conn, task, **columns)
        assert changed is not None
        return changed

    async def bring(self, task: Task, *bodies: bytes | int | Exception, withheld: int = 0, **more: Any) -> None:
        """Let the vendor have made a task's pictures."""
        rows = []
        for index, body in enumerate(bodies):
            self.web.holds |= {f"{task.id}-{index}-raw": body, f"{task.id}-{index}-small": picture_bytes(64, 64)}
            link = f"{WEB}/{task.id}-{index}"
            rows.append(
                Picture(
                    task_id=task.id,
                    index=index,
                    **{"seed": 4_294_967_290 + index, "raw_url": f"{link}-raw", "small_url": f"{link}-small", **more},
                )
            )
        rows += [Picture(task_id=task.id, index=len(bodies) + n, error_code="Sensitive") for n in range(withheld)]
        async with self.store.write() as conn:
            await pictures.put(conn, rows)

    async def pictures(self, task: Task) -> list[Picture]:
        async with self.store.read() as conn:
            return await pictures.of_task(conn, task.id)


@asynccontextmanager
async def open_stage(database: str, directory: Path, **more: Any) -> AsyncIterator[Stage]:
    """Put everything together, as the composition root does."""
    clock = [float(int(time.time()))]
    sandbox = Sandbox(Options(rate_limits=False, now=lambda: clock[0]))
    vendor = Vendor(task_seconds=0)
    web = Web()
    wire = Wire(sandbox)
    settings = Settings(
        _env_file=None,
        **{
            "telegram_bot_token": TOKEN,
            "telegram_api_url": ADDRESS,
            "miaohua_access_key": ACCESS_KEY,
            "miaohua_secret_key": SECRET_KEY,
            "miaohua_api_url": ADDRESS,
            "public_url": ADDRESS,
            "media_dir": directory / "media",
            "min_interval_seconds": 0,
            "max_running_tasks": 100,
            "daily_limit": 1000,
            **more,
        },
    )
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(create_vendor(vendor)), trust_env=False) as to_vendor,
        httpx.AsyncClient(transport=httpx.MockTransport(web.answer), trust_env=False) as to_pictures,
    ):
        client = Miaohua(
            to_vendor,
            base_url=ADDRESS,
            access_key=SecretStr(ACCESS_KEY),
            secret_key=SecretStr(SECRET_KEY),
        )
        app = make_app(wire)
        store = await Store.open(database)
        await app.initialize()
        parts = assemble(settings, store=store, client=client, pictures=to_pictures, app=app)
        parts = replace(parts, services=replace(parts.services, clock=lambda: clock[0]))
        app.bot_data = parts.services
        application.add_handlers(app)
        try:
            yield Stage(parts, sandbox, vendor, web, wire, directory / "media", clock)
        finally:
            await app.shutdown()
            await store.close()
            await sandbox.close()


def _title(chat: Chat) -> str:
    return chat.user.first_name if chat.user else chat.title


def shelf_of(stage: Stage) -> Shelf:
    return Shelf(stage.shelf, Links(ADDRESS, b"a key of the tests"))


def delivery_of(stage: Stage) -> Delivery:
    """Make the tracker's outlet, which hands errands over to dialogs."""

    async def hear(brought: Brought) -> None:
        await hearing.hear(stage.parts.services, stage.bot, brought)

    return Delivery(stage.bot, stage.store, http=stage.parts.services.http, shelf=shelf_of(stage), hear=hear)


def view_of(message: Message) -> ChatMessage:
    return ChatMessage.model_validate(message_view(message))


def labels(message: ChatMessage) -> list[str]:
    return [button.text for button in message.buttons]


def data_of(message: ChatMessage, label: str) -> str:
    """Find the data of the button whose label begins so."""
    return next(str(button.data) for button in message.buttons if button.text.startswith(label))


def picture_bytes(width: int = 320, height: int = 240, kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("L", (width, height), 90).save(out, kind)
    return out.getvalue()
