"""Pictures that go to the vendor: fetched, checked, fitted, and offered at a link that expires.

A source is `{"file": <Telegram's file_id>}`, with `"document": true` where it was sent as a file, or
`{"task": <id>, "index": <k>}`, a picture that we made.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import structlog

from bot.errors import BadPicture, NotFound, Unavailable
from bot.locales.text import Text, text
from bot.media import download
from bot.media.check import MAX_BYTES
from bot.media.fit import VENDOR, Bounds, Fitted, fit_picture
from bot.media.offers import Offers, of_dialog, of_task
from bot.store import pictures
from bot.store.engine import Store
from bot.store.task import Picture, Task

log = structlog.get_logger()

# A link outlives the task it is for: what is ordered in the last minute of its patience to wait still takes its time.
LINK_MARGIN = 3600.0

FETCH_SECONDS = 45.0

# Hexadecimal digits of a digest that tell a collection's pictures apart; as a number they have 19 decimal ones at most.
_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Offered:
    """A picture at a link; `changes` are the sentences that its sender should read, if any."""

    url: str
    changes: tuple[Text, ...] = ()


class Inputs:
    """Offers pictures to the vendor. Without `offers` only the vendor's own links can be passed on."""

    def __init__(
        self,
        store: Store,
        *,
        offers: Offers | None,
        fetch: Callable[[str], Awaitable[bytes]],
        http: httpx.AsyncClient,
    ) -> None:
        self._store = store
        self._offers = offers
        self._fetch = fetch
        self._http = http

    @property
    def is_public(self) -> bool:
        """Say whether pictures that people send can be offered to the vendor."""
        return self._offers is not None

    def require_link(self) -> None:
        """Raise `Unavailable` where pictures that people send cannot be offered to the vendor."""
        self._reachable()

    async def read(self, source: Mapping[str, Any]) -> bytes:
        """Fetch a picture as it is: ours from the vendor while the link lives, and everything else from Telegram.

        Raises `NotFound` for a result that is gone, `Unavailable` for one that cannot be fetched just now, and what
        `fetch` raises.
        """
        if "file" in source:
            return await self._fetch(str(source["file"]))
        picture = await self._result(source)
        return await self._made(picture) or await self._kept(picture)

    async def fitted(self, source: Mapping[str, Any], bounds: Bounds = VENDOR) -> Fitted:
        """Fetch a picture and fit it. Raises `BadPicture` for what cannot be used, and what `read` raises."""
        return await fit_picture(await self.read(source), bounds)

    async def offer(self, task: Task, place: int, source: Mapping[str, Any], bounds: Bounds = VENDOR) -> Offered:
        """Give a link to a picture at which the vendor can fetch it while the task lives.

        A result whose own link lives and which is within the bounds is passed on by that link; everything else is
        fitted and put where the vendor can reach it. Raises `Unavailable` where there is no such place, and what
        `fitted` raises.
        """
        if "file" in source:
            self.require_link()
            return await self._offer(task, place, await self._fetch(str(source["file"])), bounds)
        picture = await self._result(source)
        if bounds == VENDOR and await self._is_alive(picture):  # the vendor's own results are within its own bounds
            return Offered(str(picture.raw_url))
        made = await self._made(picture)
        if made and bounds.hold(made):
            return Offered(str(picture.raw_url))
        self.require_link()
        return await self._offer(task, place, made or await self._kept(picture), bounds)

    async def put(self, task: Task, place: int, data: bytes, extension: str) -> str:
        """Give a link to something that we made, such as a mask, while the task lives.

        Raises `Unavailable` where there is no place that the vendor can reach.
        """
        offers = self._reachable()
        name = await offers.put(of_task(task.id), place, data, extension)
        return offers.link(name, task.deadline_at + LINK_MARGIN)

    async def collect(self, collection_id: int, digest: str, fitted: Fitted) -> str:
        """Put a picture of a collection where the vendor can reach it; the name follows from its content's digest.

        Raises `Unavailable` where there is no such place, or where it does not take the picture just now.
        """
        offers, index = self._reachable(), int(digest[:_DIGITS], 16)
        try:
            return await offers.put(of_dialog(collection_id), index, fitted.data, fitted.extension)
        except OSError as fault:
            log.warning("picture_not_collected", collection=collection_id, fault=type(fault).__name__)
            raise Unavailable(
                text("The place for pictures does not answer just now. Please send that picture again in a minute.")
            ) from None

    def link(self, name: str, expires_at: float) -> str:
        """Give a link to a collected picture. Raises `Unavailable` where there is no place that the vendor reaches."""
        return self._reachable().link(name, expires_at)

    async def discard(self, collection_id: int) -> None:
        """Remove the copies of a collection's pictures."""
        if self._offers is not None:
            await self._offers.remove(of_dialog(collection_id))

    async def withdraw(self, task_id: int) -> None:
        """Remove the copies that were offered for a task."""
        if self._offers is not None:
            await self._offers.remove(of_task(task_id))

    def _reachable(self) -> Offers:
        if self._offers is None:
            raise Unavailable(
                text(
                    "Pictures that you send cannot be worked on here yet: the operator has set neither a public "
                    "address (PUBLIC_URL) nor a bucket (MEDIA_BUCKET_URL). Pictures from words alone work, and so does "
                    "/stylize."
                )
            )
        return self._offers

    async def _offer(self, task: Task, place: int, data: bytes, bounds: Bounds) -> Offered:
        fitted = await fit_picture(data, bounds)
        return Offered(await self.put(task, place, fitted.data, fitted.extension), fitted.changes)

    async def _result(self, source: Mapping[str, Any]) -> Picture:
        async with self._store.read() as conn:
            picture = await pictures.get(conn, int(source["task"]), int(source["index"]))
        if picture is None:
            raise _gone()
        return picture

    async def _is_alive(self, picture: Picture) -> bool:
        return bool(picture.raw_url) and await download.is_alive(
            self._http, str(picture.raw_url), limit=VENDOR.max_bytes
        )

    async def _made(self, picture: Picture) -> bytes | None:
        if not picture.raw_url:
            return None
        try:
            fetched = await download.download(self._http, picture.raw_url, limit=MAX_BYTES, timeout=FETCH_SECONDS)
        except (download.Gone, download.TooLarge):
            return None
        except download.Unreachable as fault:
            log.warning("result_not_fetched", task=picture.task_id, index=picture.index, fault=str(fault))
            if picture.document_id or picture.photo_id:
                return None
            raise Unavailable(
                text("I could not fetch that picture from the image service. Please try again in a minute.")
            ) from None
        return fetched.data

    async def _kept(self, picture: Picture) -> bytes:
        if picture.document_id and picture.photo_id:
            with suppress(BadPicture):  # the file may be larger than what bots can download; its preview is not
                return await self._fetch(picture.document_id)
            return await self._fetch(picture.photo_id)
        file_id = picture.document_id or picture.photo_id
        if file_id is None:
            raise _gone()
        return await self._fetch(file_id)


def _gone() -> NotFound:
    return NotFound(text("That picture is no longer here. Please choose another, or send it to me as a photo."))
