from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.capabilities.train import Train
from bot.sandbox.telegram.people.membership import migrate
from bot.sandbox.telegram.people.requests import Migration
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.store import loras, people, pictures, tasks
from bot.store.loras import Lora
from bot.store.task import State, Task
from tests.telegram.stage import Stage, data_of, delivery_of, labels, picture_bytes

Add = Callable[..., Awaitable[Task]]
Deliver = Callable[..., Awaitable[tuple[Task, ChatMessage]]]

DAY = 24 * 3600


@pytest.fixture
def deliver(stage: Stage, delivering: Add) -> Deliver:
    """Deliver a task's pictures; give it with the message that has the buttons."""
    delivery = delivery_of(stage)

    async def make(count: int = 1, chat: str = "Alice", **more: object) -> tuple[Task, ChatMessage]:
        place = stage.chat(chat)
        task = await delivering(chat_id=place.id, **more)
        await stage.bring(task, *[picture_bytes(100 + n, 100) for n in range(count)])
        await delivery.deliver(task)
        return await stage.change(task, state=State.DELIVERED, next_at=None), stage.shown(place)[-1]

    return make


async def shown_again(stage: Stage, chat: str = "Alice") -> tuple[int, ChatMessage]:
    """Show the newest result once more; give the id of the page of /history, and the message with the buttons."""
    page = (await stage.say("Alice", "/history", to=chat))[-1]
    assert await stage.press("Alice", page, data_of(page, "👁")) == ""
    return page.message_id, stage.shown(stage.chat(chat))[-1]


async def confirmed(stage: Stage, below: ChatMessage) -> str | None:
    """Press Delete, and that it is meant."""
    assert await stage.press("Alice", below, data_of(below, "🗑")) == ""
    chat = stage.sandbox.world.chats[below.chat_id]
    asked = next(message for message in stage.shown(chat) if message.message_id == below.message_id)
    return await stage.press("Alice", asked, data_of(asked, "🗑"))


async def ordered(stage: Stage, after: Task) -> Task:
    """Give the one task that was ordered since."""
    [task] = [task for task in await stage.tasks() if task.id > after.id]
    return task


async def test_again_is_the_same_with_another_seed(stage: Stage, deliver: Deliver) -> None:
    first, message = await deliver()
    assert await stage.press("Alice", message, data_of(message, "🔁")) == ""
    again = await ordered(stage, first)
    assert again.request == {**first.request, "seed": 0}
    assert (again.parent_id, again.parent_index, again.message_id) == (first.id, 0, message.message_id)
    assert again.reserved == 1
    assert stage.chat("Alice").messages[message.message_id].reactions == ["👀"]


async def test_retry_is_exactly_the_same(stage: Stage, add_task: Add) -> None:
    failed = await add_task(state=State.FAILED)
    [message] = await stage.say("Alice", "hello")
    assert await stage.press("Alice", message, f"r:retry:{failed.id}") == ""
    assert (await ordered(stage, failed)).request == failed.request


@pytest.mark.parametrize(("verb", "state"), [("retry", State.FAILED), ("again", State.DELIVERED)])
async def test_what_went_on_from_a_result_does_so_again(
    stage: Stage, deliver: Deliver, add_task: Add, verb: str, state: State
) -> None:
    first, message = await deliver(3)
    source = {"photo": {"task": first.id, "index": 2}, "ratio": 2, "model": None}
    larger = await add_task(source, capability="upscale", parent_id=first.id, parent_index=2, state=state)
    assert await stage.press("Alice", message, f"r:{verb}:{larger.id}") == ""
    again = await ordered(stage, larger)
    assert (again.parent_id, again.parent_index) == (first.id, 2)


async def test_vary_starts_from_that_picture(stage: Stage, deliver: Deliver) -> None:
    wide = {"controlnets": [{"name": "canny"}], "photo": {"file": "x"}, "samples": 4, "size": [1280, 720], "file": True}
    first, message = await deliver(3, request=wide)
    assert await stage.press("Alice", message, f"r:vary:{first.id}:2") == ""
    varied = await ordered(stage, first)
    assert varied.request["photo"] == {"task": first.id, "index": 2}
    assert (varied.request["samples"], varied.request["seed"], varied.request["controlnets"]) == (1, 0, [])
    assert (varied.request["size"], varied.request["file"]) == ([1280, 720], True)
    assert (varied.parent_id, varied.parent_index) == (first.id, 2)


