import asyncio
import random
from collections.abc import Awaitable
from typing import Any

import pytest
from structlog.testing import capture_logs
from telegram import Update
from telegram.ext import Application, ExtBot, TypeHandler

from bot.telegram.processor import SerialProcessor, dialog_key

ANONYMOUS = 1087968824


def user(number: int) -> dict[str, Any]:
    return {"id": number, "is_bot": False, "first_name": "A"}


def message(chat: int, sender: int | None, **more: object) -> dict[str, Any]:
    said = {"message_id": 1, "date": 1, "chat": {"id": chat, "type": "private"}, **more}
    return said if sender is None else {**said, "from": user(sender)}


def update(number: int = 1, **content: object) -> Update:
    made = Update.de_json({"update_id": number, **content}, None)
    assert made is not None
    return made


def query(sender: int, **more: object) -> dict[str, Any]:
    return {"id": "1", "from": user(sender), "chat_instance": "1", "data": "x", **more}


def text(chat: int, sender: int, number: int = 1) -> Update:
    return update(number, message=message(chat, sender))


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"message": message(-5, 7)}, (-5, 7)),
        ({"edited_message": message(-5, 7)}, (-5, 7)),
        ({"callback_query": query(7, message=message(-5, 1))}, (-5, 7)),
        ({"callback_query": query(7, message={**message(-5, 1), "date": 0})}, (-5, 7)),
        ({"callback_query": query(7, inline_message_id="x")}, (None, 7)),
        ({"inline_query": {"id": "1", "from": user(7), "query": "", "offset": ""}}, (None, 7)),
        ({"message": message(-5, ANONYMOUS, sender_chat={"id": -5, "type": "group"})}, (-5, -5)),
        ({"channel_post": message(-9, None, sender_chat={"id": -9, "type": "channel"})}, (-9, -9)),
        ({"channel_post": message(-9, None)}, (-9, None)),
        ({"poll": {"id": "1", "question": "?", "options": []}}, ("update", 1)),
        ({}, ("update", 1)),
    ],
)
def test_the_key_is_the_sender_in_the_chat(content: dict[str, Any], key: object) -> None:
    if "poll" in content:
        flags = ("is_closed", "is_anonymous", "allows_multiple_answers", "allows_revoting", "members_only")
        content["poll"] |= {"total_voter_count": 0, "type": "regular", **dict.fromkeys(flags, False)}
    assert dialog_key(update(**content)) == key


def test_what_is_no_update_stands_alone() -> None:
    assert dialog_key("a") != dialog_key("a")


async def test_a_thousand_dialogs_in_bursts_keep_their_order_and_leave_nothing() -> None:
    processor = SerialProcessor()
    seen: dict[int, list[int]] = {}
    running: set[int] = set()
    most = 0

    async def handle(person: int, step: int) -> None:
        nonlocal most
        assert person not in running
        running.add(person)
        most = max(most, len(running))
        for _ in range(random.randrange(3)):
            await asyncio.sleep(0)
        seen.setdefault(person, []).append(step)
        running.discard(person)

    updates = {person: text(person, person) for person in range(1, 1001)}
    steps = [(person, step) for person in range(1, 1001) for step in range(3)]
    random.shuffle(steps)
    steps.sort(key=lambda each: each[1])
    await asyncio.gather(*(processor.process_update(updates[person], handle(person, step)) for person, step in steps))
    assert seen == {person: [0, 1, 2] for person in range(1, 1001)}
    assert 1 < most <= 64
    assert not processor._locks
    assert processor.current_concurrent_updates == 0


async def test_no_more_than_the_slots_run_at_once() -> None:
    processor, release = SerialProcessor(concurrency=3), asyncio.Event()
    running = 0

    async def handle() -> None:
        nonlocal running
        running += 1
        await release.wait()

    tasks = [asyncio.create_task(processor.process_update(text(n, n), handle())) for n in range(1, 11)]
    await settled()
    assert running == 3
    release.set()
    await asyncio.gather(*tasks)
    assert running == 10


async def test_a_backlog_of_one_holds_up_nobody_else() -> None:
    processor, release = SerialProcessor(concurrency=2), asyncio.Event()
    done: list[int] = []

    async def slow() -> None:
        await release.wait()

    async def quick(person: int) -> None:
        done.append(person)

    backlog = [asyncio.create_task(processor.process_update(text(1, 1), slow())) for _ in range(200)]
    others = [asyncio.create_task(processor.process_update(text(n, n), quick(n))) for n in range(2, 12)]
    await asyncio.gather(*others)
    assert done == list(range(2, 12))
    assert not any(task.done() for task in backlog)
    release.set()
    await asyncio.gather(*backlog)
    assert not processor._locks


