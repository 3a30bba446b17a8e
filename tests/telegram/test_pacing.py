import asyncio
import heapq
import math
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest
from structlog.testing import capture_logs
from telegram import Bot, InputMediaPhoto
from telegram.error import BadRequest, RetryAfter, TelegramError, TimedOut
from telegram.ext import ExtBot
from telegram.request import BaseRequest, RequestData

from bot.telegram.pacing import Pacer, seconds_to_wait
from bot.telegram.rates import Rate, Rates
from bot.telegram.turns import Priority

GROUP, PERSON = -100, 7


@pytest.fixture(autouse=True)
def _timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


class Clock:
    """Time that passes only when everybody waits for it."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._turn = count()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._turn), wake))
        await wake

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def run(self, until: float = math.inf) -> None:
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            self.now, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)
            await self.settle()
        self.now = self.now if until == math.inf else until


class Telegram:
    """Says what is told for each call, and writes down when it came."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls: list[tuple[float, str]] = []
        self.errors: dict[str, list[TelegramError]] = {}

    async def answer(self, name: str) -> bool | dict[str, Any] | list[dict[str, Any]]:
        self.calls.append((self.clock.now, name))
        if errors := self.errors.get(name):
            raise errors.pop(0)
        return {"name": name}


class Desk:
    """A pacer, its clock, and what it reaches."""

    def __init__(self, rates: Rates | None = None, **limits: float) -> None:
        self.clock = Clock()
        self.telegram = Telegram(self.clock)
        more: dict[str, Any] = limits
        self.pacer = Pacer(rates, clock=self.clock, sleep=self.clock.sleep, **more)

    def call(
        self, endpoint: str, chat: int | str = GROUP, name: str = "", priority: int | None = None, **data: object
    ) -> asyncio.Task[Any]:
        """Start a call; it is known as `name`."""
        request = self.pacer.process_request(
            self.telegram.answer, (name or endpoint,), {}, endpoint, {"chat_id": chat, **data}, priority
        )
        return asyncio.create_task(request)

    @property
    def names(self) -> list[str]:
        return [name for _, name in self.telegram.calls]


async def test_what_makes_no_message_goes_at_once() -> None:
    desk = Desk()
    for _ in range(50):
        desk.call("sendMessage")
    await desk.clock.settle()
    free = ["sendChatAction", "getChatMember", "getFile", "answerCallbackQuery", "setMessageReaction", "deleteMessage"]
    calls = [desk.call(endpoint) for endpoint in free]
    await desk.clock.settle()
    assert desk.names[3:] == free
    assert all(call.done() for call in calls)
    await desk.pacer.shutdown()


async def test_a_person_gets_a_burst_and_then_one_a_second() -> None:
    desk = Desk()
    calls = [desk.call("sendMessage", PERSON) for _ in range(9)]
    await desk.clock.run()
    assert [at for at, _ in desk.telegram.calls] == [0, 0, 0, 3, 3, 3, 6, 6, 6]
    assert [await call for call in calls] == [{"name": "sendMessage"}] * 9


async def test_a_group_gets_twenty_a_minute_and_the_whole_bot_thirty_a_second() -> None:
    desk = Desk()
    for _ in range(25):
        desk.call("sendMessage", "-100")
        desk.call("sendMessage", "@channel")
    for person in range(1, 61):
        desk.call("sendMessage", person)
    await desk.clock.run(until=59)
    assert len(desk.names) == 20 + 20 + 60
    assert sum(at < 1 for at, _ in desk.telegram.calls) == 30
    await desk.clock.run()
    assert len(desk.names) == 110


async def test_an_album_counts_as_its_pictures() -> None:
    desk = Desk()
    for _ in range(3):
        desk.call("sendMediaGroup", media=[object()] * 8)
    await desk.clock.run(until=59)
    assert len(desk.names) == 2
    await desk.clock.run()
    assert len(desk.names) == 3


async def test_a_result_is_next_among_sixty_progress_edits() -> None:
    desk = Desk()
    for message in range(60):
        desk.call("editMessageText", message_id=message)
    await desk.clock.run(until=30)
    assert desk.names == ["editMessageText"] * 12
    desk.call("sendPhoto", name="the result")
    await desk.clock.run()
    assert desk.telegram.calls[12:13] == [(30, "the result")]
    assert len(desk.names) == 61


