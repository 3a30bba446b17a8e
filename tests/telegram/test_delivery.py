from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.locales.text import LANGUAGES, Lang, text
from bot.media.shelf import Shelf
from bot.sandbox.telegram.entities import units
from bot.sandbox.telegram.parsing import parse_html
from bot.sandbox.telegram.people.membership import block
from bot.sandbox.telegram.people.requests import Block
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.store.task import Picture, State, Task
from bot.telegram import sending
from bot.telegram.delivery import Delivery, _caption
from bot.tracker.ports import NotNow, PicturesGone, Undeliverable
from tests.telegram.stage import REQUEST, Stage, labels, picture_bytes

Add = Callable[..., Awaitable[Task]]

CAPTION = 1024
PROMPTS = ["🦊" * 1000, "<b>&</b>" * 250, "雪" * 2000, "&lt;" * 500, "a fox " * 300]


@pytest.fixture
def delivery(stage: Stage) -> Delivery:
    return Delivery(stage.bot, stage.store, http=stage.parts.services.http, shelf=Shelf(stage.shelf))


def answers(stage: Stage, who: str = "Alice") -> list[ChatMessage]:
    return stage.shown(stage.chat(who))


def bodies(count: int) -> list[bytes]:
    return [picture_bytes(100 + n, 100) for n in range(count)]


async def test_one_picture_is_one_message_with_buttons(stage: Stage, delivery: Delivery, delivering: Add) -> None:
    await stage.say("Alice", "please")
    task = await delivering(message_id=1)
    await stage.bring(task, picture_bytes(640, 480))
    await delivery.deliver(task)
    [message] = [shown for shown in answers(stage) if shown.photo]
    assert message.reply_to_message_id == 1
    assert message.caption.startswith("a fox\n")
    assert "4294967290" in message.caption
    assert f"r:vary:{task.id}:0" in [button.data for button in message.buttons]
    [picture] = await stage.pictures(task)
    assert message.photo is not None
    assert (picture.message_id, picture.photo_id) == (message.message_id, message.photo.file_id)
    assert picture.document_id is None


@pytest.mark.parametrize("count", range(2, 9))
async def test_several_are_an_album_and_numbered_buttons(
    stage: Stage, delivery: Delivery, delivering: Add, count: int
) -> None:
    task = await delivering()
    await stage.bring(task, *bodies(count))
    await delivery.deliver(task)
    *album, buttons = answers(stage)
    assert [message.photo.width for message in album if message.photo] == [100 + n for n in range(count)]
    assert f"{count} pictures" in buttons.text
    assert [label for label in labels(buttons) if "🎲" in label] == [f"🎲 {n + 1}" for n in range(count)]
    assert [picture.message_id for picture in await stage.pictures(task)] == [one.message_id for one in album]
    assert (await stage.task(task.id)).buttons_message_id == buttons.message_id


async def test_where_one_has_to_be_a_file_all_are(stage: Stage, delivery: Delivery, delivering: Add) -> None:
    task = await delivering()
    await stage.bring(task, picture_bytes(), picture_bytes(2100, 100), picture_bytes())
    await delivery.deliver(task)
    *album, _ = answers(stage)
    assert [message.document.file_name for message in album if message.document] == [
        f"imagine-{task.id}-{n}.jpg" for n in (1, 2, 3)
    ]
    assert all(picture.document_id and not picture.photo_id for picture in await stage.pictures(task))
    assert len(stage.calls("sendMediaGroup")) == 1


async def test_the_file_flag(stage: Stage, delivery: Delivery, delivering: Add) -> None:
    task = await delivering(request={"file": True})
    body = picture_bytes(640, 480, "PNG")
    await stage.bring(task, body)
    await delivery.deliver(task)
    [message] = answers(stage)
    assert message.document is not None
    assert stage.sandbox.files.read(message.document.file_id) == body


async def test_what_was_withheld_is_said_and_not_numbered(stage: Stage, delivery: Delivery, delivering: Add) -> None:
    task = await delivering(lang="zh_CN")
    await stage.bring(task, *bodies(2), withheld=2)
    await delivery.deliver(task)
    first, _, buttons = answers(stage)
    assert first.caption.splitlines()[-1].startswith("另有 2 张")
    assert [label for label in labels(buttons) if "🎲" in label] == ["🎲 1", "🎲 2"]


async def test_one_of_two_withheld_leaves_one_message(stage: Stage, delivery: Delivery, delivering: Add) -> None:
    task = await delivering()
    await stage.bring(task, picture_bytes(), withheld=1)
    await delivery.deliver(task)
    [message] = answers(stage)
    assert "1 more was withheld" in message.caption
    assert "🔁 Again" in labels(message)


