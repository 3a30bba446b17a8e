from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.capabilities import registry
from bot.locales.text import LANGUAGES, Lang
from bot.locales.times import day, moment
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.sandbox.telegram.wire import message_json, user_json
from bot.store import pictures
from bot.store.history import Entry, Parent
from bot.store.task import Picture, State, Task
from bot.telegram.album import Album
from bot.telegram.history_view import PER_PAGE, Page
from tests.capabilities.workshop import task_of
from tests.telegram.restarting import restarted
from tests.telegram.stage import REQUEST, Stage, data_of, labels, picture_bytes

Make = Callable[..., Awaitable[Task]]

GROUP = "Picture friends"

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def make(stage: Stage, add_task: Callable[..., Awaitable[Task]]) -> Make:
    """Insert a delivered task; `kinds` says for each picture as what Telegram has it: "photo", "document" or both."""

    async def add(*kinds: str, who: str = "Alice", chat: str = "Alice", **more: Any) -> Task:
        columns = {"owner_id": stage.person(who).id, "chat_id": stage.chat(chat).id, "state": State.DELIVERED}
        task = await add_task(**{**columns, **more})
        for index, kind in enumerate(kinds or ("photo",)):
            await _keep(stage, Picture(task_id=task.id, index=index, seed=index), kind)
        return await stage.change(task, next_at=None)

    return add


async def _keep(stage: Stage, picture: Picture, kind: str) -> None:
    alice, body = stage.chat("Alice"), picture_bytes(64 + picture.index, 64)
    photo = (await stage.bot.send_photo(alice.id, body)) if "photo" in kind else None
    document = (await stage.bot.send_document(alice.id, body, filename="a.jpg")) if "document" in kind else None
    async with stage.store.write() as conn:
        await pictures.put(conn, [picture])
        await pictures.set_delivered(
            conn,
            picture.task_id,
            picture.index,
            photo_id=photo.photo[-1].file_id if photo else None,
            document_id=document.document.file_id if document and document.document else None,
        )
    for sent in (photo, document):
        if sent is not None:
            del alice.messages[sent.message_id]


def page_of(messages: list[ChatMessage]) -> tuple[list[ChatMessage], ChatMessage]:
    """Split what /history sent into the album and the list."""
    return messages[:-1], messages[-1]


def lines(shown: ChatMessage) -> list[str]:
    return [line for line in shown.text.splitlines()[1:-1] if line]


async def album_now(stage: Stage, chat: str = "Alice") -> list[ChatMessage]:
    return [message for message in stage.shown(stage.chat(chat)) if message.photo]