async def test_a_model_that_takes_no_picture_gives_way_to_one_that_does(stage: Stage, deliver: Deliver) -> None:
    first, message = await deliver(request={"model": {"id": "cr0v1k3d0d02r73haq10", "name": "秒画 V1.0"}})
    await stage.press("Alice", message, data_of(message, "🎲"))
    assert (await ordered(stage, first)).request["model"]["id"] == "cq9m05td0d02r73hb0g0"


async def test_edit_words_opens_the_panel_with_the_same_answers(stage: Stage, deliver: Deliver) -> None:
    task, message = await deliver(request={"size": [1280, 720], "samples": 2})
    assert await stage.press("Alice", message, data_of(message, "✏️")) == ""
    panel = stage.shown(stage.chat("Alice"))[-1]
    assert {"Size: 1280×720", "Pictures: 2"} <= set(labels(panel))
    assert panel.reply_to_message_id == message.message_id
    assert await stage.tasks() == [task]


class TestGoOn:
    """Any picture leads on to whatever works from one."""

    async def test_what_is_instant_is_ordered_at_once(self, stage: Stage, deliver: Deliver) -> None:
        first, message = await deliver(3)
        assert await stage.press("Alice", message, f"r:go:{first.id}:2:upscale") == ""
        larger = await ordered(stage, first)
        assert (larger.capability, larger.request["photo"]) == ("upscale", {"task": first.id, "index": 2})
        assert (larger.parent_id, larger.parent_index, larger.message_id) == (first.id, 2, message.message_id)
        assert larger.reserved == 1

    async def test_what_is_not_is_a_panel_with_the_picture_in_it(self, stage: Stage, deliver: Deliver) -> None:
        first, message = await deliver()
        assert await stage.press("Alice", message, data_of(message, "↔️ Expand")) == ""
        panel = stage.shown(stage.chat("Alice"))[-1]
        assert await stage.tasks() == [first]
        assert await stage.press("Alice", panel, data_of(panel, "✨")) == ""
        assert (await ordered(stage, first)).request["photo"] == {"task": first.id, "index": 0}

    async def test_with_what_somebody_chose_last(self, stage: Stage, deliver: Deliver) -> None:
        first, message = await deliver()
        async with stage.store.write() as conn:
            await people.choose(conn, stage.person("Alice").id, "upscale", {"format": "PNG"}, stage.now)
        await stage.press("Alice", message, data_of(message, "🔍"))
        assert (await ordered(stage, first)).request["format"] == "PNG"

    @pytest.mark.parametrize("way", ["perfume", "snap", ""])
    async def test_to_what_there_is_not(self, stage: Stage, deliver: Deliver, way: str) -> None:
        first, message = await deliver()
        assert "out of date" in str(await stage.press("Alice", message, f"r:go:{first.id}:0:{way}"))
        assert await stage.tasks() == [first]


class TestPick:
    async def test_shows_the_ways_of_that_one_and_leads_back(self, stage: Stage, deliver: Deliver) -> None:
        task, message = await deliver(3)
        assert await stage.press("Alice", message, data_of(message, "2")) == ""
        picked = stage.shown(stage.chat("Alice"))[-1]
        assert picked.text == message.text
        assert labels(picked)[0] == "« 2 of 3"
        assert {f"r:vary:{task.id}:1", f"r:file:{task.id}:1", f"r:go:{task.id}:1:upscale"} <= {
            button.data for button in picked.buttons
        }
        assert await stage.press("Alice", picked, data_of(picked, "«")) == ""
        assert stage.shown(stage.chat("Alice"))[-1].keyboard == message.keyboard

    async def test_is_everybodys_and_may_come_twice(self, stage: Stage, deliver: Deliver) -> None:
        _, message = await deliver(2, chat="Picture friends")
        for _ in range(2):
            assert await stage.press("Bob", message, data_of(message, "2")) == ""
        assert labels(stage.shown(stage.chat("Picture friends"))[-1])[0] == "« 2 of 2"

    async def test_of_a_picture_that_was_withheld(self, stage: Stage, deliver: Deliver) -> None:
        task, message = await deliver(2)
        assert "no longer here" in str(await stage.press("Alice", message, f"r:pick:{task.id}:2"))
        assert stage.shown(stage.chat("Alice"))[-1].keyboard == message.keyboard


