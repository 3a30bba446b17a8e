"""The stand-in's state, in one place."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

import httpx

from bot.sandbox.vendor.faults import Faults
from bot.sandbox.vendor.imgenstd.catalogue import Catalogue
from bot.sandbox.vendor.journal import Journal
from bot.sandbox.vendor.links import Links
from bot.sandbox.vendor.sources import Sources
from bot.sandbox.vendor.tasks import TaskBook

ACCESS_KEY = "sandbox-access-key"
SECRET_KEY = "sandbox-secret-key-that-opens-nothing-at-all"  # noqa: S105  it opens the sandbox only
TASK_SECONDS = 6.0
LINK_SECONDS = 3600.0
KEPT = 500
_DRAWN_AT_ONCE = 2

# How a face's corners are written: the document gives no example.
Coords = Literal["edges", "numbered", "list", "points"]


@dataclass(kw_only=True, slots=True)
class Vendor:
    """One stand-in: its keys, its tasks, what it was sent, and the faults that wait.

    `base_url` begins the picture links; empty: the address that the request came to. `task_seconds` is what one
    picture at 30 steps takes (0: a task is done when it is first asked for). `keep` bounds the tasks and requests
    remembered. `transport` replaces the network where input pictures are fetched.

    Where the document contradicts itself or is silent: `coords` is how a face's corners are written ({"left", "top",
    "right", "bottom"}, {"x1", "y1", "x2", "y2"}, four numbers, or two points), `detection_wrapped` whether a detection
    comes as {"task": ...}, `split_batch` whether `split` can be polled in batches at its own path (else: code 12).
    """

    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY
    base_url: str = ""
    task_seconds: float = TASK_SECONDS
    link_seconds: float = LINK_SECONDS
    keep: int = KEPT
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    transport: httpx.AsyncBaseTransport | None = None
    coords: Coords = "edges"
    detection_wrapped: bool = True
    split_batch: bool = True

    tasks: TaskBook = field(init=False)
    journal: Journal = field(init=False)
    links: Links = field(init=False)
    sources: Sources = field(init=False)
    faults: Faults = field(init=False, default_factory=Faults)
    catalogue: Catalogue = field(init=False, default_factory=Catalogue)
    drawing: asyncio.Semaphore = field(init=False, default_factory=lambda: asyncio.Semaphore(_DRAWN_AT_ONCE))

    def __post_init__(self) -> None:
        self.base_url = self.base_url.rstrip("/")
        self.tasks = TaskBook(self.keep)
        self.journal = Journal(self.keep)
        self.links = Links(self.link_seconds)
        self.sources = Sources(self.transport)