class TestPage:
    async def test_nothing(self, stage: Stage, make: Make) -> None:
        await make(who="Bob", chat="Bob")
        await make(state=State.FAILED)
        [answer] = await stage.say("Alice", "/history")
        assert "nothing yet" in answer.text
        assert answer.buttons == []
        await make()
        [answer] = await stage.say("Alice", "/history", to=GROUP)
        assert "nothing in this chat" in answer.text

    async def test_shows_the_first_picture_of_each_and_lists_them(self, stage: Stage, make: Make) -> None:
        first = await make("photo", "photo", request={"prompt": "a <fox>"}, created_at=stage.now - 60)
        second = await make(capability="upscale", request={"ratio": 3, "model": {"id": "m", "name": "Sharp"}})
        album, shown = page_of(await stage.say("Alice", "/history"))
        assert [photo.caption for photo in album] == [
            f"{second.id} 🔍 Upscale: Times as large: 3 · Model: Sharp",
            f"{first.id} 🎨 Imagine: a <fox>",
        ]
        assert len({photo.media_group_id for photo in album}) == 1
        whens = [moment(datetime.fromtimestamp(one.created_at, ZONE)).plain("en") for one in (second, first)]
        assert "2 requests, page 1 of 1" in shown.text
        assert lines(shown)[0].endswith(f" 🔍 Upscale: Times as large: 3 · Model: Sharp · {whens[0]}")
        assert f"{first.id} 🎨 Imagine: a <fox> · ×2 · {whens[1]}" in lines(shown)[1]
        assert labels(shown) == [f"{sign} {task.id}" for task in (second, first) for sign in "👁🔁🗑"]

    async def test_one_picture_is_no_album(self, stage: Stage, make: Make) -> None:
        await make()
        album, shown = page_of(await stage.say("Alice", "/history"))
        assert [(photo.photo is not None, photo.media_group_id) for photo in album] == [(True, None)]
        assert "1 request, page 1 of 1" in shown.text

    async def test_a_cut_out_shows_its_preview_and_a_file_its_line(self, stage: Stage, make: Make) -> None:
        file, both = await make("document"), await make("photo document")
        album, shown = page_of(await stage.say("Alice", "/history"))
        assert [photo.caption.split()[0] for photo in album] == [str(both.id)]
        assert [line.split()[0] for line in lines(shown)] == [str(both.id), str(file.id)]

    async def test_pictures_that_telegram_does_not_have_leave_the_list(self, stage: Stage, make: Make) -> None:
        for _ in range(2):
            task = await make()
            async with stage.store.write() as conn:
                await pictures.set_delivered(conn, task.id, 0, photo_id="of-another-bot")
        [shown] = await stage.say("Alice", "/history")
        assert len(lines(shown)) == 2

    async def test_in_a_group_only_what_was_made_there(self, stage: Stage, make: Make) -> None:
        private = await make(request={"prompt": "a secret"})
        here = await make(chat=GROUP)
        await make(chat=GROUP, who="Bob")
        album, shown = page_of(await stage.say("Alice", "/history", to=GROUP))
        assert [line.split()[0] for line in lines(shown)] == [str(here.id)]
        assert [photo.caption.split()[0] for photo in album] == [str(here.id)]
        _, everything = page_of(await stage.say("Alice", "/history"))
        assert [line.split()[0] for line in lines(everything)] == [str(here.id), str(private.id)]
        assert f"🔁 {here.id}" not in labels(everything)  # it is made again where it was made

    async def test_says_what_each_went_on_from(self, stage: Stage, make: Make) -> None:
        mine, others = await make(), await make(who="Bob", chat=GROUP, capability="upscale", request={"ratio": 2})
        await make(parent_id=mine.id, parent_index=0)
        await make(parent_id=others.id, parent_index=0)
        _, shown = page_of(await stage.say("Alice", "/history"))
        assert (
            lines(shown)[1] == f"↳ from “Upscale”, {day(datetime.fromtimestamp(others.created_at, ZONE)).plain('en')}"
        )
        assert lines(shown)[3] == f"↳ from no. {mine.id}"

    async def test_in_a_topic_it_stays_there(self, stage: Stage, make: Make) -> None:
        forum = stage.chat("Picture forum")
        thread = next(iter(forum.topics))
        await make(chat="Picture forum")
        sent = await stage.say("Alice", "/history", to="Picture forum", thread_id=thread)
        assert {message.thread_id for message in sent} == {thread}

    async def test_is_in_the_askers_language(self, stage: Stage, make: Make) -> None:
        await make(who="小明", chat="小明", capability="upscale", request={"ratio": 3})
        stage.chat("小明").started = True
        album, _ = page_of(await stage.say("小明", "/history"))
        assert "模型：" in album[0].caption


