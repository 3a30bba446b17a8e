from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.limits.rules import day_of
from bot.locales.text import LANGUAGES, Lang
from bot.media import charts
from bot.media.charts import Chart, NoChart
from bot.sandbox.telegram.entities import units
from bot.store import counters, people
from bot.store.counters import Key, step_of
from bot.store.figures import Crowd, Figures, Member
from bot.store.task import State, Task
from bot.telegram.operator import stats_view
from tests.telegram.stage import Stage, labels, picture_bytes

Add = Callable[..., Awaitable[Task]]
GROUP = "Picture friends"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Chart, ...]]:
    """What was to be drawn; how it is drawn is tested elsewhere."""
    asked: list[tuple[Chart, ...]] = []

    async def draw(*wanted: Chart) -> bytes:
        asked.append(wanted)
        return picture_bytes(64 + len(asked), 64, "PNG")

    monkeypatch.setattr(charts, "draw", draw)
    return asked


async def count(stage: Stage, chat_id: int, pictures: int, days_ago: int = 0) -> None:
    today = date.fromisoformat(day_of(stage.now, stage.parts.services.settings.limits_timezone))
    day = (today - timedelta(days=days_ago)).isoformat()
    more: dict[Key, int] = {
        (day, chat_id, "pictures", "imagine"): pictures,
        (day, chat_id, "tasks", "imagine:delivered"): pictures,
        (day, chat_id, "tasks", "swap:failed"): 1,
        (day, chat_id, "errors", "16"): 1,
        (day, chat_id, "waits", str(step_of(30))): pictures,
    }
    async with stage.store.write() as conn:
        await counters.add(conn, more)


async def test_the_owner_sees_all_and_turns_to_other_days(stage: Stage, drawn: list[tuple[Chart, ...]]) -> None:
    await stage.say("Bob", "/start")
    await count(stage, 0, 5)
    await count(stage, stage.chat(GROUP).id, 20, days_ago=3)
    await count(stage, 0, 100, days_ago=20)
    [shown] = await stage.say("Alice", "/stats")
    assert shown.photo is not None
    for line in ("Last 7 days", "People here: 1 / 1", "Pictures used: 25", "Tasks: 27", "Imagine: Delivered 25"):
        assert line in shown.caption
    assert "16 bad keys × 2" in shown.caption
    assert labels(shown) == ["Today", "• Last 7 days", "Last 30 days"]
    for days, used, chosen in ((1, 5, 0), (30, 125, 2)):
        await stage.press("Alice", shown, f"o:stats:{days}")
        [now] = [one for one in stage.shown(stage.chat("Alice")) if one.message_id == shown.message_id]
        assert f"Pictures used: {used}" in now.caption
        assert labels(now)[chosen].startswith("•")
    assert [[len(chart.columns.values) if chart.columns else 1 for chart in wanted] for wanted in drawn] == [
        [7],
        [1],
        [30],
    ]


@pytest.mark.parametrize("is_there", [False, True])
async def test_without_charts_the_figures_come_as_text(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, is_there: object
) -> None:
    async def draw(*_: Chart) -> bytes:
        raise NoChart("no ink")

    monkeypatch.setattr(charts, "is_possible", lambda: is_there)
    monkeypatch.setattr(charts, "draw", draw)
    await count(stage, 0, 5)
    [shown] = await stage.say("Alice", "/stats")
    assert "Pictures used: 5" in shown.text
    await stage.press("Alice", shown, "o:stats:1")
    [now] = [one for one in stage.shown(stage.chat("Alice")) if one.message_id == shown.message_id]
    assert now.text.startswith("📊 Today")


async def test_a_groups_admin_sees_that_group_alone(
    stage: Stage, drawn: list[tuple[Chart, ...]], settings: dict[str, Any], add_task: Add
) -> None:
    group, bob = stage.chat(GROUP), stage.person("Bob").id
    group.admins[:] = [bob]
    await stage.say("Bob", "/start")
    for owner, chat_id, capability in (
        (bob, group.id, "imagine"),
        (bob, group.id, "imagine"),
        (bob, group.id, "stylize"),
        (stage.person("Alice").id, group.id, "imagine"),
        (bob, bob, "imagine"),
    ):
        await add_task(chat_id=chat_id, owner_id=owner, capability=capability, state=State.DELIVERED)
    await count(stage, group.id, 20)
    await count(stage, 0, 100)
    [shown] = await stage.say("Bob", "/stats", to=GROUP)
    assert GROUP in shown.caption
    assert "Members here: 2" in shown.caption
    assert "Pictures used: 20" in shown.caption
    assert "Requests served, by member:\nBob: 3 (Imagine 2, Stylize 1)\n5000000101: 1 (Imagine 1)" in shown.caption
    assert "People" not in shown.caption
    assert GROUP not in drawn[0][0].subtitle
    assert await stage.press("Bob", shown, "o:stats:1") == ""
    stage.person("小明").language_code = "en"
    assert "Only the admins" in (await stage.press("小明", shown, "o:stats:1") or "")
    [refusal] = await stage.say("小明", "/stats", to=GROUP)
    assert "Only the admins" in refusal.text
    [owners] = await stage.say("Alice", "/stats", to=GROUP)  # an owner of the bot
    assert "Pictures used: 20" in owners.caption


