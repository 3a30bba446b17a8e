from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.sandbox.telegram.people.membership import block
from bot.sandbox.telegram.people.requests import Block
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.sandbox.vendor.faults import Fault
from bot.store import dialogs as rows
from bot.store import inbox
from bot.store.dialogs import Dialog, NewDialog
from bot.store.task import Task
from bot.telegram import intake
from bot.telegram.panels import resume
from tests.telegram.stage import Stage, data_of, labels, picture_bytes

GROUP = "Picture friends"
HOUR = 3600

Put = Callable[..., Awaitable[Dialog]]

MADE_UP = (
    "", "dance", "dance:1", "go", "go:", "go:nowhere", "go:opt-perfume", "go:item-loras-0", "go:item-loras-x",
    "go:pick-model-x", "go:ask-loras", "ask:perfume", "clear:perfume", "set:perfume:1", "set:loras:x", "set:samples",
    "set:size:1:99", "set:samples:9", "pick:loras:0000000000", "pick:perfume:1", "pick:samples:1",
    "field:loras:0:weight:1", "field:loras:x:weight:1", "field:samples:0:weight:1",
)  # fmt: skip


async def open_panel(stage: Stage, who: str = "Alice", words: str = "a fox") -> ChatMessage:
    """Go as far as the panel, in private."""
    await stage.say(who, "/imagine")
    return (await stage.say(who, words))[-1]


def panels(stage: Stage, title: str = "Alice") -> list[ChatMessage]:
    return [message for message in stage.shown(stage.chat(title)) if message.buttons]


async def go(stage: Stage, message: ChatMessage, *path: str, who: str = "Alice") -> ChatMessage:
    """Press one button after the other, each on the newest panel."""
    for label in path:
        assert await stage.press(who, message, data_of(message, label)) == "", label
        message = panels(stage, _title_of(stage, message))[-1]
    return message


def _title_of(stage: Stage, message: ChatMessage) -> str:
    chat = stage.sandbox.world.chats[message.chat_id]
    return chat.user.first_name if chat.user else chat.title


class TestOnePlaceOneDialog:
    async def test_a_new_one_takes_the_place_of_the_old(self, stage: Stage) -> None:
        panel = await open_panel(stage)
        old = data_of(panel, "✨")
        await stage.say("Alice", "/imagine")
        [question] = panels(stage)
        assert "What shall I draw" in question.text
        assert "expired" in str(await stage.press("Alice", question, old))
        assert await stage.tasks() == []

    async def test_topics_and_chats_are_places_of_their_own(self, stage: Stage) -> None:
        forum = stage.chat("Picture forum")
        first, second = forum.topics
        await stage.say("Bob", "/imagine", to="Picture forum", thread_id=first)
        await stage.say("Bob", "/imagine", to="Picture forum", thread_id=second)
        await stage.say("Bob", "/imagine", to="Picture forum")
        await stage.say("Bob", "/imagine")
        asked = {message.thread_id for message in stage.shown(forum) if message.force_reply}
        assert asked == {first, second, None}
        held = [await stage.dialog("Bob", "Picture forum", thread) for thread in (first, second, None)]
        assert len({dialog.id for dialog in [*held, await stage.dialog("Bob")] if dialog}) == 4