async def test_the_file_is_sent_and_remembered(stage: Stage, deliver: Deliver) -> None:
    task, message = await deliver(2)
    for _ in range(2):
        assert await stage.press("Alice", message, f"r:file:{task.id}:1") == ""
    *_, first, second = stage.shown(stage.chat("Alice"))
    assert first.document is not None
    assert first.document == second.document
    assert [picture.document_id for picture in await stage.pictures(task)] == [None, first.document.file_id]
    assert (await stage.events("action"))[-1]["action"] == "upload_document"


async def test_a_copy_of_telegrams_is_not_remembered_as_the_file(stage: Stage, deliver: Deliver) -> None:
    task, message = await deliver()
    stage.web.holds[f"{task.id}-0-raw"] = 403
    stage.refuse("sendChatAction", 500, "Internal Server Error")  # a courtesy that may fail
    assert await stage.press("Alice", message, data_of(message, "📄")) == ""
    assert "expired" in stage.shown(stage.chat("Alice"))[-1].caption
    assert [picture.document_id for picture in await stage.pictures(task)] == [None]


async def test_a_picture_that_is_not_there(stage: Stage, deliver: Deliver) -> None:
    task, message = await deliver()
    assert "no longer here" in str(await stage.press("Alice", message, f"r:file:{task.id}:7"))