class TestTurning:
    async def test_the_list_is_edited_and_the_album_replaced(self, stage: Stage, make: Make) -> None:
        made = [await make() for _ in range(PER_PAGE + 2)]
        album, shown = page_of(await stage.say("Alice", "/history"))
        assert "page 1 of 2" in shown.text
        assert await stage.press("Alice", shown, data_of(shown, "▶️")) == ""
        after = stage.shown(stage.chat("Alice"))
        assert [message.message_id for message in after if not message.photo] == [shown.message_id]
        second = next(message for message in after if message.message_id == shown.message_id)
        assert [line.split()[0] for line in lines(second)] == [str(task.id) for task in made[1::-1]]
        new = await album_now(stage)
        assert [photo.caption.split()[0] for photo in new] == [str(task.id) for task in made[1::-1]]
        assert not {photo.message_id for photo in new} & {photo.message_id for photo in album}
        assert "▶️" not in labels(second)
        assert await stage.press("Alice", second, data_of(second, "◀️")) == ""
        assert len(await album_now(stage)) == PER_PAGE

    @pytest.mark.parametrize("verb", ["▶️", "🗑"])
    async def test_of_two_presses_at_once_the_second_leaves_no_album_behind(
        self, stage: Stage, make: Make, verb: str
    ) -> None:
        for _ in range(PER_PAGE + 2):
            await make()
        _, shown = page_of(await stage.say("Alice", "/history"))
        query = {"from": user_json(stage.person("Alice")), "chat_instance": "1"}
        message = message_json(stage.sandbox.world, stage.chat("Alice").messages[shown.message_id])
        for label in ("▶️", verb):  # each knows the page as it was before
            query_id = stage.sandbox.ask(stage.person("Alice").id, stage.chat("Alice").id)
            pressed = {**query, "id": query_id, "message": message, "data": data_of(shown, label)}
            stage.sandbox.updates.push("callback_query", pressed)
        await stage.handle()
        [after] = [one for one in stage.shown(stage.chat("Alice")) if not one.photo]
        assert "page 2 of 2" in after.text
        assert len(await album_now(stage)) == 2
        assert await stage.press("Alice", after, data_of(after, "◀️")) == ""
        assert len(await album_now(stage)) == PER_PAGE

    async def test_after_a_restart(self, stage: Stage, make: Make) -> None:
        for _ in range(PER_PAGE + 1):
            await make()
        _, shown = page_of(await stage.say("Alice", "/history"))
        async with restarted(stage):
            assert await stage.press("Alice", shown, data_of(shown, "▶️")) == ""
            assert len(await album_now(stage)) == 1

    async def test_an_old_list_turns_too_and_leaves_its_album(self, stage: Stage, make: Make) -> None:
        for _ in range(PER_PAGE + 1):
            await make()
        _, shown = page_of(await stage.say("Alice", "/history"))
        assert await stage.press("Alice", shown, data_of(shown, "▶️"), gone=True) == ""
        assert len(await album_now(stage)) == PER_PAGE + 1

    async def test_a_list_that_is_gone_comes_anew(self, stage: Stage, make: Make) -> None:
        for _ in range(PER_PAGE + 1):
            await make()
        _, shown = page_of(await stage.say("Alice", "/history"))
        data = data_of(shown, "▶️")
        del stage.chat("Alice").messages[shown.message_id]
        assert await stage.press("Alice", shown, data, gone=True) == ""
        assert "page 2 of 2" in stage.shown(stage.chat("Alice"))[-1].text

    async def test_made_up_ids_take_nobodys_messages_away(self, stage: Stage, make: Make) -> None:
        await make(chat=GROUP)
        [said, *_] = await stage.say("Bob", "/tasks", to=GROUP)
        _, shown = page_of(await stage.say("Alice", "/history", to=GROUP))
        alice = stage.person("Alice").id
        forged = f"h:turn:{alice}:0:0:{said.message_id - 1}:6"
        assert await stage.press("Alice", shown, forged) == ""
        assert {said.message_id - 1, said.message_id} <= set(stage.chat(GROUP).messages)