async def test_one_person_may_run_in_two_chats_at_once() -> None:
    processor, met = SerialProcessor(), asyncio.Barrier(2)
    await asyncio.gather(
        processor.process_update(text(1, 7), met.wait()),
        processor.process_update(text(2, 7), met.wait()),
    )


class Book:
    """What happened, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.settling = asyncio.Event()
        self.release = asyncio.Event()

    async def handle(self, name: str, error: Exception | None = None) -> None:
        self.lines.append(f"handle {name}")
        await asyncio.sleep(0)
        if error:
            raise error

    async def after(self, update: object) -> None:
        assert isinstance(update, Update)
        self.lines.append(f"settle {update.update_id}")

    async def slowly(self, update: object) -> None:
        self.settling.set()
        await self.release.wait()
        await self.after(update)


async def test_an_update_is_settled_before_the_next_of_its_dialog() -> None:
    book = Book()
    processor = SerialProcessor(after=book.after)
    await asyncio.gather(*(processor.process_update(text(1, 1, n), book.handle(str(n))) for n in (1, 2, 3)))
    assert book.lines == [f"{act} {n}" for n in (1, 2, 3) for act in ("handle", "settle")]


async def test_an_update_whose_handlers_failed_is_settled_and_the_next_one_runs() -> None:
    book = Book()
    processor = SerialProcessor(after=book.after)
    results = await asyncio.gather(
        processor.process_update(text(1, 1, 1), book.handle("bad", ValueError("bad"))),
        processor.process_update(text(1, 1, 2), book.handle("good")),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [ValueError, type(None)]
    assert book.lines == ["handle bad", "settle 1", "handle good", "settle 2"]
    assert not processor._locks


async def test_a_failing_hook_is_logged_and_stops_nobody() -> None:
    async def fail(_: object) -> None:
        raise OSError("disk full")

    book = Book()
    processor = SerialProcessor(after=fail)
    with capture_logs() as logs:
        await processor.process_update(text(1, 1, 9), book.handle("one"))
        await processor.process_update(text(1, 1, 10), book.handle("two"))
    assert book.lines == ["handle one", "handle two"]
    assert [(line["event"], line["update_id"]) for line in logs] == [("update_not_settled", n) for n in (9, 10)]


async def test_settling_goes_on_when_its_update_is_cancelled_and_shutdown_waits_for_it() -> None:
    book = Book()
    processor = SerialProcessor(after=book.slowly)
    await processor.initialize()
    task = asyncio.create_task(processor.process_update(text(1, 1), book.handle("one")))
    await book.settling.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not processor._locks
    shutdown = asyncio.create_task(processor.shutdown())
    await settled()
    assert not shutdown.done()
    book.release.set()
    await shutdown
    assert book.lines == ["handle one", "settle 1"]


async def test_cancelled_handlers_settle_nothing() -> None:
    book, began = Book(), asyncio.Event()
    processor = SerialProcessor(after=book.after)

    async def hang() -> None:
        began.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(processor.process_update(text(1, 1, 1), hang()))
    waiting = asyncio.create_task(processor.process_update(text(1, 1, 2), book.handle("never")))
    await began.wait()
    for task in (waiting, running):
        task.cancel()
    await asyncio.wait({running, waiting})
    await processor.shutdown()
    assert book.lines == []
    assert not processor._locks
    assert processor._slots._value == 64


async def test_any_awaitable_will_do() -> None:
    done: Awaitable[int] = asyncio.get_running_loop().create_future()
    assert isinstance(done, asyncio.Future)
    done.set_result(1)
    await SerialProcessor().process_update(text(1, 1), done)


async def test_the_library_runs_it() -> None:
    class Offline(ExtBot[None]):
        async def initialize(self) -> None: ...

        async def shutdown(self) -> None: ...

        @property
        def id(self) -> int:
            return 1

    book, seen = Book(), []

    async def handler(update: Update, _: object) -> None:
        await asyncio.sleep(0)
        seen.append(update.update_id)

    processor = SerialProcessor(after=book.after)
    application = (
        Application.builder().bot(Offline("1:a")).updater(None).job_queue(None).concurrent_updates(processor).build()
    )
    application.add_handler(TypeHandler(Update, handler))
    async with application:
        await application.start()
        for number in range(20):
            await application.update_queue.put(text(1, 1, number))
        await application.update_queue.join()
        await application.stop()
    assert seen == list(range(20))
    assert book.lines == [f"settle {number}" for number in range(20)]