async def test_a_caller_may_say_what_a_call_is() -> None:
    desk = Desk(Rates(chat=Rate(1, 1)))
    desk.call("sendMessage", name="first")
    desk.call("sendPhoto", name="unimportant", priority=Priority.EDIT)
    desk.call("sendMessage", name="plain")
    desk.call("sendMessage", name="the result's buttons", priority=Priority.RESULT)
    await desk.clock.run()
    assert desk.names == ["first", "the result's buttons", "plain", "unimportant"]


async def test_a_superseded_edit_returns_true_and_is_not_sent() -> None:
    desk = Desk(Rates(chat=Rate(1, 1)))
    desk.call("sendMessage")
    older = desk.call("editMessageText", message_id=5, name="older")
    newer = desk.call("editMessageText", message_id=5, name="newer")
    await desk.clock.run()
    assert await older is True
    assert await newer == {"name": "newer"}
    assert desk.names == ["sendMessage", "newer"]


async def test_no_message_is_edited_after_its_deletion() -> None:
    desk = Desk(Rates(chat=Rate(1, 1)))
    desk.call("sendMessage")
    progress = desk.call("editMessageText", message_id=5)
    desk.call("deleteMessage", message_id=5)
    await desk.clock.run()
    assert await progress is True
    assert desk.names == ["sendMessage", "deleteMessage"]


async def test_a_halt_is_kept_in_full_by_all_of_the_chat_and_only_by_them() -> None:
    desk = Desk()
    desk.telegram.errors = {"halted": [RetryAfter(40)]}
    with capture_logs() as logs:
        halted = desk.call("sendMessage", name="halted")
        await desk.clock.settle()
        desk.call("sendPhoto", name="same chat")
        desk.call("sendMessage", PERSON, name="other chat")
        await desk.clock.run()
    assert desk.telegram.calls == [(0, "halted"), (0, "other chat"), (40, "same chat"), (40, "halted")]
    assert await halted == {"name": "halted"}
    expected = {"event": "flood_control", "endpoint": "sendMessage", "chat": GROUP, "seconds": 40.0}
    assert logs == [{**expected, "log_level": "warning"}]


async def test_repeats_are_counted() -> None:
    desk = Desk(retries=2)
    desk.telegram.errors = {"sendMessage": [RetryAfter(1) for _ in range(9)]}
    call = desk.call("sendMessage")
    await desk.clock.run()
    with pytest.raises(RetryAfter):
        await call
    assert [at for at, _ in desk.telegram.calls] == [0, 1, 2]


async def test_a_wait_beyond_the_limit_is_not_begun() -> None:
    desk = Desk(max_wait=60)
    desk.telegram.errors = {"sendMessage": [RetryAfter(3600)]}
    first = desk.call("sendMessage")
    await desk.clock.settle()
    second = desk.call("sendMessage")
    await desk.clock.settle()
    with pytest.raises(RetryAfter, match="1:00:00"):
        await first
    with pytest.raises(RetryAfter, match="0:00:30"):
        await second
    assert len(desk.names) == 1


async def test_waiting_for_a_turn_has_a_limit_too() -> None:
    desk = Desk(max_wait=60)
    calls = [desk.call("sendMessage") for _ in range(60)]
    await desk.clock.run()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(outcome, RetryAfter) for outcome in outcomes) == 60 - len(desk.names) > 0
    assert desk.clock.now == 60


async def test_the_queue_has_a_bound() -> None:
    desk = Desk(max_waiting=5)
    calls = [desk.call("sendMessage") for _ in range(9)]
    await desk.clock.run()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(outcome, RetryAfter) for outcome in outcomes] == [False] * 8 + [True]


async def test_a_free_call_is_repeated_when_told_and_holds_nobody() -> None:
    desk = Desk()
    desk.telegram.errors = {"getFile": [RetryAfter(10)]}
    call = desk.call("getFile")
    await desk.clock.settle()
    desk.call("sendMessage")
    await desk.clock.run()
    assert await call == {"name": "getFile"}
    assert desk.telegram.calls == [(0, "getFile"), (0, "sendMessage"), (10, "getFile")]


