"""Pictures that go to the vendor: fetched, checked, fitted, and offered at a link that expires.

A source is `{"file": <Telegram's file_id>}` or `{"task": <id>, "index": <k>}`, a picture that we made.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from bot.errors import NotFound, Unavailable
from bot.locales.text import text
from bot.media import download
from bot.media.fit import VENDOR, fit_picture
from bot.media.links import Links
from bot.media.shelf import Shelf
from bot.store import pictures
from bot.store.engine import Store
from bot.store.task import Task

# A link lives a little longer than the task it is for.
LINK_MARGIN = 600.0


class Inputs:
    """Offers pictures to the vendor. Without a public address only the vendor's own links can be passed on."""

    def __init__(
        self,
        store: Store,
        *,
        shelf: Shelf,
        links: Links | None,
        fetch: Callable[[str], Awaitable[bytes]],
        http: httpx.AsyncClient,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._links = links
        self._fetch = fetch
        self._http = http

    def require_link(self) -> None:
        """Raise `Unavailable` where pictures that people send cannot be offered to the vendor."""
        if self._links is None:
            raise Unavailable(
                text(
                    "Pictures that you send cannot be worked on here yet: the operator has not set a public address "
                    "(PUBLIC_URL). Pictures from words alone work."
                )
            )

    async def url(self, task: Task, place: int, source: Mapping[str, Any]) -> str:
        """Give a link to a picture at which the vendor can fetch it while the task lives.

        Raises `BadPicture` for what cannot be used, `NotFound` for a result that is gone, and what `fetch` raises.
        """
        if "task" in source:
            return await self._of_result(task, place, int(source["task"]), int(source["index"]))
        return await self._offer(task, place, str(source["file"]))

    async def _of_result(self, task: Task, place: int, result: int, index: int) -> str:
        async with self._store.read() as conn:
            picture = await pictures.get(conn, result, index)
        if picture is None:
            raise NotFound(text("That picture is no longer here. Please choose another, or send it to me as a photo."))
        if picture.raw_url and await download.is_alive(self._http, picture.raw_url, limit=VENDOR.max_bytes):
            return picture.raw_url
        file_id = picture.document_id or picture.photo_id
        if file_id is None:
            raise NotFound(text("That picture is no longer here. Please choose another, or send it to me as a photo."))
        return await self._offer(task, place, file_id)

    async def _offer(self, task: Task, place: int, file_id: str) -> str:
        self.require_link()
        assert self._links is not None  # noqa: S101  require_link has seen to it
        fitted = await fit_picture(await self._fetch(file_id), VENDOR)
        name = await self._shelf.put(task.id, place, fitted.data, fitted.extension)
        return self._links.sign(name, task.deadline_at + LINK_MARGIN)