class TestShowingAgain:
    async def test_one_picture_comes_with_its_buttons(self, stage: Stage, make: Make) -> None:
        task = await make()
        _, shown = page_of(await stage.say("Alice", "/history"))
        assert await stage.press("Alice", shown, data_of(shown, "👁")) == ""
        again = stage.shown(stage.chat("Alice"))[-1]
        assert again.photo is not None
        assert "a fox" in again.caption
        assert again.reply_to_message_id == shown.message_id
        before = len(await stage.tasks())
        assert await stage.press("Alice", again, f"r:again:{task.id}") == ""
        assert len(await stage.tasks()) == before + 1

    async def test_several_come_as_an_album_with_the_buttons_below(self, stage: Stage, make: Make) -> None:
        task = await make("photo", "photo", "photo")
        _, shown = page_of(await stage.say("Alice", "/history"))
        assert await stage.press("Alice", shown, data_of(shown, "👁")) == ""
        *album, below = stage.shown(stage.chat("Alice"))[-4:]
        assert len({photo.media_group_id for photo in album}) == 1
        assert [bool(photo.caption) for photo in album] == [True, False, False]
        assert f"r:again:{task.id}" in [button.data for button in below.buttons]

    async def test_what_is_only_a_file_comes_as_one(self, stage: Stage, make: Make) -> None:
        await make("document")
        [shown] = await stage.say("Alice", "/history")
        assert await stage.press("Alice", shown, data_of(shown, "👁")) == ""
        assert stage.shown(stage.chat("Alice"))[-1].document is not None

    async def test_photos_and_files_do_not_mix(self, stage: Stage, make: Make) -> None:
        await make("photo", "document", "photo")
        _, shown = page_of(await stage.say("Alice", "/history"))
        assert await stage.press("Alice", shown, data_of(shown, "👁")) == ""
        sent = stage.shown(stage.chat("Alice"))[-4:]
        assert [(bool(one.photo), bool(one.document)) for one in sent] == [
            (True, False),
            (True, False),
            (False, True),
            (False, False),
        ]

    async def test_what_was_made_elsewhere_goes_on_there(self, stage: Stage, make: Make) -> None:
        await make(chat=GROUP)
        _, shown = page_of(await stage.say("Alice", "/history"))
        assert await stage.press("Alice", shown, data_of(shown, "👁")) == ""
        again = stage.shown(stage.chat("Alice"))[-1]
        assert "in another chat" in again.caption
        assert again.buttons == []

    async def test_what_telegram_has_no_longer_is_said(self, stage: Stage, make: Make) -> None:
        task = await make()
        _, shown = page_of(await stage.say("Alice", "/history"))
        async with stage.store.write() as conn:
            await pictures.set_delivered(conn, task.id, 0, photo_id="of-another-bot")
        assert "no longer here" in str(await stage.press("Alice", shown, data_of(shown, "👁")))

    async def test_again_is_ordered_from_the_list(self, stage: Stage, make: Make) -> None:
        task = await make()
        _, shown = page_of(await stage.say("Alice", "/history"))
        assert await stage.press("Alice", shown, data_of(shown, "🔁")) == ""
        assert [one.parent_id for one in await stage.tasks()] == [None, task.id]


class TestTakingOut:
    async def test_is_confirmed_and_takes_the_picture_off_the_page(self, stage: Stage, make: Make) -> None:
        kept, task = await make(), await make()
        _, shown = page_of(await stage.say("Alice", "/history"))
        assert await stage.press("Alice", shown, data_of(shown, f"🗑 {task.id}")) == ""
        asked = next(one for one in stage.shown(stage.chat("Alice")) if one.message_id == shown.message_id)
        assert f"Take no. {task.id} out" in asked.text
        assert len(await stage.pictures(task)) == 1
        assert await stage.press("Alice", asked, data_of(asked, "🗑")) == ""
        after = next(one for one in stage.shown(stage.chat("Alice")) if one.message_id == shown.message_id)
        assert [line.split()[0] for line in lines(after)] == [str(kept.id)]
        assert [photo.caption.split()[0] for photo in await album_now(stage)] == [str(kept.id)]
        assert await stage.pictures(task) == []
        assert await stage.task(task.id) == task
        assert "no longer here" in str(await stage.press("Alice", after, data_of(shown, f"👁 {task.id}")))

    async def test_keep_brings_the_list_back(self, stage: Stage, make: Make) -> None:
        await make()
        album, shown = page_of(await stage.say("Alice", "/history"))
        await stage.press("Alice", shown, data_of(shown, "🗑"))
        asked = stage.shown(stage.chat("Alice"))[-1]
        assert await stage.press("Alice", asked, data_of(asked, "Keep")) == ""
        *photos, back = stage.shown(stage.chat("Alice"))
        assert (back.text, back.keyboard) == (shown.text, shown.keyboard)
        assert photos == album

    async def test_the_last_one_of_a_page_leads_to_the_page_before(self, stage: Stage, make: Make) -> None:
        made = [await make() for _ in range(PER_PAGE + 1)]
        _, shown = page_of(await stage.say("Alice", "/history"))
        await stage.press("Alice", shown, f"h:yes:{stage.person('Alice').id}:1:{made[0].id}:0:0")
        after = next(one for one in stage.shown(stage.chat("Alice")) if one.message_id == shown.message_id)
        assert "page 1 of 1" in after.text

    async def test_the_very_last_one_leaves_a_sentence(self, stage: Stage, make: Make) -> None:
        task = await make()
        _, shown = page_of(await stage.say("Alice", "/history"))
        for _ in range(2):  # pressed twice, it says the same once more
            assert await stage.press("Alice", shown, f"h:yes:{stage.person('Alice').id}:0:{task.id}:0:0") == ""
            after = next(one for one in stage.shown(stage.chat("Alice")) if one.message_id == shown.message_id)
            assert "nothing yet" in after.text
            assert after.buttons == []