async def test_what_is_useless_when_late_is_not_repeated() -> None:
    desk = Desk()
    desk.telegram.errors = {"setMessageReaction": [RetryAfter(10)]}
    with pytest.raises(RetryAfter):
        await desk.call("setMessageReaction")


@pytest.mark.parametrize("error", [TimedOut(), BadRequest("Message is not modified"), ValueError("bad")])
async def test_other_errors_pass_untouched(error: Exception) -> None:
    async def fail() -> bool:
        raise error

    desk = Desk()
    with pytest.raises(type(error)) as raised:
        await desk.pacer.process_request(fail, (), {}, "sendMessage", {"chat_id": 1}, None)
    assert raised.value is error


async def test_a_cancelled_call_takes_no_turn_and_those_behind_it_go_at_once() -> None:
    desk = Desk()
    desk.call("sendMediaGroup", media=[object()] * 15)
    album = desk.call("sendMediaGroup", name="album", media=[object()] * 10)
    desk.call("sendMessage", name="text")
    await desk.clock.settle()
    assert desk.names == ["sendMediaGroup"]
    album.cancel()
    await desk.clock.run()
    assert album.cancelled()
    assert desk.telegram.calls[1:] == [(0, "text")]
    assert not desk.pacer._waiting


async def test_a_turn_given_to_a_call_cancelled_at_that_moment_stops_nobody() -> None:
    desk = Desk(Rates(chat=Rate(1, 1)))
    desk.call("sendMessage", name="first")
    doomed = desk.call("sendMessage", name="doomed")
    desk.call("sendMessage", name="last")
    await desk.clock.settle()
    desk.clock.now = 1
    doomed.cancel()
    desk.pacer._advance()  # as its timer does, before the cancelled call has run
    await desk.clock.run()
    assert desk.names == ["first", "last"]


async def test_shutdown_refuses_those_who_wait() -> None:
    desk = Desk()
    await desk.pacer.initialize()
    calls = [desk.call("sendMessage") for _ in range(5)]
    await desk.clock.settle()
    await desk.pacer.shutdown()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(outcome, RetryAfter) for outcome in outcomes] == [False] * 3 + [True] * 2
    await desk.clock.settle()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "pacer"]


async def test_the_timer_ends_with_the_work() -> None:
    desk = Desk()
    for _ in range(5):
        desk.call("sendMessage")
    await desk.clock.run()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "pacer"]


def test_a_wait_is_read_in_both_of_the_librarys_types(monkeypatch: pytest.MonkeyPatch) -> None:
    error = RetryAfter(7)
    assert seconds_to_wait(error) == 7
    monkeypatch.setattr(RetryAfter, "retry_after", 7)
    assert seconds_to_wait(error) == 7


class Wire(BaseRequest):
    """Answers every request to the Bot API as Telegram would."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    read_timeout = 5.0

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *timeouts: object, **more: object
    ) -> tuple[int, bytes]:
        self.seen.append(url.rpartition("/")[2])
        message = b'{"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}'
        several = self.seen[-1] == "sendMediaGroup"
        return 200, b'{"ok": true, "result": ' + (b"[" + message + b"]" if several else message) + b"}"


async def _bot_calls(act: Callable[[Bot], Awaitable[object]]) -> tuple[object, list[str]]:
    wire, clock = Wire(), Clock()
    bot: ExtBot[int] = ExtBot(
        "1:a", request=wire, get_updates_request=Wire(), rate_limiter=Pacer(clock=clock, sleep=clock.sleep)
    )
    acting = asyncio.ensure_future(act(bot))
    await clock.run()
    return await acting, wire.seen


async def test_the_library_takes_a_superseded_edit_and_every_priority() -> None:
    async def act(bot: Bot) -> object:
        assert isinstance(bot, ExtBot)
        calls = [
            *(bot.send_message(1, str(n)) for n in range(3)),
            bot.edit_message_text("older", 1, 5),
            bot.edit_message_text("newer", 1, 5),
            bot.send_message(1, "a result", rate_limit_args=Priority.RESULT),
            bot.send_media_group(1, [InputMediaPhoto("a"), InputMediaPhoto("b")]),
        ]
        return (await asyncio.gather(*calls))[3]

    older, seen = await _bot_calls(act)
    assert older is True
    assert seen == ["sendMessage"] * 4 + ["sendMediaGroup", "editMessageText"]
