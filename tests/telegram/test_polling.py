import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from telegram.error import InvalidToken, TimedOut
from telegram.ext import ExtBot
from telegram.request import BaseRequest, RequestData

from bot.telegram.pacing import Pacer
from bot.telegram.polling import LONGEST_PAUSE, Poller, RawUpdate, pause_after

Reply = Exception | tuple[int, dict[str, Any]]


@pytest.fixture(autouse=True)
def _timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


def ok(*ids: int) -> Reply:
    return 200, {"ok": True, "result": [{"update_id": n, "novelty": {"kept": n}} for n in ids]}


def refusal(code: int, **parameters: object) -> Reply:
    return code, {"ok": False, "error_code": code, "description": f"error {code}", "parameters": parameters}


class Wire(BaseRequest):
    """Telegram's end: gives the replies in turn, then holds the poll for as long as the bot likes."""

    read_timeout = 5.0

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.calls: list[tuple[str, dict[str, Any], object]] = []
        self.held = asyncio.Event()
        self.given_up = False

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = None,
        *timeouts: object,
        **more: object,
    ) -> tuple[int, bytes]:
        self.calls.append((url.rpartition("/")[2], request_data.parameters if request_data else {}, read_timeout))
        if not self.replies:
            self.held.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.given_up = True
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply[0], json.dumps(reply[1]).encode()

    @property
    def offsets(self) -> list[int | None]:
        return [parameters.get("offset") for _, parameters, _ in self.calls]


