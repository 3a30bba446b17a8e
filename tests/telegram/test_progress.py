import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.capabilities.imagine import Imagine
from bot.sandbox.telegram.people.membership import block
from bot.sandbox.telegram.people.requests import Block
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.store import claims
from bot.store.task import State, Task
from bot.telegram import progress as module
from bot.telegram.progress import Progress, status
from bot.tracker.timings import Timings
from tests.telegram.stage import Stage, labels

Add = Callable[..., Awaitable[Task]]


class Desk:
    """The loop, beat by beat."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.timings = Timings(stage.store)
        self.is_down = False
        self.progress = Progress(
            stage.bot, stage.store, self.timings, is_down=lambda: self.is_down, clock=lambda: stage.now
        )

    async def beat(self, later: float = 0.0) -> None:
        """Let time pass, then one beat with all that it begins."""
        self.stage.now += later
        await self.progress.beat()
        await asyncio.gather(*self.progress._at_work.values())

    async def usually(self, seconds: float, kind: str = "imagine:model") -> None:
        await self.timings.learn(kind, seconds)

    def shown(self, title: str = "Alice") -> list[ChatMessage]:
        return self.stage.shown(self.stage.chat(title))


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def running(stage: Stage, **more: Any) -> dict[str, Any]:
    return {"state": State.RUNNING, "submitted_at": stage.now, **more}


class TestNothingIsSaid:
    async def test_of_a_wait_that_is_short(self, stage: Stage, desk: Desk, add_task: Add) -> None:
        await desk.usually(5)
        await add_task(**running(stage))
        for _ in range(4):
            await desk.beat(1)
        assert desk.shown() == []

    async def test_in_the_first_seconds_of_a_long_one(self, stage: Stage, desk: Desk, add_task: Add) -> None:
        await add_task()
        await desk.beat(2.9)
        assert desk.shown() == []
        await desk.beat(0.1)
        assert len(desk.shown()) == 1

    @pytest.mark.parametrize("state", [State.SUCCEEDED, State.DELIVERING, State.DELIVERED, State.FAILED])
    async def test_of_what_has_ended(self, stage: Stage, desk: Desk, add_task: Add, state: State) -> None:
        await add_task(state=state)
        await desk.beat(60)
        assert desk.shown() == []
        assert stage.calls("sendChatAction") == []


async def test_a_long_wait_gets_one_message_as_a_silent_reply(stage: Stage, desk: Desk, add_task: Add) -> None:
    await stage.say("Alice", "please")
    await desk.usually(20)
    task = await add_task(**running(stage, message_id=1))
    await desk.beat(4)
    [_, message] = desk.shown()
    assert message.text == "🎨 At work for 4 s, usually 20 s."
    assert message.reply_to_message_id == 1
    assert (await stage.task(task.id)).status_message_id == message.message_id
    [call] = stage.calls("sendMessage")[1:]
    assert call["params"]["disable_notification"] == "true"
    await desk.beat(4)
    assert len(desk.shown()) == 2


async def test_one_that_takes_longer_than_usual_is_told_although_it_seemed_short(
    stage: Stage, desk: Desk, add_task: Add
) -> None:
    await desk.usually(5)
    await add_task(**running(stage))
    await desk.beat(5)
    assert desk.shown() == []
    await desk.beat(0.5)
    [message] = desk.shown()
    assert message.text.endswith("usually 5 s.")


@pytest.mark.parametrize(("title", "every"), [("Alice", 6), ("Picture friends", 20)])
async def test_edits_come_no_more_often_than_is_allowed(
    stage: Stage, desk: Desk, add_task: Add, title: str, every: int
) -> None:
    stage.chat("Alice").started = True
    await add_task(**running(stage, chat_id=stage.chat(title).id))
    await desk.beat(4)
    for _ in range(every - 1):
        await desk.beat(1)
    assert stage.calls("editMessageText") == []
    await desk.beat(1)
    assert len(stage.calls("editMessageText")) == 1
    [message] = desk.shown(title)
    assert message.text == f"🎨 At work for {4 + every} s."
    for _ in range(3 * every):
        await desk.beat(1)
    assert len(stage.calls("editMessageText")) == 3  # and ever less often: the fourth comes later
    await desk.beat(every)
    assert len(stage.calls("editMessageText")) == 4


async def test_what_says_the_same_is_not_edited(stage: Stage, desk: Desk, add_task: Add) -> None:
    await add_task()
    await desk.beat(4)
    for _ in range(5):
        await desk.beat(10)
    assert stage.calls("editMessageText") == []


async def test_the_place_in_the_queue(stage: Stage, desk: Desk, add_task: Add) -> None:
    people = ("Alice", "Bob", "小明")
    first, *_ = [await _queued(stage, add_task, name) for name in people]
    await desk.usually(30)
    await desk.beat(4)
    places = [desk.shown(name)[0] for name in people]
    assert "place 1." in places[0].text
    assert "place 2. Once it is your turn, it usually takes 30 s." in places[1].text
    assert "第 3" in places[2].text
    assert [labels(message) for message in places] == [["Cancel"], ["Cancel"], ["取消"]]
    await stage.change(first, state=State.RUNNING, submitted_at=stage.now)
    await desk.beat(6)
    places = [desk.shown(name)[0] for name in people]
    assert "At work for 6 s" in places[0].text
    assert labels(places[0]) == []  # what the vendor has cannot be taken back
    assert "place 1." in places[1].text
    assert labels(places[1]) == ["Cancel"]


async def test_an_outage_is_told_once_in_the_same_message(stage: Stage, desk: Desk, add_task: Add) -> None:
    task = await add_task()
    await desk.beat(4)
    [before] = desk.shown()
    desk.is_down = True
    for state in (State.QUEUED, State.SUBMITTING, State.QUEUED):  # it tries whether the service is back
        task = await stage.change(await stage.task(task.id), state=state)
        await desk.beat(20)
    [told] = desk.shown()
    assert told.message_id == before.message_id
    assert told.text.startswith("⏳ The image service is out of order. Your request is kept")
    assert labels(told) == ["Cancel"]
    assert len(stage.calls("editMessageText")) == 1
    desk.is_down = False
    await desk.beat(60)
    assert "place 1" in desk.shown()[0].text


async def test_who_asks_during_an_outage_is_told_so(stage: Stage, desk: Desk, add_task: Add) -> None:
    desk.is_down = True
    await add_task()
    await add_task(**running(stage))  # what the service has is none of it
    await desk.beat(4)
    assert {message.text[:22] for message in desk.shown()} == {"⏳ The image service is", "🎨 At work for 4 s."}


class TestATraining:
    @pytest.fixture
    def is_taken_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Imagine, "is_cancellable_at_vendor", True)

    async def test_has_a_bar_that_grows_in_its_place(self, stage: Stage, desk: Desk, add_task: Add) -> None:
        task = await add_task(**running(stage, progress=0.0))
        await desk.beat(4)
        [message] = desk.shown()
        assert message.text == "🎓 ░░░░░░░░░░ 0%\nFor 4 s so far."
        task = await stage.change(task, progress=0.45)
        await desk.beat(56)
        [same] = desk.shown()
        assert same.message_id == message.message_id
        assert same.text == "🎓 ▓▓▓▓░░░░░░ 45%\nFor 60 s so far, about 2 min in all."
        await desk.usually(7200)
        await stage.change(task, progress=1.0)
        await desk.beat(3600)
        assert desk.shown()[0].text == "🎓 ▓▓▓▓▓▓▓▓▓▓ 100%\nFor 61 min so far, about 2 h in all."

    async def test_is_told_of_once_a_minute_also_after_hours(self, stage: Stage, desk: Desk, add_task: Add) -> None:
        hours_ago = stage.now - 5 * 3600
        task = await add_task(**running(stage, progress=0.0, created_at=hours_ago))
        await desk.beat()
        for step in range(1, 13):
            task = await stage.change(await stage.task(task.id), progress=step / 100)
            await desk.beat(10)
        assert len(stage.calls("editMessageText")) == 2

    @pytest.mark.usefixtures("is_taken_back")
    @pytest.mark.parametrize(("progress", "buttons"), [(None, ["Cancel"]), (0.0, ["Cancel"]), (0.01, [])])
    async def test_can_be_taken_back_while_it_waits_at_the_vendor(
        self, stage: Stage, desk: Desk, add_task: Add, progress: float | None, buttons: list[str]
    ) -> None:
        task = await add_task(**running(stage, progress=progress))
        await desk.beat(4)
        [message] = desk.shown()
        assert labels(message) == buttons
        assert [button.data for button in message.buttons] == [f"r:cancel:{task.id}"] * len(buttons)


async def test_an_errand_is_nobodys_business(
    stage: Stage, desk: Desk, add_task: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Imagine, "is_errand", True)
    await add_task(**running(stage))
    await add_task(capability="fresco")  # and what nobody can make any more is no errand
    await desk.beat(10)
    [message] = desk.shown()
    assert message.text.startswith("⏳ In the queue")
    assert len(stage.calls("sendChatAction")) == 1


async def test_what_is_being_made_ready_is_not_in_the_queue(stage: Stage, desk: Desk, add_task: Add) -> None:
    await add_task(next_at=stage.now + 1800)
    await desk.beat(4)
    [message] = desk.shown()
    assert message.text == "⏳ Getting everything ready for the image service."
    assert labels(message) == ["Cancel"]


async def test_one_look_at_the_queue_is_enough_for_all(
    stage: Stage, desk: Desk, add_task: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    ahead = claims.ahead

    async def counted(conn: Any, waiting: Any, now: float) -> dict[int, int]:
        looks.append(len(waiting))
        return await ahead(conn, waiting, now)

    monkeypatch.setattr(claims, "ahead", counted)
    for name in ("Alice", "Bob", "小明"):
        await _queued(stage, add_task, name)
    await desk.beat(4)
    assert looks == [3]


async def test_the_chat_action_is_repeated_for_the_first_minute(stage: Stage, desk: Desk, add_task: Add) -> None:
    forum = stage.chat("Picture forum")
    topic = next(iter(forum.topics))
    await add_task(**running(stage, chat_id=forum.id, thread_id=topic))
    at = []
    for second in range(80):
        before = len(stage.calls("sendChatAction"))
        await desk.beat(1 if second else 0)
        if len(stage.calls("sendChatAction")) > before:
            at.append(second)
    assert at == list(range(0, 60, 4))
    assert {event["thread_id"] for event in await stage.events("action")} == {topic}


async def test_a_result_that_was_faster_leaves_no_message(stage: Stage, desk: Desk, add_task: Add) -> None:
    task = await add_task(**running(stage))

    async def finish() -> None:
        await stage.change(task, state=State.SUCCEEDED)

    stage.wire.after["sendMessage"] = finish
    await desk.beat(5)
    assert len(stage.calls("sendMessage")) == 1
    assert desk.shown() == []
    assert (await stage.task(task.id)).status_message_id is None


async def test_after_a_restart_the_same_message_goes_on(stage: Stage, desk: Desk, add_task: Add) -> None:
    await add_task(**running(stage))
    await desk.beat(5)
    again = Desk(stage)
    await again.beat(10)
    [message] = desk.shown()
    assert "15 s" in message.text


async def test_a_message_that_somebody_deleted_is_not_missed(stage: Stage, desk: Desk, add_task: Add) -> None:
    await add_task(**running(stage))
    await desk.beat(5)
    stage.chat("Alice").messages.clear()
    await desk.beat(10)
    assert desk.shown() == []


class TestChatsDoNotDisturbEachOther:
    async def test_by_an_error(self, stage: Stage, desk: Desk, add_task: Add) -> None:
        await _queued(stage, add_task, "Alice")
        await _queued(stage, add_task, "Bob")
        block(stage.sandbox, Block(user_id=stage.person("Alice").id))
        with capture_logs() as logs:
            await desk.beat(4)
        assert {entry["event"] for entry in logs} == {"progress_not_shown"}
        assert len(desk.shown("Bob")) == 1

    async def test_by_a_fault_of_ours(
        self, stage: Stage, desk: Desk, add_task: Add, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = await _queued(stage, add_task, "Alice")
        await _queued(stage, add_task, "Bob")
        act = Progress._act

        async def broken(self: Progress, task: Task) -> None:
            if task.id == first.id:
                raise KeyError(task.kind)
            await act(self, task)

        monkeypatch.setattr(Progress, "_act", broken)
        with capture_logs() as logs:
            await desk.beat(4)
        assert [(entry["event"], entry["task"]) for entry in logs] == [("progress_failed", first.id)]
        assert len(desk.shown("Bob")) == 1

    async def test_by_waiting_for_their_turn(self, stage: Stage, desk: Desk, add_task: Add) -> None:
        slow = await _queued(stage, add_task, "Alice")
        async with held_up(stage, "sendMessage") as reached:
            stage.now += 4
            await desk.progress.beat()
            await reached()
            waiting = desk.progress._at_work[slow.id]
            quick = await _queued(stage, add_task, "Bob")
            await stage.change(quick, created_at=stage.now - 4)
            await desk.progress.beat()
            await desk.progress._at_work[quick.id]
            assert len(desk.shown("Bob")) == 1
            # Whoever waits is not begun with again.
            stage.now += 2
            await desk.progress.beat()
            assert desk.progress._at_work[slow.id] is waiting
        await asyncio.gather(*desk.progress._at_work.values())
        assert len(desk.shown("Alice")) == 1
        assert (await stage.task(slow.id)).status_message_id == desk.shown("Alice")[0].message_id


class TestTheLoop:
    async def test_goes_on_after_a_failure_and_ends_when_told(
        self, stage: Stage, desk: Desk, add_task: Add, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "BEAT", 0.001)
        await add_task(created_at=stage.now - 10)
        told, stop = asyncio.Event(), asyncio.Event()
        beats = iter([ConnectionError("the database is away")])
        beat = desk.progress.beat

        async def unsteady() -> None:
            for error in beats:
                raise error
            await beat()
            told.set()

        monkeypatch.setattr(desk.progress, "beat", unsteady)
        with capture_logs() as logs:
            loop = asyncio.create_task(desk.progress.run(stop))
            await told.wait()
            stop.set()
            await loop
        assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["progress_failed"]
        assert len(desk.shown()) == 1

    async def test_leaves_nothing_behind(
        self, stage: Stage, desk: Desk, add_task: Add, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "STOP_WITHIN", 0.0)
        await add_task(created_at=stage.now - 10)
        stop = asyncio.Event()
        async with held_up(stage, "sendMessage") as reached:
            loop = asyncio.create_task(desk.progress.run(stop))
            await reached()
            [work] = desk.progress._at_work.values()
            stop.set()
            await loop
            assert work.cancelled()
        assert not desk.progress._at_work


@pytest.mark.parametrize(
    ("fields", "ahead", "usual", "english"),
    [
        ({"state": State.QUEUED}, 0, None, "⏳ In the queue: place 1."),
        ({"state": State.QUEUED}, 4, 95, "⏳ In the queue: place 5. Once it is your turn, it usually takes 2 min."),
        ({"state": State.QUEUED, "attempts": 1}, 4, 9, "⏳ The image service is busy."),
        ({"state": State.QUEUED, "error_code": 8}, 4, 9, "⏳ The image service is busy."),
        ({"state": State.QUEUED, "error_code": 503, "attempts": 2}, 4, 9, "⏳ The image service is out of order."),
        ({"state": State.QUEUED, "next_at": 1001}, 4, 9, "⏳ Getting everything ready"),
        (
            {"state": State.RUNNING, "submitted_at": 400, "progress": 0.05},
            None,
            None,
            "🎓 ░░░░░░░░░░ 5%\nFor 10 min so",
        ),
        (
            {"state": State.RUNNING, "submitted_at": 400, "progress": 0.5},
            None,
            60,
            "🎓 ▓▓▓▓▓░░░░░ 50%\nFor 10 min so far,",
        ),
        ({"state": State.SUBMITTING}, None, None, "🎨 At work for 1 s."),
        ({"state": State.RUNNING, "submitted_at": 955}, None, 40, "🎨 At work for 45 s, usually 40 s."),
        ({"state": State.RUNNING, "submitted_at": 900}, None, 40, "🎨 At work for 2 min. This usually takes 40 s; I"),
    ],
)
async def test_a_status_says_where_a_task_stands(
    add_task: Add, fields: dict[str, Any], ahead: int | None, usual: float | None, english: str
) -> None:
    sentence = status(await add_task(**{"next_at": 1000, **fields}), ahead, usual, now=1000)
    assert sentence.html("en").startswith(english)
    assert sentence.html("zh_CN") != sentence.html("en")


async def _queued(stage: Stage, add_task: Add, who: str) -> Task:
    chat = stage.chat(who)
    chat.started = True
    language = "zh_CN" if who == "小明" else "en"
    return await add_task(owner_id=chat.id, chat_id=chat.id, lang=language)


@asynccontextmanager
async def held_up(stage: Stage, method: str) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    """Keep the next answer of a method back; yields what waits until somebody is kept waiting."""
    reached, go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        reached.set()
        await go.wait()

    stage.wire.after[method] = hold
    yield reached.wait
    go.set()
