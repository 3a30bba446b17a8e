import asyncio
import os
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.housekeeping import OLDEST_PICTURE, SWEEP_EVERY, Housekeeping
from bot.locales.text import Lang
from bot.media.links import Links
from bot.media.offers import Offers
from bot.media.shelf import Shelf
from bot.store import albums, broadcasts, collected, dialogs, inbox, tasks
from bot.store.collected import NewCollected
from bot.store.dialogs import Dialog, NewDialog
from bot.store.engine import Store
from bot.store.task import NewTask, State
from bot.telegram.services import Bot
from tests.media.s3 import ACCESS_KEY, SECRET_KEY, s3_server
from tests.telegram.stage import open_stage

NOW = 10_000_000.0
EXPIRED = {"en": "expired", "zh_CN": "过期"}


class FakeBot:
    """Remembers the edits; `fault` is what Telegram answers."""

    def __init__(self) -> None:
        self.edits: list[dict[str, Any]] = []
        self.fault: TelegramError | None = None

    async def edit_message_text(self, text: str, **params: Any) -> None:
        self.edits.append({"text": text, **params})
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def bot() -> FakeBot:
    return FakeBot()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "media", Links("http://bot.example", b"k" * 32))


@pytest.fixture
def keeper(bot: FakeBot, store: Store, shelf: Shelf) -> Housekeeping:
    return Housekeeping(cast("Bot", bot), store, shelf, clock=lambda: NOW)


async def open_dialog(
    store: Store, owner_id: int, *, expires_at: float, shown: int | None, lang: Lang = "en"
) -> Dialog:
    async with store.write() as conn:
        dialog, _ = await dialogs.put(
            conn,
            NewDialog(
                chat_id=70,
                owner_id=owner_id,
                capability="imagine",
                lang=lang,
                answers={},
                screen="main",
                created_at=NOW - 3600,
                expires_at=expires_at,
            ),
        )
        if shown is not None:
            await dialogs.mark_shown(conn, dialog, shown)
    return dialog


async def is_open(store: Store, dialog: Dialog) -> bool:
    async with store.read() as conn:
        return await dialogs.by_id(conn, dialog.id, 0) is not None


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
async def test_expired_questions_are_closed_and_others_stay(
    keeper: Housekeeping, bot: FakeBot, store: Store, lang: Lang
) -> None:
    expired = await open_dialog(store, 1, expires_at=NOW - 1, shown=11, lang=lang)
    unseen = await open_dialog(store, 2, expires_at=NOW - 1, shown=None)
    live = await open_dialog(store, 3, expires_at=NOW + 1, shown=13)
    await keeper.tidy()
    assert [await is_open(store, one) for one in (expired, unseen, live)] == [False, False, True]
    [edit] = bot.edits
    assert (edit["chat_id"], edit["message_id"], edit["reply_markup"]) == (70, 11, None)
    assert EXPIRED[lang] in edit["text"]
    await keeper.tidy()
    assert len(bot.edits) == 1


@pytest.mark.parametrize("fault", [BadRequest("Message to edit not found"), Forbidden("bot was blocked by the user")])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_question_that_cannot_be_edited_is_closed_all_the_same(
    keeper: Housekeeping, bot: FakeBot, store: Store, fault: TelegramError
) -> None:
    bot.fault = fault
    expired = [await open_dialog(store, owner, expires_at=NOW - 1, shown=owner) for owner in (1, 2)]
    await keeper.tidy()
    assert len(bot.edits) == 2
    assert not any([await is_open(store, one) for one in expired])