class TestAnswers:
    async def test_a_panel_is_shown_below_what_was_typed(self, stage: Stage) -> None:
        [question] = await stage.say("Alice", "/imagine")
        [panel] = await stage.say("Alice", "a fox")
        assert [message.message_id for message in stage.shown(stage.chat("Alice"))] == [panel.message_id]
        assert panel.message_id > question.message_id
        assert "a fox" in panel.text

    async def test_a_bad_value_keeps_the_dialog_and_says_what_is_allowed(self, stage: Stage) -> None:
        panel = await go(stage, await open_panel(stage), "Pictures", "⌨️")
        before = await stage.dialog("Alice")
        [answer] = await stage.say("Alice", "nine")
        assert "1–8" in answer.text
        assert await stage.dialog("Alice") == before
        [answer] = await stage.say("Alice", "3")
        assert "Pictures: 3" in labels(answer)
        assert panel.message_id not in stage.chat("Alice").messages

    async def test_a_prompt_that_is_too_long_is_asked_for_again(self, stage: Stage) -> None:
        await stage.say("Alice", "/imagine")
        [answer] = await stage.say("Alice", "雪" * 1001)
        assert "1000" in answer.text
        [panel] = await stage.say("Alice", "雪" * 1000)
        assert "✨ Generate" in labels(panel)

    async def test_a_picture_is_an_answer(self, stage: Stage) -> None:
        await go(stage, await open_panel(stage), "🖼 Add")
        [answer] = await stage.say("Alice", "not a picture")
        assert "waiting for a picture" in answer.text
        [panel] = await stage.say("Alice", files={"a.jpg": picture_bytes()})
        assert "🖼 Add a picture ✕" in labels(panel)
        dialog = await stage.dialog("Alice")
        assert dialog is not None
        assert stage.sandbox.files.find(dialog.answers["photo"]["file"]) is not None
        # Sent to an open panel, another takes its place.
        await stage.say("Alice", files={"b.png": picture_bytes(kind="PNG")}, media="document")
        changed = await stage.dialog("Alice")
        assert changed is not None
        assert changed.answers["photo"] != dialog.answers["photo"]
        assert changed.answers["photo"]["document"] is True
        panel = await go(stage, panels(stage)[-1], "🖼 Add a picture ✕")
        assert "🖼 Add a picture" in labels(panel)

    async def test_a_file_that_is_no_picture_keeps_the_dialog(self, stage: Stage) -> None:
        await open_panel(stage)
        [answer] = await stage.say("Alice", files={"a.pdf": b"%PDF-1.7"}, media="document")
        assert "application/pdf" in answer.text
        assert await stage.dialog("Alice") is not None

    async def test_words_that_nothing_waits_for_are_shown_the_buttons(self, stage: Stage) -> None:
        await open_panel(stage)
        [answer] = await stage.say("Alice", "hurry up")
        assert "buttons above" in answer.text
        assert len(panels(stage)) == 1

    async def test_without_a_dialog_a_person_learns_how_to_begin_and_a_group_is_left_in_peace(
        self, stage: Stage
    ) -> None:
        [answer] = await stage.say("小明", "你好")
        assert "/imagine" in answer.text
        await stage.say("Bob", "/imagine a fox", to=GROUP)
        [listed] = await stage.say("Bob", "/tasks", to=GROUP)
        assert await stage.say("Bob", "thanks!", to=GROUP, reply_to=listed.message_id) == []

    async def test_an_answer_to_a_screen_of_another_version(self, stage: Stage) -> None:
        await open_panel(stage)
        dialog = await stage.dialog("Alice")
        assert dialog is not None
        async with stage.store.write() as conn:
            await rows.update(conn, dialog, screen="ask-perfume")
        [answer] = await stage.say("Alice", "lavender")
        assert "expired" in answer.text


class TestInGroups:
    async def test_only_a_reply_to_the_dialogs_message_is_an_answer(self, stage: Stage) -> None:
        [question] = await stage.say("Alice", "/imagine", to=GROUP)
        assert question.force_reply
        assert question.input_placeholder == "a red fox in the snow"
        [other] = await stage.say("Bob", "/help", to=GROUP)
        assert await stage.say("Alice", "a hare", to=GROUP, reply_to=other.message_id) == []
        assert await stage.say("Alice", "a hare", to=GROUP) == []
        assert await stage.say("Bob", "a wolf", to=GROUP, reply_to=question.message_id) == []
        [panel] = await stage.say("Alice", "a fox", to=GROUP, reply_to=question.message_id)
        assert "a fox" in panel.text

    async def test_a_question_asks_for_a_reply_anew_and_the_panel_comes_back(self, stage: Stage) -> None:
        [question] = await stage.say("Alice", "/imagine", to=GROUP)
        [panel] = await stage.say("Alice", "a fox", to=GROUP, reply_to=question.message_id)
        typing = await go(stage, panel, "Pictures")
        assert await stage.press("Alice", typing, data_of(typing, "⌨️")) == ""
        asked = stage.shown(stage.chat(GROUP))[-1]
        assert asked.force_reply
        assert panel.message_id not in stage.chat(GROUP).messages
        [panel] = await stage.say("Alice", "3", to=GROUP, reply_to=asked.message_id)
        assert "Pictures: 3" in labels(panel)

    async def test_somebody_elses_panel(self, stage: Stage) -> None:
        [question] = await stage.say("Alice", "/imagine", to=GROUP)
        [panel] = await stage.say("Alice", "a fox", to=GROUP, reply_to=question.message_id)
        before = await stage.dialog("Alice", GROUP)
        for label in ("✨", "Cancel", "Pictures"):
            assert "/imagine" in str(await stage.press("Bob", panel, data_of(panel, label)))
        assert await stage.dialog("Alice", GROUP) == before
        assert await stage.tasks() == []
        [answer] = await stage.say("Bob", "/cancel", to=GROUP)
        assert "nothing to cancel" in answer.text


