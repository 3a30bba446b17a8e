"""What a dialog has found out, from the answer that asks for it to the answer that it brings."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.capabilities import registry
from bot.errors import BadValue
from bot.locales.text import verbatim
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.store import dialogs as rows
from bot.store import inbox, tasks
from bot.store.dialogs import Dialog
from bot.store.task import State, Task
from bot.telegram import errands
from bot.telegram.forms import TRIES
from bot.tracker.handover import Handover
from bot.tracker.ports import NotNow
from tests.conversations.inventions import register
from tests.telegram.stage import Stage, data_of, delivery_of, labels, picture_bytes

GROUP = "Picture friends"
PHOTO = {"a.jpg": picture_bytes()}

Ends = Callable[..., Awaitable[Task]]


@pytest.fixture(autouse=True)
def _more_capabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)


async def answers_of(stage: Stage) -> dict[str, Any]:
    dialog = await stage.dialog()
    assert dialog is not None
    return dialog.answers


async def sent(stage: Stage) -> list[Task]:
    """List the errands that are under way."""
    return [task for task in await stage.tasks() if task.capability == "search" and task.state is State.QUEUED]


def shown(stage: Stage, title: str = "Alice") -> list[ChatMessage]:
    return stage.shown(stage.chat(title))


@pytest.fixture
def ends(stage: Stage) -> Ends:
    """Let an errand end, and hand it over as the tracker does; give it as it then is."""
    withdraw = stage.parts.services.studio.inputs.withdraw
    handover = Handover(stage.store, delivery_of(stage), withdraw=withdraw, clock=lambda: stage.now)

    async def end(task: Task, *, fails: bool = False, **more: Any) -> Task:
        if task.state is State.QUEUED:
            usual: dict[str, Any] = {"found": {"things": 4}, "state": State.DELIVERING}
            if fails:
                usual = {"state": State.REFUSED, "error_code": 18}
            task = await stage.change(task, **{**usual, "finished_at": stage.now, **more})
        await (handover.tell if task.state is State.REFUSED else handover.deliver)(task)
        return await stage.task(task.id)

    return end


class TestPlacing:
    async def test_is_one_change_with_what_asks_for_it(self, stage: Stage) -> None:
        [waiting] = await stage.say("Alice", "/find", files=PHOTO)
        dialog = await stage.dialog()
        assert dialog is not None
        assert (waiting.text, dialog.screen) == ("I am looking.", "ask-found")
        [task] = await sent(stage)
        assert task.request == {"photo": dialog.answers["photo"], "dialog": dialog.id, "need": "found"}
        assert (task.owner_id, task.chat_id, task.message_id) == (dialog.owner_id, dialog.chat_id, dialog.origin_id)
        assert (task.kind, task.lang, task.reserved, task.allowance_day) == ("search", "en", 0, None)
        assert (task.next_at, task.deadline_at) == (stage.now, stage.now + errands.PATIENCE)

    @pytest.mark.parametrize("words", ["/find", "an answer"])
    async def test_where_it_cannot_be_placed_nothing_has_changed(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, words: str
    ) -> None:
        if words != "/find":
            await stage.say("Alice", "/find")
        before = await stage.dialog()

        async def broken(*args: Any) -> None:
            raise ConnectionError("the database is away")

        monkeypatch.setattr(tasks, "insert", broken)
        with capture_logs():
            await stage.say("Alice", words, files=PHOTO)
        monkeypatch.undo()
        assert await stage.dialog() == before
        assert await stage.tasks() == []

    async def test_costs_nobody_anything_and_says_nothing(self, stage: Stage) -> None:
        person = stage.person("Alice").id
        await stage.say("Alice", "/find", files=PHOTO)
        async with stage.store.read() as conn:
            assert await tasks.count_running(conn, person) == 0
        assert stage.calls("setMessageReaction") == []

    async def test_the_same_is_not_asked_for_again_while_it_is_under_way(self, stage: Stage) -> None:
        await stage.say("Alice", "/find --all on", files=PHOTO)
        before = await sent(stage)
        dialog = await stage.dialog()
        assert dialog is not None
        panel = shown(stage)[-1]
        for data in ("set:all:off", "go:main", "go:ask-found", "set:all:on"):
            assert await stage.press("Alice", panel, f"d:{dialog.id}:{data}") == ""
        assert await sent(stage) == before
        changed = await stage.dialog()
        assert changed is not None
        assert changed.version == dialog.version + 4

    async def test_what_is_asked_for_anew_is(self, stage: Stage, ends: Ends) -> None:
        await stage.say("Alice", "/find", files=PHOTO)
        [first] = await sent(stage)
        await ends(first)
        await stage.say("Alice", "a fox")
        dialog = await stage.dialog()
        assert dialog is not None
        panel = shown(stage)[-1]
        await stage.press("Alice", panel, f"d:{dialog.id}:go:ask-found")
        assert await stage.press("Alice", shown(stage)[-1], data_of(shown(stage)[-1], "Look again")) == ""
        [second] = await sent(stage)
        assert second.id != first.id
        assert (await answers_of(stage))["found"] is None

    async def test_there_is_an_end_to_it(self, stage: Stage, ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(errands, "MOST", 1)
        await stage.say("Alice", "/find", files=PHOTO)
        [first] = await sent(stage)
        await ends(first)
        await stage.say("Alice", "a fox")
        dialog = await stage.dialog()
        assert dialog is not None
        await stage.press("Alice", shown(stage)[-1], f"d:{dialog.id}:go:ask-found")
        refusal = await stage.press("Alice", shown(stage)[-1], data_of(shown(stage)[-1], "Look again"))
        assert "begin anew" in str(refusal)
        assert await sent(stage) == []

    async def test_the_tracker_is_told(self, stage: Stage) -> None:
        rings: list[str] = []
        stage.parts.app.bot_data = stage.parts.services.__class__(
            **{
                **{name: getattr(stage.parts.services, name) for name in stage.parts.services.__slots__},
                "wake": lambda: rings.append("ring"),
            }
        )
        await stage.say("Alice", "/find")
        before = len(rings)
        await stage.say("Alice", files=PHOTO)
        assert len(rings) == before + 1
        assert len(await sent(stage)) == 1


class TestHearing:
    async def test_what_it_brings_is_the_needs_answer(self, stage: Stage, ends: Ends) -> None:
        await stage.say("Alice", "/find", files=PHOTO)
        [task] = await sent(stage)
        done = await ends(task)
        assert (done.state, done.next_at) == (State.DELIVERED, None)
        dialog = await stage.dialog()
        assert dialog is not None
        assert (dialog.answers["found"], dialog.screen) == (4, "ask-words")
        assert [message.text for message in shown(stage)] == ["Which words?"]
        # In its own message: no other is said.
        assert len(stage.calls("sendMessage")) == 1
        await stage.say("Alice", "a fox")
        panel = shown(stage)[-1]
        assert await stage.press("Alice", panel, data_of(panel, "✨")) == ""
        ordered = (await stage.tasks())[-1]
        assert (ordered.capability, ordered.request["found"], ordered.reserved) == ("find", 4, 1)

    async def test_one_that_failed_is_heard_with_its_reason(self, stage: Stage, ends: Ends) -> None:
        await stage.say("小明", "/find", files=PHOTO)
        [task] = await sent(stage)
        done = await ends(task, fails=True)
        assert (done.state, done.next_at) == (State.REFUSED, None)
        dialog = await stage.dialog("小明")
        assert dialog is not None
        assert dialog.answers["found"] == 0
        assert "content filter" in dialog.answers["fault"]["template"]
        assert "describe it" not in dialog.answers["fault"]["template"]  # there are no words
        [told] = shown(stage, "小明")
        assert told.text == "Which words?"

    async def test_its_pictures_are_heard_and_not_delivered(self, stage: Stage, ends: Ends) -> None:
        await stage.say("Alice", "/find", files=PHOTO)
        [task] = await sent(stage)
        await stage.bring(task, picture_bytes(), picture_bytes())
        await ends(task, found=None)
        assert (await answers_of(stage))["found"] == 2
        assert stage.calls("sendPhoto", "sendMediaGroup") == []
        assert [picture.message_id for picture in await stage.pictures(task)] == [None, None]

    @pytest.mark.parametrize("fails", [False, True])
    async def test_a_dialog_that_is_over_hears_nothing(self, stage: Stage, ends: Ends, *, fails: bool) -> None:
        await stage.say("Alice", "/find", files=PHOTO)
        await stage.say("Alice", "/cancel")
        before = shown(stage)
        [task] = await sent(stage)
        assert (await ends(task, fails=fails)).next_at is None
        assert shown(stage) == before
        assert await stage.dialog() is None

    async def test_nor_does_the_next_one_in_its_place(self, stage: Stage, ends: Ends) -> None:
        await stage.say("Alice", "/find", files=PHOTO)
        [old] = await sent(stage)
        await stage.say("Alice", "/find", files=PHOTO)
        await ends(old)
        assert "found" not in await answers_of(stage)
        [new] = await sent(stage)
        await ends(new)
        assert (await answers_of(stage))["found"] == 4

    async def test_what_is_no_longer_asked_for_is_dropped(self, stage: Stage, ends: Ends) -> None:
        """Another picture was sent meanwhile: what is found in the first one is nobody's answer."""
        await stage.say("Alice", "/find", files=PHOTO)
        [first] = await sent(stage)
        dialog = await stage.dialog()
        assert dialog is not None
        await stage.press("Alice", shown(stage)[-1], f"d:{dialog.id}:go:ask-photo")
        await stage.say("Alice", files={"b.jpg": picture_bytes(100, 100)})
        assert len(await sent(stage)) == 2
        await ends(first, found={"things": 9})
        assert "found" not in await answers_of(stage)
        assert shown(stage)[-1].text == "I am looking."
        [second] = await sent(stage)
        await ends(second)
        assert (await answers_of(stage))["found"] == 4

    async def test_heard_twice_it_is_taken_once(self, stage: Stage, ends: Ends) -> None:
        await stage.say("Alice", "/find", files=PHOTO)
        [task] = await sent(stage)
        done = await ends(task)
        dialog, before = await stage.dialog(), len(stage.calls("sendMessage", "editMessageText"))
        await delivery_of(stage).deliver(done)
        assert await stage.dialog() == dialog
        assert len(stage.calls("sendMessage", "editMessageText")) == before

    async def test_in_a_group_a_question_asks_for_a_reply(self, stage: Stage, ends: Ends) -> None:
        await stage.say("Alice", "/find", files=PHOTO, to=GROUP)
        [task] = await sent(stage)
        await ends(task)
        [question] = shown(stage, GROUP)
        assert question.force_reply
        assert question.text == "Which words?"


