"""A browser with the chat page open, against a small server that says what a test tells it to."""

import asyncio
import io
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import ConsoleMessage, Error, Page, async_playwright
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.web.server import serve

PAGE = Path(__file__).parents[3] / "bot" / "sandbox" / "page"
WAIT_SECONDS = 20  # a browser on a busy machine
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

ALICE, BOB, BOT = 101, 102, 7
PRIVATE, BOBS, GROUP, FORUM = 101, 102, -200, -300

Message = dict[str, Any]

STATE: dict[str, Any] = {
    "bot": {"id": BOT, "username": "picture_studio_bot", "first_name": "Picture studio"},
    "users": [
        {"id": ALICE, "first_name": "Alice", "username": "alice", "language_code": "en"},
        {"id": BOB, "first_name": "小明", "username": None, "language_code": "zh-hans"},
    ],
    "chats": [
        {"id": PRIVATE, "type": "private", "title": "", "is_forum": False, "topics": [], "user_id": ALICE},
        {"id": BOBS, "type": "private", "title": "", "is_forum": False, "topics": [], "user_id": BOB},
        {"id": GROUP, "type": "group", "title": "Picture friends", "is_forum": False, "topics": []},
        {
            "id": FORUM,
            "type": "supergroup",
            "title": "Picture forum",
            "is_forum": True,
            "topics": [{"id": 5, "name": "Landscapes"}, {"id": 6, "name": "Portraits"}],
        },
    ],
}
COMMANDS = {
    "en": {"imagine": "Make a picture from words", "inpaint": "Change a part", "help": "What I can do"},
    "zh": {"imagine": "用文字生成图片", "inpaint": "局部修改", "help": "使用帮助"},
}


def png(width: int, height: int, colour: str = "teal") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(held, "PNG")
    return held.getvalue()