async def test_old_updates_are_forgotten_and_open_ones_kept(keeper: Housekeeping, store: Store) -> None:
    async with store.write() as conn:
        await inbox.accept(conn, [{"update_id": number} for number in (1, 2, 3)], NOW - 2 * inbox.KEEP_SECONDS)
        await inbox.settle(conn, 1, NOW - inbox.KEEP_SECONDS - 1)
        await inbox.settle(conn, 2, NOW - inbox.KEEP_SECONDS + 1)
    await keeper.tidy()
    async with store.write() as conn:
        assert await inbox.count_open(conn) == 1
        again = await inbox.accept(conn, [{"update_id": number} for number in (1, 2)], NOW)
    assert [update["update_id"] for update in again] == [1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_pictures_that_nobody_removed_go_in_the_end(keeper: Housekeeping, shelf: Shelf) -> None:
    for holder, age in (("t1", OLDEST_PICTURE + 1), ("d2", OLDEST_PICTURE - 1)):
        path = shelf.path(await shelf.put(holder, 0, b"picture", "jpg"))
        assert path is not None
        os.utime(path, (NOW - age, NOW - age))
    await keeper.tidy()
    left = [path is not None and path.exists() for path in (shelf.path("t1-0.jpg"), shelf.path("d2-0.jpg"))]
    assert left == [False, True]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_pictures_of_a_training_that_is_ordered_again_stay_however_old(
    keeper: Housekeeping, store: Store, shelf: Shelf, new_task: Callable[..., NewTask], tmp_path: Path
) -> None:
    async with store.write() as conn:
        task = await tasks.insert(conn, new_task(state=State.RUNNING))
        for number in (5, 6):
            name = await shelf.put(f"d{number}", 5, b"picture", "jpg")
            os.utime(tmp_path / "media" / name, (NOW - OLDEST_PICTURE - 1, NOW - OLDEST_PICTURE - 1))
        await collected.add(conn, NewCollected(collection_id=5, source={}, digest="5", name="d5-5.jpg", created_at=NOW))
        await collected.set_ordered(conn, 5, task.id)
    await keeper.tidy()
    assert [path.name for path in (tmp_path / "media").iterdir()] == ["d5-5.jpg"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_collected_pictures_go_with_their_dialog(
    keeper: Housekeeping, store: Store, shelf: Shelf, tmp_path: Path
) -> None:
    dialog = await open_dialog(store, 1, expires_at=NOW + 1, shown=None)
    held = (dialog.id, dialog.id + 1)
    async with store.write() as conn:
        for collection_id in held:
            name = await shelf.put(f"d{collection_id}", 5, b"picture", "jpg")
            new = NewCollected(collection_id=collection_id, source={}, digest="5", name=name, created_at=NOW)
            assert await collected.add(conn, new)
    await keeper.tidy()
    async with store.read() as conn:
        assert [await collected.count(conn, collection_id) for collection_id in held] == [1, 0]
    assert [path.name for path in (tmp_path / "media").iterdir()] == [f"d{dialog.id}-5.jpg"]


async def test_what_is_older_than_the_operator_keeps_goes(
    bot: FakeBot, store: Store, shelf: Shelf, new_task: Callable[..., NewTask]
) -> None:
    day = 24 * 3600.0
    keeper = Housekeeping(cast("Bot", bot), store, shelf, history_days=2, clock=lambda: NOW)
    async with store.write() as conn:
        finished = []
        for age in (2 * day + 1, 2 * day - 1):
            task = await tasks.insert(conn, new_task(state=State.DELIVERED))
            finished.append(await tasks.update(conn, task, finished_at=NOW - age, next_at=None))
        for album_id, age in (("old", 2 * day + 1), ("fresh", 2 * day - 1)):
            await albums.add(conn, 70, album_id, {}, owner_id=7, now=NOW - age)
    await keeper.tidy()
    async with store.read() as conn:
        assert await tasks.in_states(conn, list(State), 10) == finished[1:]
        assert [bool(await albums.get(conn, 70, album_id)) for album_id in ("old", "fresh")] == [False, True]


async def test_an_operator_can_keep_it_for_ever(
    keeper: Housekeeping, store: Store, new_task: Callable[..., NewTask]
) -> None:
    async with store.write() as conn:
        task = await tasks.insert(conn, new_task(state=State.DELIVERED))
        old = await tasks.update(conn, task, finished_at=0.0, next_at=None)
    await keeper.tidy()
    async with store.read() as conn:
        assert await tasks.in_states(conn, list(State), 10) == [old]


@pytest.mark.parametrize(("history_days", "kept"), [(2, 2), (0, 30)])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_broadcasts_that_are_over_go_in_the_end(
    bot: FakeBot, store: Store, shelf: Shelf, history_days: int, kept: int
) -> None:
    keeper = Housekeeping(cast("Bot", bot), store, shelf, history_days=history_days, clock=lambda: NOW)
    async with store.write() as conn:
        moments = [NOW - kept * 24 * 3600.0 + seconds for seconds in (-1, 1)]
        drafts = [await broadcasts.draft(conn, 7, "en", "News", moment) for moment in moments]
    await keeper.tidy()
    async with store.read() as conn:
        assert [await broadcasts.get(conn, draft.id) for draft in drafts] == [None, drafts[1]]


class Away:
    """A place for pictures that does not answer."""

    def __init__(self) -> None:
        self.asked = 0

    async def sweep(self, older_than: float, spared: AbstractSet[str]) -> int:
        self.asked += 1
        raise ConnectionError(older_than)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_pictures_are_swept_once_an_hour_and_nothing_waits_for_it(bot: FakeBot, store: Store) -> None:
    away, now = Away(), NOW
    keeper = Housekeeping(cast("Bot", bot), store, cast("Offers", away), clock=lambda: now)
    async with store.write() as conn:
        await inbox.accept(conn, [{"update_id": 1}], NOW)
    with pytest.raises(ConnectionError):
        await keeper.tidy()
    assert figure(keeper.registry, "bot_updates_open") == 1
    now += SWEEP_EVERY - 1
    await keeper.tidy()
    assert away.asked == 1
    now += 1
    with pytest.raises(ConnectionError):
        await keeper.tidy()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_bucket_is_swept_where_the_settings_name_one(database_url: str, tmp_path: Path) -> None:
    with s3_server() as s3:
        name = s3.make_bucket()
        settings = {
            "public_url": None,
            "media_bucket_url": f"s3://{name}/studio",
            "media_bucket_endpoint": s3.url,
            "media_bucket_access_key": ACCESS_KEY,
            "media_bucket_secret_key": SECRET_KEY,
        }
        async with open_stage(database_url, tmp_path, **settings) as stage:
            offers = stage.parts.services.studio.inputs._offers
            assert offers is not None
            for holder in ("t1", "t2"):
                await offers.put(holder, 0, b"picture", "jpg")
            s3.age(name, "studio/t1/t1-0.jpg", time.time() - OLDEST_PICTURE - 60)
            await stage.parts.housekeeping.tidy()
        assert s3.keys(name) == ["studio/t2/t2-0.jpg"]


async def test_the_figures_can_be_read(keeper: Housekeeping, store: Store, new_task: Callable[..., NewTask]) -> None:
    async with store.write() as conn:
        for state in (State.QUEUED, State.QUEUED, State.DELIVERED):
            await tasks.insert(conn, new_task(state=state))
        await inbox.accept(conn, [{"update_id": 1}, {"update_id": 2}], NOW)
        await inbox.settle(conn, 2, NOW)
    await keeper.tidy()
    figures = {state: figure(keeper.registry, "bot_tasks", state=state.value) for state in State}
    assert figures == {**dict.fromkeys(State, 0), State.QUEUED: 2, State.DELIVERED: 1}
    assert figure(keeper.registry, "bot_updates_open") == 1
    page = generate_latest(keeper.registry).decode()
    assert 'bot_tasks{state="queued"} 2.0' in page
    assert "process_resident_memory_bytes" in page


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_figures_go_down_again(keeper: Housekeeping, store: Store) -> None:
    async with store.write() as conn:
        await inbox.accept(conn, [{"update_id": 1}], NOW)
    await keeper.tidy()
    async with store.write() as conn:
        await inbox.settle(conn, 1, NOW)
    await keeper.tidy()
    assert figure(keeper.registry, "bot_updates_open") == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_loop_outlives_a_failure_and_ends_when_told(
    keeper: Housekeeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, rounds = asyncio.Event(), 0

    async def tidy() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            stop.set()
        raise RuntimeError("the database is away")

    monkeypatch.setattr(keeper, "tidy", tidy)
    monkeypatch.setattr("bot.housekeeping.EVERY", 0.001)
    await asyncio.wait_for(keeper.run(stop), 20)
    assert rounds == 3


def figure(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)