class Inbox:
    """Accepts batches, after the failures it was given."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.batches: list[list[RawUpdate]] = []

    async def accept(self, batch: list[RawUpdate]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append(batch)

    @property
    def ids(self) -> list[list[int]]:
        return [[update["update_id"] for update in batch] for batch in self.batches]


class Station:
    """A poller between its bot and its inbox; it does not really pause."""

    def __init__(self, polls: list[Reply], *failures: Exception, webhook: list[Reply] | None = None) -> None:
        removed: Reply = (200, {"ok": True, "result": True})
        self.polls, self.others, self.inbox = Wire(*polls), Wire(*(webhook or []), removed), Inbox(*failures)
        bot: ExtBot[int] = ExtBot(
            "1:a", request=self.others, get_updates_request=self.polls, rate_limiter=Pacer(sleep=self.sleep)
        )
        self.pauses: list[float] = []
        self.poller = Poller(
            bot, self.inbox.accept, ["message", "chat_member"], sleep=self.sleep, chance=lambda: 1.0, poll_seconds=30
        )

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    @asynccontextmanager
    async def running(self, until: asyncio.Event | None = None) -> AsyncIterator[asyncio.Event]:
        """Run until the event (a poll that is held, usually), then stop; give the stop in between."""
        stop = asyncio.Event()
        run = asyncio.create_task(self.poller.run(stop))
        reached = asyncio.create_task((until or self.polls.held).wait())
        await asyncio.wait({run, reached}, return_when=asyncio.FIRST_COMPLETED)
        reached.cancel()
        yield stop
        stop.set()
        await run


async def test_updates_arrive_raw_and_are_confirmed_by_the_next_poll() -> None:
    station = Station([ok(5, 6), ok(), ok(7)])
    async with station.running():
        pass
    assert station.inbox.batches == [
        [{"update_id": 5, "novelty": {"kept": 5}}, {"update_id": 6, "novelty": {"kept": 6}}],
        [{"update_id": 7, "novelty": {"kept": 7}}],
    ]
    assert station.polls.offsets == [None, 7, 7, 8]
    assert station.pauses == []


async def test_a_poll_names_the_updates_it_wants_and_outlasts_telegram() -> None:
    station = Station([])
    async with station.running():
        pass
    endpoint, parameters, read_timeout = station.polls.calls[0]
    assert endpoint == "getUpdates"
    assert parameters == {"timeout": 30, "allowed_updates": ["message", "chat_member"]}
    assert read_timeout == 40


async def test_a_webhook_is_removed_first_and_drops_nothing() -> None:
    station = Station([ok(1)], webhook=[refusal(502)])
    async with station.running():
        pass
    dropped = [parameters.get("drop_pending_updates") for _, parameters, _ in station.others.calls]
    assert [endpoint for endpoint, *_ in station.others.calls] == ["deleteWebhook", "deleteWebhook"]
    assert dropped == [False, False]
    assert station.inbox.ids == [[1]]


async def test_a_batch_that_is_not_accepted_comes_again() -> None:
    station = Station([ok(5), ok(5, 6)], OSError("disk full"))
    with capture_logs() as logs:
        async with station.running():
            pass
    assert station.inbox.ids == [[5, 6]]
    assert station.polls.offsets == [None, None, 7]
    assert station.pauses == [1]
    assert [(line["event"], line["updates"]) for line in logs] == [("updates_not_accepted", 1)]


async def test_the_offset_is_sent_only_after_the_batch_is_accepted() -> None:
    station = Station([ok(5)])
    accepting, release = asyncio.Event(), asyncio.Event()

    async def accept(_: list[RawUpdate]) -> None:
        accepting.set()
        await release.wait()

    station.poller._accept = accept
    async with station.running(accepting):
        assert station.polls.offsets == [None]
        release.set()
        await station.polls.held.wait()
    assert station.polls.offsets == [None, 6]


@pytest.mark.parametrize("error", [TimedOut(), OSError("no route"), refusal(500), refusal(502), (200, {})])
async def test_failures_are_waited_out(error: Reply) -> None:
    station = Station([ok(1), *[error] * 8, ok(2), error, ok(3)])
    with capture_logs() as logs:
        async with station.running():
            pass
    assert station.inbox.ids == [[1], [2], [3]]
    assert station.pauses == [1, 2, 4, 8, 16, 30, 30, 30, 1]
    assert {line["event"] for line in logs} == {"polling_failed"}


@given(failures=st.integers(1, 5000), chance=st.floats(0, 1))
def test_a_pause_is_never_nothing_nor_too_long(failures: int, chance: float) -> None:
    assert 0.5 <= pause_after(failures, chance) <= LONGEST_PAUSE


async def test_telegrams_own_wait_is_kept() -> None:
    station = Station([refusal(429, retry_after=17), ok(1)])
    async with station.running():
        pass
    assert station.pauses == [17]
    assert station.inbox.ids == [[1]]


async def test_a_conflict_is_explained_once_and_waited_out() -> None:
    station = Station([refusal(409), refusal(409), ok(1), refusal(409), ok(2)])
    with capture_logs() as logs:
        async with station.running():
            pass
    assert [line["event"] for line in logs] == ["polling_conflict", "polling_failed", "polling_failed"]
    assert "Another process" in logs[0]["hint"]
    assert station.pauses == [1, 2, 1]
    assert station.inbox.ids == [[1], [2]]


@pytest.mark.parametrize("code", [401, 404])
@pytest.mark.parametrize("initialized", [True, False])
async def test_a_bad_token_ends_it_with_a_sentence(code: int, *, initialized: bool) -> None:
    station = Station([refusal(code)])
    station.poller._bot._bot_initialized = initialized
    with pytest.raises(InvalidToken, match=r"Telegram does not know this bot's token\."):
        await station.poller.run(asyncio.Event())


async def test_a_bad_token_is_found_by_the_first_request() -> None:
    station = Station([], webhook=[refusal(401)])
    with pytest.raises(InvalidToken, match=r"Telegram does not know this bot's token\."):
        await station.poller.run(asyncio.Event())


async def test_stop_gives_up_a_poll_at_once() -> None:
    station = Station([])
    async with station.running():
        assert not station.polls.given_up
    assert station.polls.given_up


async def test_a_cancelled_run_gives_up_its_poll() -> None:
    station = Station([])
    run = asyncio.create_task(station.poller.run(asyncio.Event()))
    await station.polls.held.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert station.polls.given_up
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_stop_ends_a_pause() -> None:
    station = Station([refusal(502)])
    pausing = asyncio.Event()

    async def sleep(_: float) -> None:
        pausing.set()
        await asyncio.Event().wait()

    station.poller._sleep = sleep
    async with station.running(pausing):
        pass
    assert len(station.polls.calls) == 1


async def test_a_batch_in_hand_is_accepted_before_the_stop() -> None:
    station = Station([ok(5)])
    accepting, release = asyncio.Event(), asyncio.Event()
    accept = station.inbox.accept

    async def slowly(batch: list[RawUpdate]) -> None:
        accepting.set()
        await release.wait()
        await accept(batch)

    station.poller._accept = slowly
    async with station.running(accepting) as stop:
        stop.set()
        release.set()
    assert station.inbox.ids == [[5]]
    assert station.polls.offsets == [None]


async def test_nothing_is_asked_when_it_is_stopped_before_it_starts() -> None:
    station = Station([ok(1)])
    stop = asyncio.Event()
    stop.set()
    await station.poller.run(stop)
    assert station.polls.calls == station.others.calls == []
