"""Deliver: pictures as a reply in the right chat and topic, then the buttons.

Each message is written down as soon as it is sent, so that a delivery that was interrupted goes on where it was.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict

import httpx
import structlog
from telegram import InlineKeyboardMarkup
from telegram.error import BadRequest

from bot.capabilities import registry
from bot.capabilities.needs import Brought
from bot.locales.text import Text, layout, plural, text
from bot.media.download import Gone, TooLarge, Unreachable, download
from bot.media.offers import Offers, of_task
from bot.store import pictures, tasks
from bot.store.engine import Store
from bot.store.forgetting import NOBODY
from bot.store.task import Picture, Task
from bot.telegram import endings, messages, sending
from bot.telegram.faults import is_topic_shut, translated
from bot.telegram.result_buttons import finished_buttons, press_a_number, result_buttons
from bot.telegram.sending import Parcel
from bot.telegram.services import Bot
from bot.telegram.turns import Priority
from bot.tracker.ports import NotNow, PicturesGone

log = structlog.get_logger()

# The vendor's largest picture, 6000 x 6000 as PNG, can be larger than Telegram's 50 MB for bots; then its preview goes.
FETCH_LIMIT = 50_000_000
FETCH_SECONDS = 90.0


class Delivery:
    """The tracker's outlet into Telegram."""

    def __init__(
        self,
        bot: Bot,
        store: Store,
        *,
        http: httpx.AsyncClient,
        shelf: Offers,
        hear: Callable[[Brought], Awaitable[None]],
    ) -> None:
        self._bot = bot
        self._hear = hear
        self._store = store
        self._http = http
        self._shelf = shelf

    async def deliver(self, task: Task) -> None:
        """Send what is not sent yet of a task's pictures, then the buttons, and take the progress message away.

        What an errand brought goes to its dialog instead, and nobody's training to nobody.
        """
        if task.owner_id == NOBODY:
            return
        async with self._store.read() as conn:
            brought = await pictures.of_task(conn, task.id)
        async with translated(self._store, task.chat_id), self._or_outside(task):
            if registry.is_errand(task.capability):
                await self._shelf.remove(of_task(task.id))
                await self._hear(Brought(task, tuple(brought)))
                return
            made = [picture for picture in brought if not picture.error_code]
            unsent = [picture for picture in made if picture.message_id is None]
            if unsent:
                await self._send(task, made, unsent, missing=len(brought) - len(made))
            if len(made) != 1 and task.buttons_message_id is None:
                await self._send_buttons(task, made)
            await self._tidy(task)

    async def tell(self, task: Task) -> None:
        """Answer the request with the reason why there is no picture, and with ways on."""
        if task.owner_id == NOBODY:
            return
        async with translated(self._store, task.chat_id), self._or_outside(task):
            if registry.is_errand(task.capability):
                await self._shelf.remove(of_task(task.id))
                await self._hear(Brought(task, reason=endings.reason_of_errand(task)))
                return
            await self._tidy(task)  # first: what fails here is tried again, and nobody is to be told twice
            await messages.say(self._bot, task, endings.why(task), endings.buttons(task))

    @asynccontextmanager
    async def _or_outside(self, task: Task) -> AsyncIterator[None]:
        """Where the task's topic is closed or no longer there, answer outside of topics at the next attempt."""
        try:
            yield
        except BadRequest as error:
            if task.thread_id is None or not is_topic_shut(error):
                raise
            async with self._store.write() as conn:
                await tasks.note(conn, task.id, thread_id=None)
            raise NotNow(0) from None

    async def _send(self, task: Task, made: Sequence[Picture], unsent: Sequence[Picture], *, missing: int) -> None:
        caption = _caption(task, made, missing).html(task.lang)
        markup = messages.keyboard(result_buttons(task, made), task.lang) if len(made) == 1 else None
        album: dict[Picture, Parcel] = {}
        for picture in unsent:
            parcel = await self._fetch(task, picture)
            if album and sending.weight([*album.values(), parcel]) > sending.REQUEST_LIMIT:
                await self._send_album(task, album, caption, markup)
                album = {}
            album[picture] = parcel
        await self._send_album(task, album, caption, markup)

    async def _send_album(
        self, task: Task, album: Mapping[Picture, Parcel], caption: str, markup: InlineKeyboardMarkup | None
    ) -> None:
        sent = await sending.send(self._bot, task, list(album.values()), caption=caption, markup=markup)
        async with self._store.write() as conn:
            for where, picture in zip(sent, album, strict=True):
                await pictures.set_delivered(conn, task.id, picture.index, **asdict(where))

    async def _fetch(self, task: Task, picture: Picture) -> Parcel:
        name = f"{task.capability}-{task.id}-{picture.index + 1}"
        for url in (picture.raw_url, picture.small_url):
            try:
                fetched = await download(self._http, str(url), limit=FETCH_LIMIT, timeout=FETCH_SECONDS)
            except TooLarge:
                continue
            except Gone:
                raise PicturesGone from None
            except Unreachable as fault:
                log.warning("picture_not_fetched", task=task.id, index=picture.index, fault=str(fault))
                raise NotNow from None
            return await sending.pack(fetched.data, name, as_file=bool(task.request.get("file")))
        raise PicturesGone

    async def _send_buttons(self, task: Task, made: Sequence[Picture]) -> None:
        rows = result_buttons(task, made) if made else finished_buttons(task)
        sent = await messages.say(self._bot, task, _below(task, made), rows, rate_limit_args=Priority.RESULT)
        async with self._store.write() as conn:
            await tasks.note(conn, task.id, buttons_message_id=sent.message_id)

    async def _tidy(self, task: Task) -> None:
        await self._shelf.remove(of_task(task.id))
        async with self._store.read() as conn:
            now = await tasks.get(conn, task.id)
        status = now.status_message_id if now is not None else None
        if status is None:
            return
        try:
            await self._bot.delete_message(task.chat_id, status)
        except BadRequest:  # two days old, as that of a training may be, it can only be changed
            await messages.edit(self._bot, task.chat_id, status, text("🏁 This has come to its end."), task.lang)


def _below(task: Task, made: Sequence[Picture]) -> Text:
    if not made:
        return registry.BY_NAME[task.capability].finished(task)
    return press_a_number(made)


def _caption(task: Task, made: Sequence[Picture], missing: int) -> Text:
    seeds = [picture.seed for picture in made if picture.seed is not None]
    lines = [registry.BY_NAME[task.capability].caption(task.request, seeds)]
    if missing:
        lines.append(
            plural(
                "{count} more was withheld by the image service and does not count.",
                "{count} more were withheld by the image service and do not count.",
                missing,
            )
        )
    notes = (layout("ℹ️ {note}", note=Text.load(note)) for note in task.notes or ())
    return messages.captioned(lines, notes, task.lang)
