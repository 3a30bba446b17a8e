import io
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.locales.text import LANGUAGES, Lang, text, verbatim
from bot.media.offers import of_task
from bot.sandbox.telegram.entities import units
from bot.sandbox.telegram.parsing import parse_html
from bot.sandbox.telegram.people.membership import block
from bot.sandbox.telegram.people.requests import Block
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.store.task import Picture, State, Task
from bot.telegram import sending
from bot.telegram.delivery import Delivery, _caption
from bot.tracker.ports import NotNow, PicturesGone, Undeliverable
from tests.telegram.stage import REQUEST, Stage, delivery_of, labels, picture_bytes, shelf_of

Add = Callable[..., Awaitable[Task]]

CAPTION = 1024
PROMPTS = ["🦊" * 1000, "<b>&</b>" * 250, "雪" * 2000, "&lt;" * 500, "a fox " * 300]


@pytest.fixture
def delivery(stage: Stage) -> Delivery:
    return delivery_of(stage)


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
    assert labels(buttons)[:count] == [f"{n + 1}" for n in range(count)]
    assert [button.data for button in buttons.buttons[:count]] == [f"r:pick:{task.id}:{n}" for n in range(count)]
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
    assert [label for label in labels(buttons) if label.isdecimal()] == ["1", "2"]


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
    st.lists(st.text(max_size=1200), max_size=4),
    st.sampled_from(list(LANGUAGES)),
)
def test_no_caption_is_longer_than_telegram_allows(
    prompt: str, model: str, seeds: list[int], missing: int, notes: list[str], lang: Lang
) -> None:
    made = [Picture(task_id=1, index=index, seed=seed) for index, seed in enumerate(seeds)]
    request = {**REQUEST, "prompt": prompt, "model": {"id": "m", "name": model}, "size": [6000, 6000]}
    task = a_task(request=request, lang=lang, notes=[verbatim(note).dump() for note in notes])
    words, _ = parse_html(_caption(task, made, missing).html(lang))
    assert units(words) <= CAPTION


class TestNotes:
    """What was changed to carry a request out stands below its picture."""

    async def test_each_has_its_line(self, stage: Stage, delivery: Delivery, delivering: Add) -> None:
        notes = [text("“{given}” is no good.", given="<b>").dump(), verbatim("It was turned.").dump()]
        task = await delivering(notes=notes)
        await stage.bring(task, picture_bytes(), withheld=1)
        await delivery.deliver(task)
        [message] = answers(stage)
        *_, withheld, first, second = message.caption.splitlines()
        assert "withheld" in withheld
        assert (first, second) == ("ℹ️ “<b>” is no good.", "ℹ️ It was turned.")

    async def test_in_the_tasks_language(self, stage: Stage, delivery: Delivery, delivering: Add) -> None:
        task = await delivering(lang="zh_CN", notes=[text("Cancelled, as you wished.").dump()])
        await stage.bring(task, picture_bytes())
        await delivery.deliver(task)
        assert answers(stage)[0].caption.splitlines()[-1] == "ℹ️ 已按你的意思取消。"

    def test_one_for_which_there_is_no_room_gives_way_to_the_next(self) -> None:
        notes = [verbatim("🦊" * 500).dump(), verbatim("It was turned.").dump()]
        words = _caption(a_task(request=REQUEST, lang="en", notes=notes), [], 0).plain("en")
        assert words.splitlines()[-1] == "ℹ️ It was turned."
        assert "🦊" not in words


async def test_a_picture_with_transparency_has_a_preview_before_it(
    stage: Stage, delivery: Delivery, delivering: Add
) -> None:
    task = await delivering()
    out = io.BytesIO()
    Image.new("RGBA", (64, 80), (9, 9, 9, 0)).save(out, "PNG")
    await stage.bring(task, out.getvalue())
    await delivery.deliver(task)
    preview, file = answers(stage)
    assert preview.photo is not None
    assert file.document is not None
    assert (preview.caption, preview.buttons) == ("", [])
    assert file.caption.startswith("a fox")
    assert f"r:delete:{task.id}" in [button.data for button in file.buttons]
    assert stage.sandbox.files.read(file.document.file_id) == out.getvalue()
    [picture] = await stage.pictures(task)
    assert (picture.message_id, picture.preview_id) == (file.message_id, preview.message_id)
    assert (picture.photo_id, picture.document_id) == (preview.photo.file_id, file.document.file_id)