class TestButtons:
    async def test_generate_orders_once_and_takes_the_panel_away(self, stage: Stage) -> None:
        panel = await go(stage, await open_panel(stage), "Pictures", "4")
        assert await stage.press("Alice", panel, data_of(panel, "✨")) == ""
        [task] = await stage.tasks()
        origin = stage.updates[0].message
        assert origin is not None
        assert (task.request["samples"], task.reserved, task.message_id) == (4, 4, origin.message_id)
        assert await stage.dialog("Alice") is None
        assert panels(stage) == []
        assert "expired" in str(await stage.press("Alice", panel, data_of(panel, "✨"), gone=True))
        assert await stage.tasks() == [task]

    async def test_cancel(self, stage: Stage) -> None:
        panel = await open_panel(stage)
        assert await stage.press("Alice", panel, data_of(panel, "Cancel")) == ""
        assert panels(stage) == []
        assert await stage.dialog("Alice") is None
        assert await stage.tasks() == []

    async def test_the_same_value_once_more_changes_nothing_that_is_seen(self, stage: Stage) -> None:
        screen = await go(stage, await open_panel(stage), "Pictures")
        panel = await go(stage, screen, "✓ 1")
        screen = await go(stage, panel, "Pictures")
        await go(stage, screen, "✓ 1")
        assert len(panels(stage)) == 1

    async def test_old_and_made_up_buttons_change_nothing(self, stage: Stage) -> None:
        panel = await open_panel(stage)
        before = await stage.dialog("Alice")
        assert before is not None
        for made_up in MADE_UP:
            said = len(stage.calls("sendMessage"))
            alert = await stage.press("Alice", panel, f"d:{before.id}:{made_up}")
            assert alert or len(stage.calls("sendMessage")) == said + 1, made_up
            assert await stage.dialog("Alice") == before, made_up
        assert await stage.tasks() == []

    async def test_generate_before_there_is_a_prompt(self, stage: Stage) -> None:
        [question] = await stage.say("Alice", "/imagine")
        dialog = await stage.dialog("Alice")
        assert dialog is not None
        assert await stage.press("Alice", question, f"d:{dialog.id}:run") == ""
        assert await stage.tasks() == []
        [asked] = panels(stage)
        assert asked.text == question.text

    @pytest.mark.parametrize("data", ["d:999999999999999999:run", "d:4711:run"])
    async def test_a_panel_that_never_was(self, stage: Stage, data: str) -> None:
        panel = await open_panel(stage)
        assert "expired" in str(await stage.press("Alice", panel, data))

    async def test_an_expired_panel(self, stage: Stage) -> None:
        panel = await open_panel(stage)
        stage.now += HOUR
        assert "expired" in str(await stage.press("Alice", panel, data_of(panel, "✨")))
        [answer] = await stage.say("Alice", "a hare")
        assert "Tell me what to draw" in answer.text

    async def test_every_change_keeps_it_alive(self, stage: Stage) -> None:
        panel = await open_panel(stage)
        for _ in range(3):
            stage.now += HOUR - 1
            panel = await go(stage, panel, "Pictures", "« Back")
        assert await stage.press("Alice", panel, data_of(panel, "✨")) == ""

    async def test_a_panel_whose_message_is_gone_is_shown_anew(self, stage: Stage) -> None:
        panel = await open_panel(stage)
        data = data_of(panel, "Pictures")
        stage.chat("Alice").messages.clear()
        assert await stage.press("Alice", panel, data, gone=True) == ""
        [shown] = panels(stage)
        assert "« Back" in labels(shown)

    async def test_a_query_that_is_too_old_for_an_answer_has_its_effect(self, stage: Stage) -> None:
        panel = await open_panel(stage)
        stage.refuse("answerCallbackQuery", 400, "Bad Request: query is too old")
        assert await stage.press("Alice", panel, data_of(panel, "✨")) is None
        assert len(await stage.tasks()) == 1