async def test_others_do_not_see_the_figures_of_all(stage: Stage, drawn: list[tuple[Chart, ...]]) -> None:
    [start] = await stage.say("Bob", "/start")
    assert "out of date" in (await stage.press("Bob", start, "o:stats:7") or "")
    assert drawn == []


async def test_a_groups_admin_whom_the_operator_has_banned_sees_nothing(
    stage: Stage, drawn: list[tuple[Chart, ...]]
) -> None:
    bob = stage.person("Bob").id
    stage.chat(GROUP).admins[:] = [bob]
    [shown] = await stage.say("Bob", "/stats", to=GROUP)
    async with stage.store.write() as conn:
        await people.remember(conn, bob, stage.now)
        await people.judge(conn, bob, banned_at=stage.now)
    [refusal] = await stage.say("Bob", "/stats", to=GROUP)
    assert "banned" in refusal.text
    assert "banned" in (await stage.press("Bob", shown, "o:stats:1") or "")
    assert len(drawn) == 1


async def test_all_figures_are_of_the_same_days(stage: Stage, drawn: list[tuple[Chart, ...]], add_task: Add) -> None:
    zone = stage.parts.services.settings.limits_timezone
    midnight = datetime(2026, 11, 22, tzinfo=zone).timestamp()
    group = stage.chat(GROUP).id
    for owner, asked_at in ((stage.person("Bob").id, midnight - 60), (stage.person("小明").id, midnight + 60)):
        await add_task(chat_id=group, owner_id=owner, state=State.DELIVERED, created_at=asked_at)
        async with stage.store.write() as conn:
            await people.meet(conn, owner, "Bob", None, asked_at)
    stage.now = midnight + 3600
    for where, words in (("Alice", "People here: 1 / 2"), (GROUP, "Members here: 1")):
        [shown] = await stage.say("Alice", "/stats", to=where)
        await stage.press("Alice", shown, "o:stats:1")
        [now] = [one for one in stage.shown(stage.chat(where)) if one.message_id == shown.message_id]
        assert words in now.caption


async def test_a_chart_is_asked_for_in_the_persons_language_first(stage: Stage, drawn: list[tuple[Chart, ...]]) -> None:
    stage.person("Alice").language_code = "zh-hans"
    await stage.say("Alice", "/stats")
    chinese, english = drawn[0]
    assert english.title == "Last 7 days"
    assert chinese.subtitle == english.subtitle


@pytest.mark.parametrize("lang", list(LANGUAGES))
@pytest.mark.parametrize("is_group", [False, True])
def test_the_longest_words_fit_a_caption(lang: Lang, is_group: object) -> None:
    tasks = {
        (name, state): 123_456
        for name in ("imagine", "stylize", "swap", "erase", "edit", "expand", "upscale", "cutout", "train")
        for state in (State.DELIVERED, State.REFUSED, State.FAILED, State.CANCELLED)
    }
    errors = dict.fromkeys((3, 7, 12, 16, 18, 409, 429, 503), 123_456)
    figures = Figures(pictures={"2026-11-22": 10**9}, tasks=tasks, errors=errors, waits={step_of(300_000): 1})
    crowd = Crowd(10**9, 10**9)
    report = stats_view.Report(30, figures, people=crowd, groups=crowd)
    if is_group:
        active = [Member(number, "🦊" * 64, dict.fromkeys(("imagine", "swap", "edit"), 10**9)) for number in range(5)]
        report = stats_view.Report(30, figures, title="🦊" * 128, members=10**9, active=active)
    assert units(stats_view.words(report, lang).plain(lang)) <= 1024


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "–"), (0.4, "1 s"), (89, "89 s"), (600, "10 min"), (6 * 3600, "6 h")]
)
def test_waits_are_said_in_what_says_most(seconds: float | None, words: str) -> None:
    assert stats_view._wait(seconds).plain("en") == words