class TestDelete:
    async def test_is_confirmed_and_takes_album_and_buttons(self, stage: Stage, deliver: Deliver) -> None:
        task, message = await deliver(3)
        assert await stage.press("Alice", message, data_of(message, "🗑")) == ""
        asked = stage.shown(stage.chat("Alice"))[-1]
        assert [button.data for button in asked.buttons] == [f"r:really:{task.id}", f"r:keep:{task.id}"]
        assert await stage.press("Alice", asked, data_of(asked, "🗑")) == ""
        assert stage.shown(stage.chat("Alice")) == []

    async def test_takes_the_preview_too(self, stage: Stage, deliver: Deliver) -> None:
        task, message = await deliver()
        [preview] = await stage.say("Alice", "hello")
        async with stage.store.write() as conn:
            await pictures.set_delivered(conn, task.id, 0, preview_id=preview.message_id)
        assert await stage.press("Alice", message, f"r:really:{task.id}") == ""
        assert stage.shown(stage.chat("Alice")) == []

    @pytest.mark.parametrize("count", [1, 3])
    async def test_keep_brings_the_buttons_back(self, stage: Stage, deliver: Deliver, count: int) -> None:
        task, message = await deliver(count)
        await stage.press("Alice", message, data_of(message, "🗑"))
        assert await stage.press("Alice", message, f"r:keep:{task.id}") == ""
        kept = stage.shown(stage.chat("Alice"))[-1]
        assert kept.keyboard == message.keyboard
        assert len(stage.shown(stage.chat("Alice"))) == (1 if count == 1 else count + 1)
        # Pressed twice, it says the same once more.
        assert await stage.press("Alice", kept, f"r:keep:{task.id}") == ""

    @pytest.mark.parametrize("count", [1, 3])
    async def test_after_two_days_telegram_does_not_let_it(self, stage: Stage, deliver: Deliver, count: int) -> None:
        task, message = await deliver(count)
        stage.now += 2 * DAY + 1
        # An old message comes as inaccessible; its buttons can be changed all the same.
        assert await stage.press("Alice", message, data_of(message, "🗑"), gone=True) == ""
        asked = stage.shown(stage.chat("Alice"))[-1]
        assert labels(asked)[1] == "Keep"
        assert "two days" in str(await stage.press("Alice", asked, f"r:really:{task.id}", gone=True))
        assert len(stage.shown(stage.chat("Alice"))) == (1 if count == 1 else count + 1)
        assert await stage.press("Alice", asked, f"r:keep:{task.id}", gone=True) == ""
        assert stage.shown(stage.chat("Alice"))[-1].keyboard == message.keyboard

    async def test_pressed_twice_it_is_done(self, stage: Stage, deliver: Deliver) -> None:
        task, message = await deliver(2)
        assert await stage.press("Alice", message, f"r:really:{task.id}") == ""
        assert await stage.press("Alice", message, f"r:really:{task.id}", gone=True) == ""

    async def test_below_a_result_shown_again_takes_both(self, stage: Stage, deliver: Deliver) -> None:
        await deliver(3)
        page, below = await shown_again(stage)
        assert await stage.press("Alice", below, data_of(below, "2")) == ""  # and back
        below = stage.shown(stage.chat("Alice"))[-1]
        assert await stage.press("Alice", below, data_of(below, "«")) == ""
        below = stage.shown(stage.chat("Alice"))[-1]
        await confirmed(stage, below)
        assert [shown.message_id for shown in stage.shown(stage.chat("Alice")) if not shown.photo] == [page]
        assert len(stage.shown(stage.chat("Alice"))) == 2  # the page of /history, and its picture

    async def test_what_is_too_old_is_said_below_a_result_shown_again(self, stage: Stage, deliver: Deliver) -> None:
        await deliver(3)
        before = stage.shown(stage.chat("Alice"))
        stage.now += 2 * DAY + 1
        _, below = await shown_again(stage)
        assert "two days" in str(await confirmed(stage, below))
        assert stage.shown(stage.chat("Alice"))[: len(before)] == before
        assert len(stage.shown(stage.chat("Alice"))) == len(before) + 2

    async def test_an_album_that_somebody_made_up_stays(self, stage: Stage, deliver: Deliver) -> None:
        task, message = await deliver(2, chat="Picture friends")
        [said] = await stage.say("Bob", "/tasks", to="Picture friends")
        forged = f"r:really:{task.id}:0:{said.message_id}_1"
        assert await stage.press("Alice", message, forged) == ""
        assert stage.shown(stage.chat("Picture friends")) == [said]

    async def test_nobody_elses_messages_go_in_a_group_that_became_a_supergroup(
        self, stage: Stage, deliver: Deliver
    ) -> None:
        await deliver(2, chat="Picture friends")
        new = stage.sandbox.world.chats[migrate(stage.sandbox, Migration(chat_id=stage.chat("Picture friends").id))]
        await stage.handle()
        stage.sandbox.world.chats.pop(stage.chat("Picture friends").id)
        new.admins.append(stage.sandbox.world.bot.id)  # now Telegram lets it delete whatever it names
        for _ in range(12):
            await stage.say("Bob", "hello", to="Picture friends")
        said = [number for number, one in new.messages.items() if one.sender.first_name == "Bob"]
        _, below = await shown_again(stage, "Picture friends")
        assert await confirmed(stage, below) == ""
        assert set(said) <= set(new.messages)

    async def test_a_message_that_is_gone_cannot_be_changed(self, stage: Stage, deliver: Deliver) -> None:
        _, message = await deliver()
        stage.chat("Alice").messages.clear()
        pressed = await stage.press("Alice", message, data_of(message, "🗑"), gone=True)
        assert pressed == "That message can no longer be changed."