class TestTheCatalogueIsOutOfReach:
    async def test_while_a_panel_is_open(self, stage: Stage) -> None:
        panel = await open_panel(stage)
        before = await stage.dialog("Alice")
        stage.vendor.faults.add(Fault(on="models", times=9, code=503))
        assert "does not answer" in str(await stage.press("Alice", panel, data_of(panel, "Model")))
        assert await stage.dialog("Alice") == before
        assert "does not answer" in str(await stage.press("Alice", panel, data_of(panel, "✨")))
        assert await stage.dialog("Alice") == before
        assert await stage.tasks() == []
        # What needs no catalogue goes on.
        await go(stage, panel, "Pictures", "4")

    async def test_for_what_does_not_go_together(self, stage: Stage) -> None:
        """The check at the end says what to change, and the panel stays for it."""
        panel = await go(stage, await open_panel(stage), "Model")
        panel = await go(stage, panel, "秒画 V1.0")
        await go(stage, panel, "🖼 Add")
        [panel] = await stage.say("Alice", files={"a.jpg": picture_bytes()})
        await stage.press("Alice", panel, data_of(panel, "✨"))
        assert "cannot do this" in stage.shown(stage.chat("Alice"))[-1].text
        assert await stage.dialog("Alice") is not None
        assert await stage.tasks() == []


class TestCommandCancel:
    async def test_ends_the_dialog_of_this_place(self, stage: Stage) -> None:
        await open_panel(stage)
        await stage.say("Alice", "/imagine", to=GROUP)
        [answer] = await stage.say("Alice", "/cancel")
        assert answer.text == "Cancelled. Nothing was ordered."
        assert panels(stage) == []
        assert await stage.dialog("Alice") is None
        assert await stage.dialog("Alice", GROUP) is not None

    async def test_of_nothing(self, stage: Stage) -> None:
        [answer] = await stage.say("小明", "/cancel")
        assert "/help" in answer.text


class TestResume:
    @pytest.fixture
    def put(self, stage: Stage) -> Put:
        """Write a dialog down that a killed process did not come to show."""

        async def write(who: str = "Alice", **more: Any) -> Dialog:
            stage.chat(who).started = True
            person = stage.person(who).id
            usual: dict[str, Any] = {
                "chat_id": person,
                "owner_id": person,
                "capability": "imagine",
                "lang": "en",
                "answers": {},
                "screen": "ask-prompt",
                "created_at": stage.now,
                "expires_at": stage.now + HOUR,
            }
            async with stage.store.write() as conn:
                dialog, _ = await rows.put(conn, NewDialog(**{**usual, **more}))
            return dialog

        return write

    async def test_what_was_left_unshown_is_shown_once(self, stage: Stage, put: Put) -> None:
        await put()
        await put("小明", lang="zh_CN")
        await put("Bob", expires_at=stage.now)
        for _ in range(2):
            await resume(stage.parts.services, stage.bot)
        assert [len(panels(stage, who)) for who in ("Alice", "小明", "Bob")] == [1, 1, 0]
        assert "想画什么" in panels(stage, "小明")[0].text

    async def test_the_older_message_goes(self, stage: Stage) -> None:
        panel = await open_panel(stage)
        dialog = await stage.dialog("Alice")
        assert dialog is not None
        async with stage.store.write() as conn:
            await rows.update(conn, dialog, screen="opt-samples")
        await resume(stage.parts.services, stage.bot)
        [shown] = panels(stage)
        assert shown.message_id != panel.message_id
        assert "« Back" in labels(shown)
        await go(stage, shown, "4")

    async def test_one_that_cannot_be_shown_stops_neither_the_others_nor_the_start(
        self, stage: Stage, put: Put
    ) -> None:
        await put("Bob", screen="opt-perfume", answers={"prompt": "x"})  # of another version of this bot
        await put("李华", capability="perfume")
        blocked = await put("小明")
        block(stage.sandbox, Block(user_id=blocked.chat_id))
        await put()
        with capture_logs() as logs:
            await resume(stage.parts.services, stage.bot)
        assert [entry["event"] for entry in logs] == ["dialog_not_resumed"] * 3
        assert len(panels(stage)) == 1

    async def test_killed_before_it_was_shown(self, stage: Stage) -> None:
        """The row is written with the update's settlement; the message comes after."""
        stage.refuse("sendMessage", 502, "Bad Gateway")
        with capture_logs():
            assert await stage.say("Alice", "/imagine") == []
        async with stage.store.read() as conn:
            assert await inbox.count_open(conn) == 0
        await resume(stage.parts.services, stage.bot)
        assert "What shall I draw" in panels(stage)[0].text


