import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from telegram import Chat, Message, MessageEntity
from telegram.error import TimedOut

from bot.sandbox.telegram.people.membership import block, migrate
from bot.sandbox.telegram.people.requests import Block, Migration
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.store import chats
from bot.telegram.operator import broadcast
from bot.telegram.operator.broadcasting import Broadcasting
from tests.telegram.restarting import restarted
from tests.telegram.stage import Stage, data_of, labels, open_stage, picture_bytes

NEWS = "/broadcast Good news: more pictures"


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
async def stage(database_url: str, tmp_path: Path, settings: dict[str, Any]) -> AsyncIterator[Stage]:
    async with open_stage(database_url, tmp_path, **settings) as opened:
        for name in ("Bob", "小明", "李华"):
            await opened.say(name, "/start")
        await opened.say("Bob", "/start", to="Picture friends")
        yield opened


def loop_of(stage: Stage) -> Broadcasting:
    return Broadcasting(stage.bot, stage.store, clock=lambda: stage.now)


async def preview(stage: Stage, words: str = NEWS, **more: Any) -> tuple[ChatMessage, ChatMessage]:
    shown, panel = await stage.say("Alice", words, **more)
    return shown, panel


async def confirmed(stage: Stage, words: str = NEWS) -> ChatMessage:
    _, panel = await preview(stage, words)
    await stage.press("Alice", panel, data_of(panel, "Send to"))
    return panel


def received(stage: Stage, title: str, words: str = "Good news: more pictures") -> int:
    return sum(message.text == words for message in stage.shown(stage.chat(title)))


def now_shown(stage: Stage, panel: ChatMessage) -> ChatMessage:
    return next(each for each in stage.shown(stage.chat("Alice")) if each.message_id == panel.message_id)


async def test_it_is_shown_first_and_sent_to_all_once_it_is_confirmed(stage: Stage) -> None:
    shown, panel = await preview(stage, "/broadcast Good *news*: <more>\nhttps://example.org")
    assert shown.text == "Good *news*: <more>\nhttps://example.org"
    assert "3 private chats and 1 group" in panel.text
    assert labels(panel) == ["Send to 4 chats", "Cancel"]
    await loop_of(stage).work(asyncio.Event())
    assert received(stage, "Bob", shown.text) == 0
    await stage.press("Alice", panel, data_of(panel, "Send to"))
    stage.now += 60
    await loop_of(stage).work(asyncio.Event())
    for title in ("Bob", "小明", "李华", "Picture friends"):
        assert received(stage, title, shown.text) == 1
    assert received(stage, "Picture forum", shown.text) == 0
    last = now_shown(stage, panel)
    assert (last.text, labels(last)) == ("📣 Sending: 4 of 4.", [])
    assert stage.shown(stage.chat("Alice"))[-1].text == "📣 Sent to 4 chats."
    await loop_of(stage).work(asyncio.Event())
    assert received(stage, "Bob", shown.text) == 1


@pytest.mark.parametrize(
    ("written", "entities", "body"),
    [
        ("/broadcast  good <news>", [("bold", 12, 4)], "<b>good</b> &lt;news&gt;"),
        ("/broadcast 🦊 good", [("bold", 14, 4)], "🦊 <b>good</b>"),
        ("/broadcast good", [("bold", 0, 15)], "<b>good</b>"),
        ("/broadcast\nhere", [("text_link", 11, 4)], '<a href="https://example.org">here</a>'),
    ],
)
def test_its_form_is_kept(written: str, entities: list[tuple[str, int, int]], body: str) -> None:
    marks = [MessageEntity("bot_command", 0, 10)]
    marks += [
        MessageEntity(kind, start, length, url="https://example.org" if kind == "text_link" else None)
        for kind, start, length in entities
    ]
    message = Message(1, datetime.now(UTC), Chat(1, "private"), text=written, entities=marks)
    assert broadcast._body(message, "studio_bot") == body


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_answered_message_is_sent_on(stage: Stage) -> None:
    await stage.say("Alice", "the message itself")
    said = max(number for number, one in stage.chat("Alice").messages.items() if one.sender.first_name == "Alice")
    shown, _ = await preview(stage, "/broadcast", reply_to=said)
    assert shown.text == "the message itself"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nothing_and_pictures_are_not_sent(stage: Stage) -> None:
    [answer] = await stage.say("Alice", "/broadcast")
    assert "what I am to send" in answer.text
    [answer] = await stage.say("Alice", "/broadcast", files={"a.jpg": picture_bytes()})
    assert "no pictures" in answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_preview_can_be_dropped(stage: Stage) -> None:
    _, panel = await preview(stage)
    await stage.press("Alice", panel, data_of(panel, "Cancel"))
    assert now_shown(stage, panel).text == "It was not sent to anybody."
    assert await stage.press("Alice", panel, data_of(panel, "Send to"))
    assert await stage.press("Alice", panel, data_of(panel, "Cancel"))
    await loop_of(stage).work(asyncio.Event())
    assert received(stage, "Bob") == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nobody_else_presses_these_buttons(stage: Stage) -> None:
    _, panel = await preview(stage)
    assert "out of date" in (await stage.press("Bob", panel, data_of(panel, "Send to")) or "")
    await loop_of(stage).work(asyncio.Event())
    assert received(stage, "Bob") == 0