class TestCancel:
    async def test_what_still_waits(self, stage: Stage, add_task: Add) -> None:
        task = await add_task()
        [message] = await stage.say("Alice", "hello")
        assert await stage.press("Alice", message, f"r:cancel:{task.id}") == ""
        cancelled = await stage.task(task.id)
        assert cancelled.state is State.CANCELLED
        assert cancelled.next_at == stage.now  # due at once, for the sentence that tells of it

    @pytest.mark.parametrize("state", [State.SUBMITTING, State.RUNNING, State.DELIVERED, State.CANCELLED])
    async def test_what_is_at_work_is_too_late(self, stage: Stage, add_task: Add, state: State) -> None:
        task = await add_task(state=state)
        [message] = await stage.say("Alice", "hello")
        assert "too late" in str(await stage.press("Alice", message, f"r:cancel:{task.id}"))
        assert await stage.task(task.id) == task

    async def test_what_is_taken_up_at_that_moment_is_too_late(
        self, stage: Stage, add_task: Add, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        task = await add_task()
        [message] = await stage.say("Alice", "hello")
        hold = tasks.hold

        async def late(conn: AsyncConnection, task_id: int) -> Task | None:
            await tasks.update(conn, task, state=State.SUBMITTING)
            return await hold(conn, task_id)

        monkeypatch.setattr(tasks, "hold", late)
        assert "too late" in str(await stage.press("Alice", message, f"r:cancel:{task.id}"))
        assert (await stage.task(task.id)).state is State.QUEUED  # what was refused has changed nothing

    @pytest.mark.parametrize(
        ("meanwhile", "state"),
        [
            ({"lease_token": 9}, State.CANCELLED),  # it was polled
            ({"state": State.FAILED, "lease_token": 9}, State.FAILED),  # and heard to be cancelled
        ],
    )
    async def test_what_the_vendor_took_back_is_cancelled_whoever_polls_it(
        self, stage: Stage, add_task: Add, monkeypatch: pytest.MonkeyPatch, meanwhile: dict[str, Any], state: State
    ) -> None:
        task = await add_task(capability="train", state=State.RUNNING, vendor_id="v")
        [message] = await stage.say("Alice", "hello")

        async def cancel(_self: Train, given: Task, _studio: object) -> bool:
            await stage.change(given, **meanwhile)
            return True

        monkeypatch.setattr(Train, "cancel", cancel)
        assert await stage.press("Alice", message, f"r:cancel:{task.id}") == ""
        assert (await stage.task(task.id)).state is state


class TestWhoMayPress:
    @pytest.mark.parametrize("verb", ["retry", "delete", "really", "keep", "cancel"])
    async def test_what_is_the_owners_alone(self, stage: Stage, deliver: Deliver, verb: str) -> None:
        task, message = await deliver(chat="Picture friends")
        assert "Only the person" in str(await stage.press("Bob", message, f"r:{verb}:{task.id}"))
        assert await stage.tasks() == [task]
        assert len(stage.shown(stage.chat("Picture friends"))) == 1

    @pytest.mark.parametrize("verb", ["again", "edit"])
    async def test_a_collection_of_pictures_is_its_owners_alone(self, stage: Stage, add_task: Add, verb: str) -> None:
        group = stage.chat("Picture friends")
        photos = {"photos": {"id": 4711, "count": 5, "is_done": True}, "name": "my cat"}
        task = await add_task(capability="train", chat_id=group.id, state=State.FAILED, request=photos)
        [message] = await stage.say("Bob", "/imagine", to="Picture friends")
        assert "Only the person" in str(await stage.press("Bob", message, f"r:{verb}:{task.id}"))
        assert await stage.tasks() == [task]

    async def test_going_on_is_everybodys_and_counts_for_who_pressed(self, stage: Stage, deliver: Deliver) -> None:
        task, message = await deliver(chat="Picture friends")
        assert await stage.press("Bob", message, data_of(message, "🔁")) == ""
        again = await ordered(stage, task)
        assert (again.owner_id, again.chat_id) == (stage.person("Bob").id, task.chat_id)

    @pytest.mark.parametrize("verb", ["again", "vary", "edit", "file", "delete", "cancel"])
    async def test_another_chats_result_is_not_there(self, stage: Stage, deliver: Deliver, verb: str) -> None:
        task, _ = await deliver()
        [message] = await stage.say("Bob", "hello")
        assert "no longer here" in str(await stage.press("Bob", message, f"r:{verb}:{task.id}:0"))
        assert await stage.tasks() == [task]


class TestSomebodyElsesLora:
    LORA: ClassVar[dict[str, Any]] = {"id": "trained", "name": "my cat", "weight": 0.8}

    @pytest.fixture
    async def made(self, stage: Stage, deliver: Deliver) -> tuple[Task, ChatMessage]:
        task, message = await deliver(chat="Picture friends", request={"loras": [self.LORA]})
        row = Lora(
            id="trained",
            owner_id=task.owner_id,
            task_id=None,
            name="my cat",
            base_model_type="",
            trigger_words="",
            created_at=1.0,
        )
        async with stage.store.write() as conn:
            await loras.insert(conn, row)
        return task, message

    async def test_is_not_used_again(self, stage: Stage, made: tuple[Task, ChatMessage]) -> None:
        task, message = made
        for verb in ("again", "vary"):
            said = await stage.press("Bob", message, f"r:{verb}:{task.id}:0")
            assert "You cannot use the LoRA “my cat” here" in str(said)
        assert await stage.tasks() == [task]

    async def test_its_owner_uses_it_again(self, stage: Stage, made: tuple[Task, ChatMessage]) -> None:
        task, message = made
        assert await stage.press("Alice", message, data_of(message, "🔁")) == ""
        assert (await ordered(stage, task)).request == {**task.request, "seed": 0}

    async def test_a_retry_finds_that_it_is_shared_no_longer(
        self, stage: Stage, add_task: Add, made: tuple[Task, ChatMessage]
    ) -> None:
        task, message = made
        bob = stage.person("Bob").id
        failed = await add_task(owner_id=bob, chat_id=task.chat_id, state=State.FAILED, request={"loras": [self.LORA]})
        async with stage.store.write() as conn:
            await loras.share(conn, "trained", task.chat_id)
        assert await stage.press("Bob", message, f"r:retry:{failed.id}") == ""
        again = await ordered(stage, failed)
        async with stage.store.write() as conn:
            await loras.unshare(conn, "trained", task.chat_id)
        assert "You cannot use the LoRA" in str(await stage.press("Bob", message, f"r:retry:{failed.id}"))
        assert (await stage.tasks())[-1] == again


async def test_what_came_since_it_was_made_is_at_its_default(stage: Stage, deliver: Deliver) -> None:
    first, message = await deliver()
    older = {name: value for name, value in first.request.items() if name != "file"}
    first = await stage.change(first, request=older)
    assert await stage.press("Alice", message, data_of(message, "🔁")) == ""
    assert (await ordered(stage, first)).request == {**older, "seed": 0, "file": False}


class TestLimits:
    @pytest.fixture
    def settings(self) -> dict[str, int]:
        return {"daily_limit": 1}

    async def test_a_limit_is_told_as_an_alert(self, stage: Stage, deliver: Deliver) -> None:
        _, message = await deliver()
        assert await stage.press("Alice", message, data_of(message, "🔁")) == ""
        assert "used up" in str(await stage.press("Alice", message, data_of(message, "🔁")))


@pytest.mark.parametrize("data", ["r:again:4711", "r:file:999999999999999999:0"])
async def test_a_result_that_is_not_there(stage: Stage, data: str) -> None:
    [message] = await stage.say("Alice", "hello")
    assert await stage.press("Alice", message, data) == "That result is no longer here."


def made_up(task: Task) -> Sequence[str]:
    return [
        f"r:polish:{task.id}",
        f"r:again:{task.id}:x",
        f"r:again:{task.id}:1:2",
        f"r:vary:{task.id}:100",
        f"r:Again:{task.id}",
        "r:again",
        "r:again:-1",
        "r:again:99999999999999999999",
        "r",
        "x:1",
    ]


async def test_buttons_that_nobody_made_are_out_of_date(stage: Stage, deliver: Deliver) -> None:
    task, message = await deliver()
    for data in made_up(task):
        assert "out of date" in str(await stage.press("Alice", message, data)), data
    assert await stage.tasks() == [task]


async def test_a_press_is_answered_in_the_pressers_language(stage: Stage, deliver: Deliver) -> None:
    task, message = await deliver(chat="Picture friends")
    assert "只有" in str(await stage.press("小明", message, f"r:delete:{task.id}"))