async def test_a_press_that_is_overtaken_is_made_upon_the_other_change(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = await open_panel(stage)
    screen = await go(stage, panel, "Pictures")
    update, overtaken = rows.update, iter([True])

    async def late(conn: Any, dialog: Dialog, **changes: object) -> Dialog | None:
        if next(overtaken, False):
            await update(conn, dialog, answers={**dialog.answers, "seed": 7})
        return await update(conn, dialog, **changes)

    monkeypatch.setattr(rows, "update", late)
    assert await stage.press("Alice", screen, data_of(screen, "4")) == ""
    dialog = await stage.dialog("Alice")
    assert dialog is not None
    assert (dialog.answers["seed"], dialog.answers["samples"]) == (7, 4)
    assert dialog.shown == dialog.version
    assert "Pictures: 4" in labels(panels(stage)[-1])


async def test_one_that_keeps_changing_is_given_up_and_nothing_is_settled(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = await go(stage, await open_panel(stage), "Pictures")

    async def never(*args: Any, **changes: object) -> None:
        return None

    monkeypatch.setattr(rows, "update", never)
    with capture_logs():
        assert "Something went wrong" in str(await stage.press("Alice", screen, data_of(screen, "4")))


async def test_a_dialog_that_has_ended_meanwhile_orders_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two admins may press Generate below what one of them asked for anonymously, or one Cancel."""
    panel = await open_panel(stage)
    dialog = await stage.dialog("Alice")
    assert dialog is not None
    take_on = intake.take_on

    async def late(*args: Any) -> Task | None:
        async with stage.store.write() as conn:
            await rows.remove(conn, dialog.id)
        return await take_on(*args)

    monkeypatch.setattr(intake, "take_on", late)
    assert await stage.press("Alice", panel, data_of(panel, "✨")) == ""
    assert await stage.tasks() == []


async def test_a_dialog_is_of_its_chat_alone(stage: Stage) -> None:
    """A client can make data up; a dialog of an anonymous admin would believe it from anywhere else."""
    forum = stage.chat("Picture forum")
    async with stage.store.write() as conn:
        dialog, _ = await rows.put(
            conn,
            NewDialog(
                chat_id=forum.id,
                owner_id=forum.id,
                capability="imagine",
                lang="en",
                answers={"prompt": "a fox"},
                screen="main",
                created_at=stage.now,
                expires_at=stage.now + HOUR,
            ),
        )
    panel = await open_panel(stage, "Bob")
    assert "expired" in str(await stage.press("Bob", panel, f"d:{dialog.id}:end"))
    async with stage.store.read() as conn:
        assert await rows.by_id(conn, dialog.id, stage.now) is not None


async def test_pictures_that_are_being_collected_are_not_lost_to_another_dialog(stage: Stage) -> None:
    await stage.say("Alice", "/train")
    await stage.say("Alice", files={f"{n}.jpg": picture_bytes(400 + n, 400) for n in range(3)})
    before = await stage.dialog("Alice")
    [refusal] = await stage.say("Alice", "/imagine")
    assert "3 pictures so far, which would be lost" in refusal.text
    assert "/cancel" in refusal.text
    assert await stage.dialog("Alice") == before
    assert await stage.say("Alice", "/imagine a fox") == []
    assert len(await stage.tasks()) == 1
    await stage.say("Alice", "/cancel")
    [question] = await stage.say("Alice", "/imagine")
    assert "What shall I draw" in question.text
