"""What the owners are told, with the rows that it is read from."""

from collections.abc import Callable
from typing import Any, cast

import httpx
import pytest
from structlog.testing import capture_logs
from telegram.error import Forbidden, TelegramError, TimedOut

from bot.alerts import EVERY, IN_TIME, LATE, Alerts
from bot.store import alerts, people, tasks
from bot.store.engine import Store
from bot.store.task import NewTask, State
from bot.telegram.services import Bot

NOW = 10_000_000.0
OWNER = 7


class FakeBot:
    """Remembers what it sends; `blocked_by` are those whom it does not reach, `fault` follows what it sends."""

    def __init__(self) -> None:
        self.said: list[tuple[int, str]] = []
        self.blocked_by: set[int] = set()
        self.tries = 0
        self.fault: TelegramError | None = None

    async def send_message(self, chat_id: int, text: str, **more: Any) -> None:
        self.tries += 1
        if chat_id in self.blocked_by:
            raise Forbidden("bot was blocked by the user")
        self.said.append((chat_id, text))
        if self.fault is not None:
            raise self.fault

    def heard(self) -> list[str]:
        words = [text for _, text in self.said]
        self.said.clear()
        return words


class Watch:
    """The alerts with a clock that is set by hand, and rows to look at."""

    def __init__(self, store: Store, new_task: Callable[..., NewTask]) -> None:
        self.store, self.new_task, self.bot, self.now = store, new_task, FakeBot(), NOW
        self.alerts = self.made()

    def made(self, *owners: int) -> Alerts:
        return Alerts(cast("Bot", self.bot), self.store, owners or (OWNER,), clock=lambda: self.now)

    async def look(self) -> list[str]:
        await self.alerts.look()
        return self.bot.heard()

    async def add(self, state: State, **columns: Any) -> None:
        fresh = {name: value for name, value in columns.items() if name in NewTask.__dataclass_fields__}
        usual = {"next_at": self.now + 60, "created_at": self.now}
        async with self.store.write() as conn:
            task = await tasks.insert(conn, self.new_task(**{**usual, **fresh}))
            later = {name: value for name, value in columns.items() if name not in fresh}
            assert await tasks.update(conn, task, state=state, **later)

    async def refused(self, code: int, capability: str = "imagine") -> None:
        self.now += 10
        await self.add(State.FAILED, error_code=code, finished_at=self.now, next_at=self.now + 1, capability=capability)

    async def accepted(self, capability: str = "imagine") -> None:
        self.now += 10
        await self.add(State.RUNNING, submitted_at=self.now, vendor_id="v", capability=capability)


@pytest.fixture
def watch(store: Store, new_task: Callable[..., NewTask]) -> Watch:
    return Watch(store, new_task)


@pytest.mark.parametrize(("code", "words"), [(16, "keys (code 16)"), (429, "daily limit"), (7, "refuses Imagine")])
async def test_a_refused_account_is_told_once_and_its_end_once(watch: Watch, code: int, words: str) -> None:
    await watch.accepted()
    assert await watch.look() == []
    await watch.refused(code)
    [told] = await watch.look()
    assert words in told
    for _ in range(3):
        await watch.refused(code)
        assert await watch.look() == []
    await watch.accepted()
    [told] = await watch.look()
    assert "takes such orders again" in told
    assert await watch.look() == []
    await watch.refused(code)
    assert len(await watch.look()) == 1