class TestWhoMayPress:
    @pytest.mark.parametrize("verb", ["turn", "show", "ask", "keep", "yes"])
    async def test_its_owner_alone(self, stage: Stage, make: Make, verb: str) -> None:
        task = await make(chat=GROUP)
        _, shown = page_of(await stage.say("Alice", "/history", to=GROUP))
        before = stage.shown(stage.chat(GROUP))
        data = f"h:{verb}:{stage.person('Alice').id}:0:{task.id}:0:0"
        assert "somebody else" in str(await stage.press("Bob", shown, data))
        assert stage.shown(stage.chat(GROUP)) == before
        assert len(await stage.pictures(task)) == 1

    @pytest.mark.parametrize("verb", ["turn", "show", "ask", "yes"])
    async def test_nobody_reaches_somebody_elses_in_private(self, stage: Stage, make: Make, verb: str) -> None:
        task = await make(request={"prompt": "a secret"})
        [shown] = await stage.say("Bob", "/history")
        await stage.press("Bob", shown, f"h:{verb}:{stage.person('Alice').id}:0:{task.id}:0:0")
        seen = stage.shown(stage.chat("Bob"))
        assert not any("secret" in message.words or message.photo for message in seen)
        assert len(await stage.pictures(task)) == 1

    async def test_an_anonymous_admins_page_is_the_admins(self, stage: Stage, make: Make) -> None:
        forum = stage.chat("Picture forum")
        await make(chat="Picture forum", owner_id=forum.id)
        _, shown = page_of(await stage.say("Alice", "/history", to="Picture forum", voice="group"))
        before = len(stage.shown(forum))
        assert "somebody else" in str(await stage.press("Bob", shown, data_of(shown, "👁")))
        assert await stage.press("Alice", shown, data_of(shown, "👁")) == ""
        assert len(stage.shown(forum)) == before + 1

    async def test_a_channels_page_is_not_to_be_made_up(self, stage: Stage, make: Make) -> None:
        task = await make(chat=GROUP, owner_id=-1005555555555)
        _, shown = page_of(await stage.say("Bob", "/history", to=GROUP))
        data = f"h:yes:-1005555555555:0:{task.id}:0:0"
        assert "out of date" in str(await stage.press("Bob", shown, data))
        assert len(await stage.pictures(task)) == 1

    @pytest.mark.parametrize(
        "data", ["h:polish:1:0:1:0:0", "h:turn:1:0:1:0", "h:turn:x:0:1:0:0", "h:turn", "h:turn:1:0:1:0:77"]
    )
    async def test_buttons_that_nobody_made_are_out_of_date(self, stage: Stage, make: Make, data: str) -> None:
        await make()
        _, shown = page_of(await stage.say("Alice", "/history"))
        assert "out of date" in str(await stage.press("Alice", shown, data))


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_the_longest_page_is_one_that_telegram_takes(lang: Lang) -> None:
    page = longest()
    assert len(page.body().html(lang).encode("utf-16-le")) // 2 <= 4096
    question, rows = page.confirm(page.entries[0].task)
    assert len(question.html(lang).encode("utf-16-le")) // 2 <= 4096
    for row in [*page.rows(), *rows]:
        for button in row:
            assert len(button.data.encode()) <= 64


def longest() -> Page:
    request = {**REQUEST, "prompt": "🦊" * 1000}
    upscale = {"ratio": 3, "model": {"id": "m", "name": "🦊" * 128}, "style": {"id": "s", "name": "🦊" * 128}}
    tasks = [
        task_of(registry.BY_NAME["imagine"], request),
        *(task_of(registry.BY_NAME["upscale"], upscale) for _ in range(PER_PAGE - 1)),
    ]
    return Page(
        owner_id=-1009999999999,
        chat_id=-1009999999999,
        number=9999,
        total=10**6,
        entries=[Entry(_numbered(task), (Picture(task_id=1, index=0),)) for task in tasks],
        parents={8: Parent(tasks[1], is_listed=False)},
        zone=ZoneInfo("UTC"),
        album=Album(2_000_000_000, 6),
    )


def _numbered(task: Task) -> Task:
    return replace(task, id=99_999_999_999, parent_id=8)