class TestInBetween:
    """A kill or a fault at any point loses no errand, and none is taken twice."""

    async def test_the_task_has_ended_and_the_dialog_does_not_know(
        self, stage: Stage, ends: Ends, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await stage.say("Alice", "/find", files=PHOTO)
        [task] = await sent(stage)
        before = await stage.dialog()

        async def killed(*args: Any, **more: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(rows, "update", killed)
        with pytest.raises(KeyboardInterrupt):
            await ends(task)
        monkeypatch.undo()
        register(monkeypatch)
        assert await stage.dialog() == before
        left = await stage.task(task.id)
        assert left.state is State.DELIVERING
        await ends(left)
        assert (await answers_of(stage))["found"] == 4

    async def test_the_dialog_knows_and_its_message_does_not(self, stage: Stage, ends: Ends) -> None:
        await stage.say("Alice", "/find", files=PHOTO)
        [task] = await sent(stage)
        stage.refuse("editMessageText", 502, "Bad Gateway")
        with capture_logs():
            left = await ends(task)
        assert (left.state, left.attempts) == (State.DELIVERING, 1)
        assert (await answers_of(stage))["found"] == 4
        assert shown(stage)[-1].text == "I am looking."
        done = await ends(left)
        assert done.state is State.DELIVERED
        assert [message.text for message in shown(stage)] == ["Which words?"]

    async def test_the_message_is_still_on_its_way(self, stage: Stage, ends: Ends) -> None:
        """Back before the panel is there, it waits: a second message beside that would stay behind."""
        heard: list[Task] = []

        async def is_back() -> None:
            [task] = await sent(stage)
            heard.append(await ends(task))

        stage.wire.after["sendMessage"] = is_back
        await stage.say("Alice", "/find", files=PHOTO)
        [left] = heard
        assert (left.state, left.attempts) == (State.DELIVERING, 1)
        assert "found" not in await answers_of(stage)
        await ends(left)
        assert [message.text for message in shown(stage)] == ["Which words?"]
        dialog = await stage.dialog()
        assert dialog is not None
        assert (dialog.message_id, dialog.shown) == (shown(stage)[0].message_id, dialog.version)

    async def test_a_message_that_never_came_is_not_waited_for(self, stage: Stage, ends: Ends) -> None:
        stage.refuse("sendMessage", 502, "Bad Gateway")
        with capture_logs():
            await stage.say("Alice", "/find", files=PHOTO)
        [task] = await sent(stage)
        with pytest.raises(NotNow):
            await delivery_of(stage).deliver(await stage.change(task, state=State.DELIVERING, found={"things": 4}))
        task = await stage.task(task.id)
        for _ in range(TRIES):
            assert shown(stage) == []
            task = await ends(task)
        await ends(task)
        assert [message.text for message in shown(stage)] == ["Which words?"]

    async def test_the_dialog_changes_at_that_moment(
        self, stage: Stage, ends: Ends, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await stage.say("Alice", "/find", files=PHOTO)
        [task] = await sent(stage)
        update, overtaken = rows.update, iter([True])

        async def late(conn: Any, dialog: Dialog, **changes: object) -> Dialog | None:
            if next(overtaken, False):
                other = await update(conn, dialog, answers={**dialog.answers, "all": True})
                assert other is not None
                await rows.mark_shown(conn, other, other.message_id or 0)
            return await update(conn, dialog, **changes)

        monkeypatch.setattr(rows, "update", late)
        await ends(task)
        answers = await answers_of(stage)
        assert (answers["found"], answers["all"]) == (4, True)


class TestInAHurry:
    """What the command has said wholly is ordered by itself, once it is found out."""

    async def test_it_is(self, stage: Stage, ends: Ends) -> None:
        [waiting] = await stage.say("Alice", "/find a fox", files=PHOTO)
        assert waiting.text == "I am looking."
        [task] = await sent(stage)
        await ends(task)
        ordered = (await stage.tasks())[-1]
        assert ordered.capability == "find"
        assert (ordered.request["found"], ordered.request["words"], ordered.message_id) == (4, "a fox", 1)
        assert "hurry" not in ordered.request
        assert (ordered.reserved, ordered.status_message_id) == (1, waiting.message_id)
        assert await stage.dialog() is None
        [progress] = shown(stage)
        assert (progress.message_id, progress.text) == (waiting.message_id, "🎨 Heard. I am on it.")
        assert stage.chat("Alice").messages[1].reactions == ["👀"]

    async def test_once(self, stage: Stage, ends: Ends) -> None:
        await stage.say("Alice", "/find a fox", files=PHOTO)
        [task] = await sent(stage)
        done = await ends(task)
        await delivery_of(stage).deliver(done)
        assert [one.capability for one in await stage.tasks()] == ["search", "find"]

    async def test_what_was_not_said_is_asked_for(self, stage: Stage, ends: Ends) -> None:
        await stage.say("Alice", "/find", files=PHOTO)
        [task] = await sent(stage)
        await ends(task)
        assert shown(stage)[-1].text == "Which words?"
        assert [one.capability for one in await stage.tasks()] == ["search"]

    async def test_after_a_failure_the_need_decides(self, stage: Stage, ends: Ends) -> None:
        await stage.say("Alice", "/find a fox", files=PHOTO)
        [task] = await sent(stage)
        await ends(task, fails=True)
        assert (await stage.tasks())[-1].request["found"] == 0

    async def test_what_the_order_is_refused_for_is_told_and_the_panel_stays(
        self, stage: Stage, ends: Ends, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await stage.say("Alice", "/find a fox", files=PHOTO)
        [task] = await sent(stage)
        capability = registry.BY_NAME["find"]
        monkeypatch.setattr(capability, "check", _refuses)
        done = await ends(task)
        monkeypatch.undo()
        register(monkeypatch)
        assert done.state is State.DELIVERED
        panel, told = sorted(shown(stage), key=lambda message: message.text.startswith("No."))
        assert told.text == "No. Say something else."
        assert told.reply_to_message_id == 1
        assert "✨ Generate" in labels(panel)
        answers = await answers_of(stage)
        assert answers["found"] == 4
        assert "hurry" not in answers
        # From there it is ordered by its button alone.
        assert await stage.press("Alice", panel, f"d:{(await stage.dialog()).id}:set:all:on") == ""  # type: ignore[union-attr]
        assert [one.capability for one in await stage.tasks()] == ["search"]
        assert await stage.press("Alice", panel, data_of(panel, "✨")) == ""
        assert [one.capability for one in await stage.tasks()] == ["search", "find"]


class TestALimit:
    @pytest.fixture
    def settings(self) -> dict[str, int]:
        return {"daily_limit": 1}

    async def test_that_is_met_then_is_told_and_the_panel_stays(self, stage: Stage, ends: Ends) -> None:
        await stage.say("Alice", "/find a fox", files=PHOTO)
        [task] = await sent(stage)
        await stage.say("Alice", "/say a hare", to=GROUP)
        await ends(task)
        assert [one.capability for one in await stage.tasks()] == ["search", "say"]
        assert any("used up" in message.text for message in shown(stage))
        [panel] = [message for message in shown(stage) if message.buttons]
        assert "✨ Generate" in labels(panel)
        dialog = await stage.dialog()
        assert dialog is not None
        assert (dialog.answers["found"], dialog.shown) == (4, dialog.version)

    async def test_does_not_stop_an_errand(self, stage: Stage) -> None:
        await stage.say("Alice", "/say a hare")
        await stage.say("Alice", "/find a fox", files=PHOTO)
        assert len(await sent(stage)) == 1
        async with stage.store.read() as conn:
            assert await inbox.count_open(conn) == 0


def _refuses(answers: Any) -> None:

    raise BadValue(verbatim("No. Say something else."))
