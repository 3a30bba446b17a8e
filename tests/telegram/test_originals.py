from collections.abc import Awaitable, Callable

import httpx
import pytest

from bot.errors import NotFound, Unavailable
from bot.store import pictures
from bot.store.task import Task
from bot.telegram import originals
from bot.telegram.asker import Asker
from bot.telegram.services import Context
from tests.telegram.stage import Stage, picture_bytes

Add = Callable[..., Awaitable[Task]]
RAW = picture_bytes(640, 480, "PNG")


@pytest.fixture
async def task(stage: Stage, delivering: Add) -> Task:
    """A task with one picture, which Telegram has as a photo."""
    made = await delivering()
    await stage.bring(made, RAW)
    photo = await stage.sandbox.files.add_photo(RAW)
    async with stage.store.write() as conn:
        await pictures.set_delivered(conn, made.id, 0, photo_id=photo.largest.file_id)
    return made


async def send(stage: Stage, task: Task, index: int = 0) -> str | None:
    asker = Asker(
        owner_id=task.owner_id, chat_id=task.chat_id, thread_id=None, message_id=None, lang="en", is_private=True
    )
    return await originals.send(Context(stage.parts.app), asker, task, index)


async def test_while_the_link_lives_it_is_the_vendors_file(stage: Stage, task: Task) -> None:
    file_id = await send(stage, task)
    [message] = stage.shown(stage.chat("Alice"))
    assert message.document is not None
    assert (message.document.file_name, message.caption) == (f"imagine-{task.id}-1.png", "The untouched file.")
    assert message.document.file_id == file_id
    assert stage.sandbox.files.read(message.document.file_id) == RAW


async def test_what_telegram_has_is_not_fetched_again(stage: Stage, task: Task) -> None:
    file_id = await send(stage, task)
    async with stage.store.write() as conn:
        await pictures.set_delivered(conn, task.id, 0, document_id=file_id)
    assert await send(stage, task) == file_id
    assert len(stage.web.asked) == 1


@pytest.mark.parametrize("held", [403, 404])
async def test_an_expired_original_is_replaced_by_telegrams_copy_and_that_is_said(
    stage: Stage, task: Task, held: int
) -> None:
    stage.web.holds[f"{task.id}-0-raw"] = held
    # The copy is not remembered as the original: the next time it is none either.
    assert await send(stage, task) is None
    [message] = stage.shown(stage.chat("Alice"))
    assert "expired" in message.caption
    assert message.document is not None
    assert message.document.mime_type == "image/jpeg"


async def test_one_that_is_too_large_too(stage: Stage, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(originals, "FETCH_LIMIT", len(RAW) - 1)
    assert await send(stage, task) is None
    [message] = stage.shown(stage.chat("Alice"))
    assert "larger than a bot may send" in message.caption


@pytest.mark.parametrize("held", [500, httpx.ConnectError("no")])
async def test_a_vendor_that_does_not_answer_is_no_reason_for_less_than_the_original(
    stage: Stage, task: Task, held: int | Exception
) -> None:
    stage.web.holds[f"{task.id}-0-raw"] = held
    with pytest.raises(Unavailable, match="try again"):
        await send(stage, task)
    assert stage.calls("sendDocument") == []


async def test_what_nobody_has_is_gone(stage: Stage, delivering: Add) -> None:
    made = await delivering()
    await stage.bring(made, 404, withheld=1)
    for index in (0, 1, 2):
        with pytest.raises(NotFound):
            await send(stage, made, index)