async def test_after_a_kill_it_goes_on_and_nobody_gets_it_twice_but_the_one_in_flight(stage: Stage) -> None:
    await confirmed(stage)
    sent = 0

    async def die() -> None:
        nonlocal sent
        sent += 1
        if sent == 2:
            raise Killed
        stage.wire.after["sendMessage"] = die

    stage.wire.after["sendMessage"] = die
    with pytest.raises(Killed):
        await loop_of(stage).work(asyncio.Event())
    titles = ("Bob", "小明", "李华", "Picture friends")
    assert sum(received(stage, title) for title in titles) == 2
    async with restarted(stage):
        await loop_of(stage).work(asyncio.Event())
    counts = sorted(received(stage, title) for title in titles)
    assert counts == [1, 1, 1, 2]
    assert stage.shown(stage.chat("Alice"))[-1].text == "📣 Sent to 4 chats."


async def test_whoever_blocked_the_bot_is_left_out_the_next_time(stage: Stage) -> None:
    stage.sandbox.world.chats[stage.person("Bob").id].blocked = True
    await confirmed(stage)
    await loop_of(stage).work(asyncio.Event())
    report = stage.shown(stage.chat("Alice"))[-1].text
    assert "Sent to 3 chats." in report
    assert "1 chat could not be reached." in report
    async with stage.store.read() as conn:
        assert await chats.is_blocked(conn, stage.person("Bob").id)
    _, panel = await preview(stage)
    assert "2 private chats" in panel.text
    block(stage.sandbox, Block(user_id=stage.person("Bob").id, blocked=False))
    await stage.handle()
    _, panel = await preview(stage)
    assert "3 private chats" in panel.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_it_can_be_stopped(stage: Stage) -> None:
    panel = await confirmed(stage)
    loop, stop = loop_of(stage), asyncio.Event()

    async def press_stop() -> None:
        stage.wire.after["sendMessage"] = press_stop_later

    async def press_stop_later() -> None:
        await stage.press("Alice", panel, data_of(now_shown(stage, panel), "Stop"))

    stage.wire.after["sendMessage"] = press_stop
    stage.now += 60
    await loop.work(stop)
    total = sum(received(stage, title) for title in ("Bob", "小明", "李华", "Picture friends"))
    assert total == 2
    assert now_shown(stage, panel).text.startswith("📣 Stopped. It was sent to ")
    assert labels(now_shown(stage, panel)) == []
    assert "Sent to" not in stage.shown(stage.chat("Alice"))[-1].text
    assert "already" in (await stage.press("Alice", panel, "o:stop:1") or "")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_its_message_shows_how_far_it_is(stage: Stage) -> None:
    panel = await confirmed(stage)
    seen: list[str] = []

    async def look() -> None:
        seen.append(now_shown(stage, panel).text)
        stage.now += 60
        stage.wire.after["sendMessage"] = look

    stage.wire.after["sendMessage"] = look
    await loop_of(stage).work(asyncio.Event())
    stage.wire.after.clear()
    assert seen[:4] == [f"📣 Sending: {done} of 4." for done in range(4)]


async def test_a_group_that_moves_meanwhile_gets_it_in_its_new_place(stage: Stage) -> None:
    await confirmed(stage)
    new = migrate(stage.sandbox, Migration(chat_id=stage.chat("Picture friends").id))
    await loop_of(stage).work(asyncio.Event())
    there = stage.sandbox.world.chats[new]
    assert [each.text for each in stage.shown(there)] == ["Good news: more pictures"]
    assert stage.shown(stage.chat("Alice"))[-1].text == "📣 Sent to 4 chats."


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("cause", "times"), [(httpx.ReadTimeout(""), 1), (httpx.ConnectTimeout(""), 2)])
async def test_what_may_have_arrived_is_not_sent_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, cause: Exception, times: int
) -> None:
    await confirmed(stage)
    fault = TimedOut()
    fault.__cause__ = cause
    stage.wire.fail("sendMessage", fault)
    waits: list[float] = []

    async def no_pause(stop: asyncio.Event, seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("bot.telegram.operator.broadcasting.pause", no_pause)
    await loop_of(stage).work(asyncio.Event())
    assert max(received(stage, title) for title in ("Bob", "小明", "李华", "Picture friends")) == times
    assert len(waits) == times - 1