class ChatServer:
    """The stand-in's chat calls over canned people; posts are kept, and what the bot does is up to the test."""

    def __init__(self) -> None:
        self.chats: list[dict[str, Any]] = list(STATE["chats"])
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.messages: dict[int, dict[int, dict[str, Any]]] = {}
        self.events: list[dict[str, Any]] = []
        self.files: dict[str, tuple[bytes, str]] = {}
        self.refusal: str | None = None
        self.address = ""
        self.closing = False
        self._changed = asyncio.Condition()
        self._last_id = 0

    async def happen(self, kind: str, chat_id: int, **fields: Any) -> None:
        """Tell the pages of something."""
        async with self._changed:
            self.events.append({"n": len(self.events) + 1, "type": kind, "chat_id": chat_id, **fields})
            self._changed.notify_all()

    async def say(self, chat_id: int, text: str = "", sender: int = BOT, **fields: Any) -> Message:
        """Have somebody, the bot if not said otherwise, write a message."""
        message = self._message(chat_id, text, sender, fields)
        self.messages.setdefault(chat_id, {})[message["message_id"]] = message
        await self.happen("message", chat_id, message=message)
        return message

    async def change(self, message: Message, **fields: Any) -> None:
        """Have a message edited."""
        changed = message | {"edited": True} | fields
        self.messages[message["chat_id"]][message["message_id"]] = changed
        await self.happen("edit", message["chat_id"], message=changed)

    async def delete(self, chat_id: int, ids: list[int]) -> None:
        """Have messages deleted."""
        for number in ids:
            del self.messages[chat_id][number]
        await self.happen("delete", chat_id, message_ids=ids)

    def photo(self, width: int, height: int, colour: str = "teal") -> dict[str, Any]:
        """Keep a picture and describe it as a message's photo."""
        return {"file_id": (number := self._keep(png(width, height, colour), "image/png"))} | {
            "url": f"/chat/files/{number}",
            "width": width,
            "height": height,
        }

    def document(self, name: str, content: bytes, mime_type: str) -> dict[str, Any]:
        """Keep a file and describe it as a message's document; pictures are their own thumbnails."""
        number = self._keep(content, mime_type)
        url = f"/chat/files/{number}"
        thumb = url if mime_type.startswith("image/") else None
        about = {"file_name": name, "mime_type": mime_type, "size": len(content), "file_id": number}
        return about | {"url": url, "thumb_url": thumb}

    async def received(self, path: str, count: int = 1) -> dict[str, Any]:
        """Wait for the `count`th post to a path and give its fields."""

        def found() -> list[dict[str, Any]]:
            return [fields for posted, fields in self.posts if posted == path]

        async with self._changed, asyncio.timeout(WAIT_SECONDS):
            await self._changed.wait_for(lambda: len(found()) >= count)
        return found()[count - 1]

    async def close(self) -> None:
        """End the waiting polls."""
        self.closing = True
        async with self._changed:
            self._changed.notify_all()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", lambda _: FileResponse(PAGE / "index.html")),
                Mount("/static", StaticFiles(directory=PAGE)),
                Route("/chat/state", self._state),
                Route("/chat/events", self._events),
                Route("/chat/history", self._history),
                Route("/chat/files/{number}", self._file),
                Route("/chat/messages", self._receive, methods=["POST"]),
                Route("/chat/{path:path}", self._take, methods=["POST"]),
            ]
        )

    def _message(self, chat_id: int, text: str, sender: int, fields: dict[str, Any]) -> Message:
        self._last_id += 1
        people = {BOT: "Picture studio", ALICE: "Alice", BOB: "小明", FORUM: "Picture forum"}
        empty: dict[str, Any] = dict.fromkeys(
            ("photo", "document", "caption", "caption_html", "media_group_id", "reply_to_message_id", "keyboard")
        )
        return {
            **empty,
            "message_id": self._last_id,
            "chat_id": chat_id,
            "thread_id": None,
            "date": int(time.time()),
            "edited": False,
            "from": {"id": sender, "name": people[sender], "is_bot": sender == BOT},
            "text": text or None,
            "html": escape(text) or None,
            "force_reply": False,
            "input_placeholder": None,
            "reactions": [],
            **fields,
        }

    def _keep(self, content: bytes, mime_type: str) -> str:
        number = f"file{len(self.files) + 1}"
        self.files[number] = (content, mime_type)
        return number

    async def _state(self, request: Request) -> Response:
        words = COMMANDS[request.query_params["lang"]]
        commands = [{"command": name, "description": about} for name, about in words.items()]
        chats = [{"members": [ALICE, BOB, BOT], "admins": [ALICE]} | chat for chat in self.chats]
        return JSONResponse(STATE | {"chats": chats, "commands": commands, "last_event": len(self.events)})

    async def _events(self, request: Request) -> Response:
        after = int(request.query_params["after"])
        async with self._changed:
            await self._changed.wait_for(lambda: self.closing or len(self.events) > after)
        return JSONResponse({"events": self.events[after:], "last": len(self.events)})

    async def _history(self, request: Request) -> Response:
        held = self.messages.get(int(request.query_params["chat_id"]), {})
        return JSONResponse({"messages": list(held.values())})

    async def _file(self, request: Request) -> Response:
        content, mime_type = self.files[request.path_params["number"]]
        return Response(content, media_type=mime_type)

    async def _receive(self, request: Request) -> Response:
        async with request.form() as form:
            fields: dict[str, Any] = {name: value for name, value in form.items() if isinstance(value, str)}
            uploads = [item for item in form.getlist("files") if isinstance(item, UploadFile)]
            fields["files"] = [
                (item.filename or "", await item.read(), item.content_type or "application/octet-stream")
                for item in uploads
            ]
        if self.refusal:
            return JSONResponse({"error": self.refusal}, status_code=400)
        said = [await self.say(int(fields["chat_id"]), **content) for content in self._contents(fields)]
        await self._note("messages", fields)
        return JSONResponse({"messages": said})

    def _contents(self, fields: dict[str, Any]) -> list[dict[str, Any]]:
        """What each of the messages holds that a post makes."""
        sender = int(fields["chat_id" if fields["as"] == "group" else "user_id"])
        common = {"sender": sender, "thread_id": int(fields["thread_id"]) if "thread_id" in fields else None}
        if "reply_to" in fields:
            common["reply_to_message_id"] = int(fields["reply_to"])
        if not fields["files"]:
            return [common | {"text": fields["text"]}]
        album = f"album{self._last_id}" if len(fields["files"]) > 1 else None
        media = [self._medium(fields["media"], *file) | {"media_group_id": album} | common for file in fields["files"]]
        return [media[0] | {"caption": fields["text"], "caption_html": escape(fields["text"])}, *media[1:]]

    def _medium(self, kind: str, name: str, content: bytes, mime_type: str) -> dict[str, Any]:
        if kind == "document":
            return {"document": self.document(name, content, mime_type)}
        with Image.open(io.BytesIO(content)) as image:
            return {"photo": self.photo(*image.size)}

    async def _take(self, request: Request) -> Response:
        path, fields = request.path_params["path"], await request.json()
        if self.refusal:
            return JSONResponse({"error": self.refusal}, status_code=400)
        await self._note(path, fields)
        if path == "edits":
            held = self.messages[fields["chat_id"]][fields["message_id"]]
            await self.change(held, text=fields["text"], html=escape(fields["text"]))
        if path == "deletes":
            await self.delete(fields["chat_id"], fields["message_ids"])
        return JSONResponse({"query_id": f"query{len(self.posts)}"})

    async def _note(self, path: str, fields: dict[str, Any]) -> None:
        async with self._changed:
            self.posts.append((path, fields))
            self._changed.notify_all()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def tab() -> AsyncIterator[Page]:
    """Start the system's browser; where there is none, skip, or fail if REQUIRE_BROWSER=1 says it must be there.

    One tab serves all tests: each has a server, and so an origin, of its own, and a new tab costs a second.
    """
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next((path for name in names if (path := shutil.which(name))), None)
    if executable is None:
        tell = pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip
        tell("the chat page is tried in a Chromium, and there is none on the PATH")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        context = await browser.new_context(locale="en-GB", reduced_motion="reduce")
        context.set_default_timeout(WAIT_SECONDS * 1000)
        yield await context.new_page()
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def chat() -> AsyncIterator[ChatServer]:
    server = ChatServer()
    async with serve(server.app(), "127.0.0.1", 0, stop_seconds=1) as server.address:
        yield server
        await server.close()


@pytest.fixture
def complaints() -> list[str]:
    """Hold the browser's errors; a test that means to cause one takes it out."""
    return []


@pytest_asyncio.fixture(loop_scope="session")
async def page(tab: Page, chat: ChatServer, complaints: list[str]) -> AsyncIterator[Page]:
    """Open the page as Alice, in English; whatever the browser complains of fails the test."""
    async with visit(tab, f"{chat.address}/#{ALICE}/{PRIVATE}", complaints):
        yield tab


@asynccontextmanager
async def visit(tab: Page, address: str, complaints: list[str]) -> AsyncIterator[None]:
    """Open a chat page; at the end the browser must have nothing to complain of, and forgets the page."""

    def heard(line: ConsoleMessage) -> None:
        if line.type == "error":
            complaints.append(line.text)

    def thrown(error: Error) -> None:
        complaints.append(str(error))

    tab.on("console", heard)
    tab.on("pageerror", thrown)
    await tab.goto(address)
    await tab.get_by_role("heading", name="Picture studio").wait_for()
    yield
    tab.remove_listener("console", heard)
    tab.remove_listener("pageerror", thrown)
    await tab.evaluate("localStorage.clear()")  # a later server may get the same port
    await tab.goto("about:blank")
    assert complaints == []
