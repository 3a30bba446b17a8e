"""A studio in front of the stand-in for the image service, all of it in this process."""

import io
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from bot.capabilities.base import Capability, Studio
from bot.capabilities.catalogue import Catalogue
from bot.capabilities.inputs import Inputs
from bot.media.links import Links
from bot.media.offers import Offers
from bot.media.shelf import Shelf
from bot.miaohua.client import Miaohua
from bot.sandbox.vendor.app import create_app
from bot.sandbox.vendor.vendor import ACCESS_KEY, SECRET_KEY, Vendor
from bot.store.connect import connect
from bot.store.engine import Store
from bot.store.tables import metadata
from bot.store.task import State, Task
from bot.web.app import create_app as create_web

PUBLIC = "http://127.0.0.1:8080"
PHOTO = {"file": "a-photo"}


@dataclass
class Workshop:
    """The studio, and what a test looks at or changes.

    `now` is the catalogue's clock, `size` that of the photos people send, unless they are among the `pictures` (by
    file id); `notes` is what was said of the last order.
    """

    vendor: Vendor
    directory: Path
    size: tuple[int, int] = (300, 300)
    pictures: dict[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fetched: list[str] = field(default_factory=list)
    now: float = 1000.0
    studio: Studio = field(init=False)

    async def fetch(self, file_id: str) -> bytes:
        self.fetched.append(file_id)
        return self.pictures.get(file_id) or picture_bytes(*self.size)

    async def settle(self, capability: Capability, line: str = "", **answers: Any) -> dict[str, Any]:
        """Settle what somebody types behind a command that answers a photo."""
        said = {**capability.placed([PHOTO], []), **capability.read(line), **answers}
        return await capability.settle({**capability.start({}), **said}, self.studio)

    async def order(self, capability: Capability, request: Mapping[str, Any]) -> dict[str, Any]:
        """Order as the tracker does; give back what the vendor was sent."""
        prepared = await capability.prepare(task_of(capability, request), self.studio)
        self.notes = tuple(note.plain("en") for note in prepared.notes)
        vendor_id = await prepared.submit()
        [ordered] = [task for task in self.vendor.tasks.all() if task.id == vendor_id]
        return dict(ordered.body)

    def asked(self, words: str) -> int:
        """Say in how many requests' paths and queries these words stood."""
        return sum(words in f"{request['path']}?{request['query']}" for request in self.vendor.journal.last)


@asynccontextmanager
async def open_workshop(
    directory: Path,
    *,
    store: Store | None = None,
    is_public: bool = True,
    offers: Offers | None = None,
    default_model: str | None = None,
) -> AsyncIterator[Workshop]:
    """Open a studio; without a `store` it knows no earlier results."""
    links = Links(PUBLIC, b"a key of the tests")
    shelf = Shelf(directory / "media", links)
    web = create_web(links=links, shelf=shelf, health=_health, registry=CollectorRegistry())
    workshop = Workshop(Vendor(task_seconds=0, transport=httpx.ASGITransport(web)), directory)
    transport = httpx.ASGITransport(create_app(workshop.vendor))
    async with httpx.AsyncClient(transport=transport, trust_env=False) as http, _opened(store, directory) as rows:
        client = Miaohua(
            http,
            base_url="http://127.0.0.1",
            access_key=SecretStr(ACCESS_KEY),
            secret_key=SecretStr(SECRET_KEY),
        )
        inputs = Inputs(
            rows,
            offers=(offers or shelf) if is_public else None,
            fetch=workshop.fetch,
            http=http,
        )
        catalogue = Catalogue(client, clock=lambda: workshop.now)
        workshop.studio = Studio(client, catalogue, inputs, rows, default_model)
        yield workshop


@asynccontextmanager
async def _opened(store: Store | None, directory: Path) -> AsyncIterator[Store]:
    """Give the store, or an empty one."""
    if store is not None:
        yield store
        return
    empty = Store(connect(f"sqlite+aiosqlite:///{directory}/workshop.db"))
    async with empty.write() as conn:
        await conn.run_sync(metadata.create_all)
    yield empty
    await empty.close()


def task_of(capability: Capability, request: Mapping[str, Any]) -> Task:
    """Make a task as its row would be."""
    now = time.time()
    return Task(
        id=17,
        order_key="order:17",
        capability=capability.name,
        kind=capability.kind(request),
        owner_id=7,
        chat_id=70,
        thread_id=None,
        message_id=None,
        lang="en",
        request=dict(request),
        state=State.SUBMITTING,
        next_at=now,
        lease_token=1,
        attempts=0,
        vendor_id=None,
        error_code=None,
        reason=None,
        allowance_day=None,
        reserved=1,
        notes=None,
        progress=None,
        found=None,
        turn=1,
        turn_in_chat=1,
        status_message_id=None,
        buttons_message_id=None,
        parent_id=None,
        parent_index=None,
        created_at=now,
        submitted_at=None,
        finished_at=None,
        deadline_at=now + 900,
    )


def picture_bytes(width: int = 300, height: int = 300) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (width, height), (200, 40, 90)).save(data, "JPEG")
    return data.getvalue()


async def _health() -> dict[str, object]:
    return {"ok": True}