async def test_it_is_told_once_even_by_a_new_process(watch: Watch) -> None:
    await watch.refused(16)
    await watch.look()
    watch.alerts = watch.made()
    assert await watch.look() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_permission_is_one_capabilitys(watch: Watch) -> None:
    await watch.refused(7, "swap")
    assert len(await watch.look()) == 1
    await watch.accepted("imagine")
    assert await watch.look() == []
    await watch.refused(7, "swap")
    assert await watch.look() == []
    await watch.accepted("swap")
    assert len(await watch.look()) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("state", "columns"),
    [
        (State.FAILED, {"error_code": 13}),
        (State.FAILED, {"error_code": 7, "vendor_id": "v"}),  # it was taken
        (State.REFUSED, {"error_code": 7}),
        (State.REFUSED, {"error_code": 18}),
    ],
)
async def test_what_is_not_the_accounts_is_not_told(watch: Watch, state: State, columns: dict[str, Any]) -> None:
    await watch.add(state, finished_at=watch.now, **columns)
    assert await watch.look() == []


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
async def test_late_tasks_are_told_once_and_their_end_once(watch: Watch, state: State) -> None:
    await watch.add(state, next_at=NOW, created_at=NOW, vendor_id="v")
    watch.now = NOW + LATE
    assert await watch.look() == []
    for seconds, count in ((1, 1), (60, 0)):
        watch.now = NOW + LATE + seconds
        told = await watch.look()
        assert len(told) == count
        assert all("10 minutes" in each for each in told)
    [task] = await tasks_of(watch.store)
    async with watch.store.write() as conn:
        await tasks.update(conn, task, next_at=watch.now, created_at=watch.now - IN_TIME - 1, state=State.QUEUED)
    assert await watch.look() == []
    async with watch.store.write() as conn:
        [task] = await tasks.in_states(conn, list(State), 10)
        await tasks.update(conn, task, next_at=None, state=State.DELIVERED)
    [told_at_last] = await watch.look()
    assert "in time again" in told_at_last
    assert await watch.look() == []


async def tasks_of(store: Store) -> list[Any]:
    async with store.read() as conn:
        return await tasks.in_states(conn, list(State), 10)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_task_that_is_put_off_for_long_is_late_all_the_same(watch: Watch) -> None:
    await watch.add(State.QUEUED, created_at=NOW - LATE - 1, next_at=NOW + 3600)
    assert len(await watch.look()) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_it_is_told_as_soon_as_one_owner_is_reached(watch: Watch) -> None:
    watch.alerts = watch.made(7, 8)
    watch.bot.blocked_by = {7, 8}
    await watch.refused(16)
    assert await watch.look() == []
    watch.now += EVERY
    watch.bot.blocked_by = {7}
    assert len(await watch.look()) == 1
    assert await watch.look() == []
    watch.now += 4 * EVERY
    watch.bot.blocked_by = set()
    assert len(await watch.look()) == 1  # who was missed
    assert await watch.look() == []
    watch.bot.blocked_by = {7, 8}
    await watch.accepted()
    assert await watch.look() == []
    watch.now += 4 * EVERY
    watch.bot.blocked_by = set()
    assert len(await watch.look()) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_who_cannot_be_reached_is_tried_less_and_less(watch: Watch) -> None:
    watch.bot.blocked_by = {OWNER}
    await watch.add(State.FAILED, error_code=16, finished_at=watch.now, next_at=None)
    with capture_logs() as logs:
        for _ in range(120):
            await watch.look()
            watch.now += EVERY
    assert watch.bot.tries == 7  # after 30 s, 1, 2, 4, 8, 16 minutes
    assert [each["event"] for each in logs].count("alert_raised") == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("cause", "times"), [(httpx.ReadTimeout("late"), 1), (httpx.ConnectTimeout("away"), 2)])
async def test_what_may_have_arrived_is_not_told_again(watch: Watch, cause: Exception, times: int) -> None:
    watch.bot.fault = TimedOut()
    watch.bot.fault.__cause__ = cause
    await watch.refused(16)
    heard = await watch.look()
    watch.bot.fault, watch.now = None, watch.now + EVERY
    assert len(heard + await watch.look()) == times
    assert await watch.look() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_who_did_not_hear_of_it_does_not_hear_of_its_end(watch: Watch) -> None:
    watch.alerts = watch.made(7, 8)
    watch.bot.blocked_by = {7}
    await watch.refused(16)
    await watch.look()
    watch.now += 4 * EVERY
    watch.bot.blocked_by = set()
    await watch.accepted()
    await watch.alerts.look()
    assert [owner for owner, _ in watch.bot.said] == [8]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_nobody_was_told_ends_in_silence(watch: Watch) -> None:
    watch.bot.blocked_by = {OWNER}
    await watch.refused(16)
    await watch.look()
    watch.bot.blocked_by = set()
    await watch.accepted()
    assert await watch.look() == []
    async with watch.store.read() as conn:
        assert await alerts.raised(conn) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_owners_language_is_used_and_all_where_it_is_not_known(watch: Watch) -> None:
    await watch.refused(16)
    [told] = await watch.look()
    assert told.count("(code 16)") + told.count("（代码 16）") == 2
    async with watch.store.write() as conn:
        await people.set_lang(conn, OWNER, "en", NOW)
    await watch.accepted()
    assert await watch.look() == ["✅ The image service takes such orders again."]