async def test_after_a_kill_between_album_and_buttons_nothing_comes_twice(
    stage: Stage, delivery: Delivery, delivering: Add
) -> None:
    task = await delivering()
    await stage.bring(task, *bodies(3))
    stage.refuse("sendMessage", 502, "Bad Gateway")
    with pytest.raises(NotNow):
        await delivery.deliver(task)
    assert len(answers(stage)) == 3
    await delivery.deliver(await stage.task(task.id))
    await delivery.deliver(await stage.task(task.id))
    assert len(answers(stage)) == 4
    assert len(stage.web.asked) == 3


async def test_an_album_that_one_request_cannot_carry_goes_in_several(
    stage: Stage, delivery: Delivery, delivering: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await delivering()
    same = [picture_bytes(100, 100)] * 5
    monkeypatch.setattr(sending, "REQUEST_LIMIT", 2 * len(same[0]))
    await stage.bring(task, *same)
    stage.wire.fail("sendPhoto", httpx.ReadError("gone"))
    with pytest.raises(NotNow):
        await delivery.deliver(task)
    assert [call["method"] for call in stage.calls("sendMediaGroup", "sendPhoto")] == [
        "sendMediaGroup",
        "sendMediaGroup",
        "sendPhoto",
    ]
    assert [picture.message_id is not None for picture in await stage.pictures(task)] == [True] * 4 + [False]
    await delivery.deliver(await stage.task(task.id))
    assert stage.web.asked.count(f"{task.id}-0-raw") == 1
    assert "5 pictures" in answers(stage)[-1].text


async def test_pictures_as_large_as_they_come_arrive(stage: Stage, delivery: Delivery, delivering: Add) -> None:
    """Together they are more than Telegram takes in a request, each is not."""
    task = await delivering()
    await stage.bring(task, *[picture_bytes() + bytes(20_000_000)] * 3)
    await delivery.deliver(task)
    assert [len(call["files"]) for call in stage.calls("sendMediaGroup", "sendDocument")] == [2, 1]
    assert len(answers(stage)) == 4


async def test_a_picture_over_the_limit_of_bots_comes_as_its_preview(
    stage: Stage, delivery: Delivery, delivering: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.telegram.delivery.FETCH_LIMIT", 5000)
    task = await delivering()
    await stage.bring(task, bytes(5001))
    await delivery.deliver(task)
    [message] = answers(stage)
    assert message.photo is not None
    assert message.photo.width == 64


@pytest.mark.parametrize(
    ("held", "outcome"),
    [
        (403, PicturesGone),
        (404, PicturesGone),
        (410, PicturesGone),
        (500, NotNow),
        (429, NotNow),
        (httpx.ConnectError("no"), NotNow),
        (httpx.ReadTimeout("no"), NotNow),
    ],
    ids=str,
)
async def test_links_that_bring_nothing(
    stage: Stage, delivery: Delivery, delivering: Add, held: int | Exception, outcome: type[Exception]
) -> None:
    task = await delivering()
    await stage.bring(task, picture_bytes(), held)
    with pytest.raises(outcome):
        await delivery.deliver(task)
    assert answers(stage) == []


async def test_where_even_the_preview_is_too_large_the_picture_is_gone(
    stage: Stage, delivery: Delivery, delivering: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.telegram.delivery.FETCH_LIMIT", 10)
    task = await delivering()
    await stage.bring(task, picture_bytes())
    with pytest.raises(PicturesGone):
        await delivery.deliver(task)


async def test_a_photo_with_dimensions_that_telegram_does_not_take(
    stage: Stage, delivery: Delivery, delivering: Add
) -> None:
    task = await delivering()
    await stage.bring(task, picture_bytes())
    stage.refuse("sendPhoto", 400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
    await delivery.deliver(task)
    [picture] = await stage.pictures(task)
    assert picture.document_id
    assert picture.photo_id is None


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt[:8])
async def test_the_longest_caption_is_taken(stage: Stage, delivery: Delivery, delivering: Add, prompt: str) -> None:
    model = {"id": "m", "name": "🦊<&>" * 32}
    task = await delivering(request={"prompt": prompt, "model": model, "size": [6000, 6000]})
    await stage.bring(task, *bodies(7), withheld=1)
    await delivery.deliver(task)
    assert 300 < units(answers(stage)[0].caption) <= CAPTION


@given(
    st.text(max_size=2000),
    st.text(max_size=128),
    st.lists(st.integers(0, 2**32), min_size=1, max_size=8),
    st.integers(0, 7),
    st.sampled_from(list(LANGUAGES)),
)
def test_no_caption_is_longer_than_telegram_allows(
    prompt: str, model: str, seeds: list[int], missing: int, lang: Lang
) -> None:
    made = [Picture(task_id=1, index=index, seed=seed) for index, seed in enumerate(seeds)]
    request = {**REQUEST, "prompt": prompt, "model": {"id": "m", "name": model}, "size": [6000, 6000]}
    task = a_task(request=request)
    words, _ = parse_html(_caption(task, made, missing).html(lang))
    assert units(words) <= CAPTION


async def test_what_belongs_to_the_wait_goes(stage: Stage, delivery: Delivery, delivering: Add) -> None:
    [status] = await stage.say("Alice", "hello")
    task = await delivering(status_message_id=status.message_id)
    other = await Shelf(stage.shelf).put(task.id + 1, 0, b"x", "png")
    await Shelf(stage.shelf).put(task.id, 0, b"x", "png")
    await stage.bring(task, picture_bytes())
    await delivery.deliver(task)
    [message] = answers(stage)
    assert message.photo is not None
    assert [path.name for path in stage.shelf.iterdir()] == [other]


async def test_the_status_message_of_the_row_as_it_is_now_goes(
    stage: Stage, delivery: Delivery, delivering: Add
) -> None:
    [status] = await stage.say("Alice", "hello")
    claimed = await delivering()
    await stage.bring(claimed, picture_bytes())
    await stage.change(claimed, status_message_id=status.message_id)  # by a beat after the task was claimed
    await delivery.deliver(claimed)
    assert status.message_id not in stage.chat("Alice").messages


async def test_a_status_message_that_cannot_be_removed_now_is_later(
    stage: Stage, delivery: Delivery, delivering: Add
) -> None:
    [status] = await stage.say("Alice", "hello")
    task = await delivering(status_message_id=status.message_id)
    await stage.bring(task, picture_bytes())
    stage.refuse("deleteMessages", 502, "Bad Gateway")
    with pytest.raises(NotNow):
        await delivery.deliver(task)
    await delivery.deliver(task)
    assert len(stage.calls("sendPhoto")) == 1
    assert status.message_id not in stage.chat("Alice").messages


async def test_the_message_that_asked_is_gone(stage: Stage, delivery: Delivery, delivering: Add) -> None:
    task = await delivering(message_id=4711)
    await stage.bring(task, *bodies(2))
    await delivery.deliver(task)
    assert [message.reply_to_message_id for message in answers(stage)] == [None] * 3


async def test_to_somebody_who_blocked_the_bot(stage: Stage, delivery: Delivery, delivering: Add) -> None:
    task = await delivering()
    await stage.bring(task, picture_bytes())
    block(stage.sandbox, Block(user_id=task.chat_id))
    with pytest.raises(Undeliverable):
        await delivery.deliver(task)


class TestTell:
    async def test_why_there_is_no_picture(self, stage: Stage, delivery: Delivery, add_task: Add) -> None:
        [status] = await stage.say("Alice", "hello")
        reason = text("“{given}” is no good.", given="<b>").dump()
        task = await add_task(state=State.REFUSED, reason=reason, message_id=1, status_message_id=status.message_id)
        await delivery.tell(task)
        [told] = answers(stage)
        assert told.text.startswith("“<b>” is no good. It does not count")
        assert told.reply_to_message_id == 1
        assert labels(told) == ["✏️ Change it"]

    async def test_nobody_is_told_twice(self, stage: Stage, delivery: Delivery, add_task: Add) -> None:
        [status] = await stage.say("Alice", "hello")
        task = await add_task(state=State.EXPIRED, status_message_id=status.message_id)
        stage.refuse("deleteMessages", 502, "Bad Gateway")
        with pytest.raises(NotNow):
            await delivery.tell(task)
        await delivery.tell(task)
        [told] = answers(stage)
        assert "stopped waiting" in told.text

    async def test_in_its_topic(self, stage: Stage, delivery: Delivery, add_task: Add) -> None:
        forum = stage.chat("Picture forum")
        topic = next(iter(forum.topics))
        await delivery.tell(await add_task(state=State.FAILED, chat_id=forum.id, thread_id=topic, lang="zh_CN"))
        [told] = stage.shown(forum)
        assert told.thread_id == topic
        assert "🔁 重试" in labels(told)


def a_task(**fields: Any) -> Task:
    usual = dict.fromkeys(Task.__dataclass_fields__)
    return Task(**{**usual, "id": 1, "capability": "imagine", **fields})
