"""The web application with everything injected, reached without a port."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from bot.media.links import Links
from bot.media.shelf import Shelf
from bot.web.app import create_app
from bot.web.webhook import Webhook

SECRET = "a secret of the webhook"


class Surroundings:
    """What the application is given, to be changed by a test."""

    def __init__(self, directory: Path) -> None:
        self.now = 1000.0
        self.links = Links("http://bot.example", b"k" * 32, lambda: self.now)
        self.shelf = Shelf(directory, self.links)
        self.registry = CollectorRegistry()
        self.accepted: list[dict[str, Any]] = []
        self.on_accept: Callable[[], Awaitable[object]] | None = None
        self.on_health: Callable[[], Awaitable[object]] | None = None
        self.report: Mapping[str, object] | Exception = {"ok": True}

    async def accept(self, update: dict[str, Any]) -> None:
        if self.on_accept:
            await self.on_accept()
        self.accepted.append(update)

    async def health(self) -> Mapping[str, object]:
        if self.on_health:
            await self.on_health()
        if isinstance(self.report, Exception):
            raise self.report
        return self.report

    def app(self, *, webhook: bool = True) -> Starlette:
        return create_app(
            links=self.links,
            shelf=self.shelf,
            health=self.health,
            registry=self.registry,
            webhook=Webhook(SECRET, self.accept) if webhook else None,
        )


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return Surroundings(tmp_path / "media")


@pytest.fixture
async def http(around: Surroundings) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(around.app())
    async with httpx.AsyncClient(transport=transport, base_url="http://bot.example") as client:
        yield client
