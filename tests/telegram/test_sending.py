from collections.abc import Awaitable, Callable, Sequence

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message
from telegram.error import BadRequest

from bot.store.task import Task
from bot.telegram.sending import Parcel, pack, send, weight
from tests.telegram.stage import Stage, picture_bytes, view_of

Add = Callable[..., Awaitable[Task]]
BUTTONS = InlineKeyboardMarkup([[InlineKeyboardButton("Again", callback_data="r:again:1")]])


@pytest.mark.parametrize(
    ("size", "kind", "name", "as_file"),
    [
        ((640, 480), "JPEG", "fox.jpg", False),
        ((640, 480), "PNG", "fox.png", False),
        ((640, 480), "WEBP", "fox.webp", False),
        ((9500, 500), "PNG", "fox.png", False),
        ((9500, 501), "PNG", "fox.png", True),
        ((2000, 100), "PNG", "fox.png", False),
        ((100, 2001), "PNG", "fox.png", True),
    ],
)
async def test_a_picture_that_telegram_takes_as_a_photo_goes_as_one(
    size: tuple[int, int], kind: str, name: str, *, as_file: bool
) -> None:
    body = picture_bytes(*size, kind)
    assert await pack(body, "fox", as_file=False) == Parcel(body, name, as_file)
    assert await pack(body, "fox", as_file=True) == Parcel(body, name, as_file=True)


async def test_what_is_too_heavy_or_no_picture_goes_as_a_file() -> None:
    heavy = picture_bytes() + bytes(10 * 1024 * 1024)
    assert await pack(heavy, "fox", as_file=False) == Parcel(heavy, "fox.jpg", as_file=True)
    assert await pack(b"<html>", "fox", as_file=False) == Parcel(b"<html>", "fox.bin", as_file=True)


def test_weight() -> None:
    assert weight([]) == 0
    assert weight([Parcel(bytes(3), "a", as_file=False), Parcel(bytes(4), "b", as_file=True)]) == 7


async def sent(stage: Stage, task: Task, parcels: Sequence[Parcel], caption: str = "<b>a</b> fox") -> list[Message]:
    return await send(stage.bot, task, parcels, caption=caption, markup=BUTTONS)


def photos(count: int) -> list[Parcel]:
    return [Parcel(picture_bytes(100 + n, 100), f"{n}.jpg", as_file=False) for n in range(count)]


async def test_one_picture_with_its_buttons(stage: Stage, add_task: Add) -> None:
    await stage.say("Alice", "please")
    task = await add_task(message_id=1)
    [message] = await sent(stage, task, photos(1))
    [shown] = [view for view in stage.shown(stage.chat("Alice")) if view.photo]
    assert (shown.message_id, shown.reply_to_message_id) == (message.message_id, 1)
    assert (shown.caption, shown.caption_html) == ("a fox", "<b>a</b> fox")
    assert [button.data for button in shown.buttons] == ["r:again:1"]


async def test_an_album_keeps_its_order_and_speaks_once(stage: Stage, add_task: Add) -> None:
    messages = await sent(stage, await add_task(), photos(8))
    chat = stage.chat("Alice")
    views = [view_of(chat.messages[message.message_id]) for message in messages]
    assert [view.photo.width for view in views if view.photo] == [100 + n for n in range(8)]
    assert [view.caption for view in views] == ["a fox"] + [""] * 7
    assert len({view.media_group_id for view in views}) == 1
    assert not any(view.buttons for view in views)


async def test_an_album_of_files_speaks_at_its_end(stage: Stage, add_task: Add) -> None:
    files = [Parcel(picture_bytes(100 + n, 100), f"{n}.jpg", as_file=n == 1) for n in range(3)]
    messages = await sent(stage, await add_task(), files)
    assert [message.document.file_name for message in messages if message.document] == ["0.jpg", "1.jpg", "2.jpg"]
    assert [message.caption for message in messages] == [None, None, "a fox"]


@pytest.mark.parametrize("reason", ["PHOTO_INVALID_DIMENSIONS", "IMAGE_PROCESS_FAILED", "PHOTO_SAVE_FILE_INVALID"])
@pytest.mark.parametrize("count", [1, 2])
async def test_what_is_refused_as_a_photo_goes_as_a_file(stage: Stage, add_task: Add, reason: str, count: int) -> None:
    stage.refuse("sendPhoto" if count == 1 else "sendMediaGroup", 400, f"Bad Request: {reason}")
    messages = await sent(stage, await add_task(), photos(count))
    assert [message.document is not None for message in messages] == [True] * count
    assert messages[-1].caption == "a fox"


async def test_other_refusals_are_not_repeated(stage: Stage, add_task: Add) -> None:
    task = await add_task()
    stage.refuse("sendPhoto", 400, "Bad Request: message caption is too long")
    with pytest.raises(BadRequest, match="caption"):
        await sent(stage, task, photos(1))
    stage.refuse("sendDocument", 400, "Bad Request: IMAGE_PROCESS_FAILED")
    with pytest.raises(BadRequest):
        await sent(stage, task, [Parcel(b"x", "x.bin", as_file=True)])
    assert len(stage.calls("sendPhoto", "sendDocument")) == 2


async def test_in_a_topic_and_without_the_message_that_asked(stage: Stage, add_task: Add) -> None:
    forum = stage.chat("Picture forum")
    topic = next(iter(forum.topics))
    task = await add_task(chat_id=forum.id, thread_id=topic, message_id=99)
    messages = await sent(stage, task, photos(1)) + await sent(stage, task, photos(2))
    assert [message.message_thread_id for message in messages] == [topic] * 3