class TestWhatIsNoPicture:
    """A training brings something else: a message says so, with buttons."""

    @pytest.fixture
    def trained(self, stage: Stage, delivering: Add) -> Add:
        async def add(**more: Any) -> Task:
            request = {"name": "my <cat>", "trigger": "mycat"}
            return await delivering(capability="train", request=request, found={"lora_id": "l-1"}, **more)

        return add

    async def test_is_told_once_with_its_buttons(self, stage: Stage, delivery: Delivery, trained: Add) -> None:
        await stage.say("Alice", "please")
        task = await trained(message_id=1)
        for _ in range(2):
            await delivery.deliver(await stage.task(task.id))
        [told] = [message for message in answers(stage) if message.buttons]
        assert told.text.startswith("🎓 my <cat> is ready")
        assert told.reply_to_message_id == 1
        assert [button.data for button in told.buttons] == [f"r:try:{task.id}"]
        assert (await stage.task(task.id)).buttons_message_id == told.message_id

    async def test_can_be_shared_where_there_is_somebody_to_share_with(
        self, stage: Stage, delivery: Delivery, trained: Add
    ) -> None:
        group = stage.chat("Picture friends")
        task = await trained(chat_id=group.id)
        await delivery.deliver(task)
        [told] = stage.shown(group)
        assert [button.data for button in told.buttons] == [f"r:try:{task.id}", f"r:share:{task.id}"]


async def test_what_belongs_to_the_wait_goes(stage: Stage, delivery: Delivery, delivering: Add) -> None:
    [status] = await stage.say("Alice", "hello")
    task = await delivering(status_message_id=status.message_id)
    shelf = shelf_of(stage)
    other = await shelf.put(of_task(task.id + 1), 0, b"x", "png")
    await shelf.put(of_task(task.id), 0, b"x", "png")
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
    stage.refuse("deleteMessage", 502, "Bad Gateway")
    with pytest.raises(NotNow):
        await delivery.deliver(task)
    await delivery.deliver(task)
    assert len(stage.calls("sendPhoto")) == 1
    assert status.message_id not in stage.chat("Alice").messages


async def test_a_status_message_that_is_too_old_to_be_removed_says_that_it_is_over(
    stage: Stage, delivery: Delivery, delivering: Add
) -> None:
    stage.chat("Alice").started = True
    status = await stage.bot.send_message(stage.chat("Alice").id, "🎨 At work.")
    task = await delivering(status_message_id=status.message_id)
    await stage.bring(task, picture_bytes())
    stage.now += 3 * 24 * 3600
    await delivery.deliver(task)
    assert [message.text for message in answers(stage) if message.message_id == status.message_id] == [
        "🏁 This has come to its end."
    ]


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

    async def test_of_a_capability_that_there_is_no_longer(
        self, stage: Stage, delivery: Delivery, add_task: Add
    ) -> None:
        await delivery.tell(await add_task(capability="fresco", state=State.REFUSED, error_code=12))
        [told] = answers(stage)
        assert "cannot do that any more" in told.text

    async def test_nobody_is_told_twice(self, stage: Stage, delivery: Delivery, add_task: Add) -> None:
        [status] = await stage.say("Alice", "hello")
        task = await add_task(state=State.EXPIRED, status_message_id=status.message_id)
        stage.refuse("deleteMessage", 502, "Bad Gateway")
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

    async def test_outside_of_topics_where_its_own_is_gone(
        self, stage: Stage, delivery: Delivery, add_task: Add
    ) -> None:
        forum = stage.chat("Picture forum")
        task = await add_task(state=State.FAILED, chat_id=forum.id, thread_id=999)
        with pytest.raises(NotNow):
            await delivery.tell(task)
        task = await stage.task(task.id)
        await delivery.tell(task)
        [told] = stage.shown(forum)
        assert (task.thread_id, told.thread_id) == (None, None)


async def test_pictures_go_outside_of_topics_where_theirs_is_closed(
    stage: Stage, delivery: Delivery, delivering: Add
) -> None:
    forum = stage.chat("Picture forum")
    task = await delivering(chat_id=forum.id, thread_id=next(iter(forum.topics)))
    await stage.bring(task, *bodies(1))
    stage.refuse("sendPhoto", 400, "Bad Request: TOPIC_CLOSED")
    with pytest.raises(NotNow):
        await delivery.deliver(task)
    await delivery.deliver(await stage.task(task.id))
    assert [message.thread_id for message in stage.shown(forum)] == [None]
    stage.refuse("sendMessage", 400, "Bad Request: TOPIC_CLOSED")  # where no topic is meant there is no way out
    with pytest.raises(Undeliverable):
        await delivery.tell(await stage.task(task.id))


async def test_pictures_go_outside_of_topics_where_theirs_is_gone(
    stage: Stage, delivery: Delivery, delivering: Add
) -> None:
    forum = stage.chat("Picture forum")
    task = await delivering(chat_id=forum.id, thread_id=999)
    await stage.bring(task, *bodies(2))
    with pytest.raises(NotNow):
        await delivery.deliver(task)
    await delivery.deliver(await stage.task(task.id))
    assert [message.thread_id for message in stage.shown(forum)] == [None] * 3


def a_task(**fields: Any) -> Task:
    usual = dict.fromkeys(Task.__dataclass_fields__)
    return Task(**{**usual, "id": 1, "capability": "imagine", **fields})
