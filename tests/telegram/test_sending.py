import io
from collections.abc import Awaitable, Callable, Sequence

import pytest
from PIL import Image, ImageStat
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest

from bot.store.task import Task
from bot.telegram.sending import Parcel, Sent, pack, send, weight
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


async def sent(stage: Stage, task: Task, parcels: Sequence[Parcel], caption: str = "<b>a</b> fox") -> list[Sent]:
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
    views = [view_of(stage.chat("Alice").messages[message.message_id]) for message in messages]
    assert [view.document.file_name for view in views if view.document] == ["0.jpg", "1.jpg", "2.jpg"]
    assert [view.caption for view in views] == ["", "", "a fox"]
    assert [(message.photo_id, message.document_id) for message in messages] == [
        (None, view.document.file_id) for view in views if view.document
    ]


@pytest.mark.parametrize("reason", ["PHOTO_INVALID_DIMENSIONS", "IMAGE_PROCESS_FAILED", "PHOTO_SAVE_FILE_INVALID"])
@pytest.mark.parametrize("count", [1, 2])
async def test_what_is_refused_as_a_photo_goes_as_a_file(stage: Stage, add_task: Add, reason: str, count: int) -> None:
    stage.refuse("sendPhoto" if count == 1 else "sendMediaGroup", 400, f"Bad Request: {reason}")
    messages = await sent(stage, await add_task(), photos(count))
    assert [message.document_id is not None for message in messages] == [True] * count
    assert view_of(stage.chat("Alice").messages[messages[-1].message_id]).caption == "a fox"


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
    messages += await sent(stage, task, [transparent()])
    assert [forum.messages[message.message_id].thread_id for message in messages] == [topic] * 4
    assert forum.messages[messages[-1].preview_id or 0].thread_id == topic


class TestTransparency:
    async def test_a_picture_with_some_is_a_file_with_a_preview(self) -> None:
        body = transparent().data
        parcel = await pack(body, "fox", as_file=False)
        assert (parcel.data, parcel.filename, parcel.as_file) == (body, "fox.png", True)
        assert parcel.preview is not None
        with Image.open(io.BytesIO(parcel.preview)) as shown:
            assert (shown.format, shown.size) == ("JPEG", (64, 64))
            # Where nothing is, squares of two greys; where something is, that.
            left, right, red = (
                ImageStat.Stat(shown.crop(box)).mean for box in ((2, 2, 14, 14), (18, 2, 30, 14), (48, 48, 62, 62))
            )
            assert abs(left[0] - right[0]) > 20
            assert red[0] > 200
            assert red[1] < 60

    async def test_what_is_too_heavy_to_be_shown_is_a_picture_all_the_same(self) -> None:
        body = transparent().data + bytes(20 * 1024 * 1024)
        assert await pack(body, "fox", as_file=False) == Parcel(body, "fox.png", as_file=True)

    async def test_the_preview_goes_first_and_the_file_has_the_words_and_the_buttons(
        self, stage: Stage, add_task: Add
    ) -> None:
        await stage.say("Alice", "please")
        [sent_as] = await sent(stage, await add_task(message_id=1), [transparent()])
        preview, file = [view for view in stage.shown(stage.chat("Alice")) if view.photo or view.document]
        assert preview.photo is not None
        assert file.document is not None
        assert (preview.caption, preview.buttons, preview.reply_to_message_id) == ("", [], 1)
        assert (file.caption, [button.data for button in file.buttons]) == ("a fox", ["r:again:1"])
        assert sent_as == Sent(file.message_id, preview.message_id, preview.photo.file_id, file.document.file_id)
        assert stage.sandbox.files.read(file.document.file_id) == transparent().data

    async def test_with_one_of_several_each_goes_by_itself(self, stage: Stage, add_task: Add) -> None:
        messages = await sent(stage, await add_task(), [*photos(1), transparent()])
        assert [call["method"] for call in stage.calls("sendPhoto", "sendDocument", "sendMediaGroup")] == [
            "sendPhoto",
            "sendPhoto",
            "sendDocument",
        ]
        assert [message.preview_id is not None for message in messages] == [False, True]


def transparent() -> Parcel:
    """Make a picture whose lower right corner alone is there."""
    picture = Image.new("RGBA", (64, 64))
    picture.paste((230, 10, 10, 255), (32, 32, 64, 64))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return Parcel(out.getvalue(), "fox.png", as_file=True, preview=picture_bytes(64, 64))
