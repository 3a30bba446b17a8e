"""Inline mode: what is typed behind the bot's name reaches it, and what it offers can be sent."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from bot.sandbox.chat import ChatClient, ChatError
from bot.sandbox.telegram.people.shown import Person, ShownChat
from bot.sandbox.telegram.state import Options, Sandbox

Post = Callable[..., Awaitable[httpx.Response]]
Updates = Callable[[], Awaitable[list[dict[str, Any]]]]

ARTICLE = {"type": "article", "id": "a", "title": "Fox", "input_message_content": {"message_text": "/imagine a fox"}}


async def ask(chat: ChatClient, person: Person, where: int, updates: Updates, query: str = "") -> dict[str, Any]:
    await updates()
    await chat.act("inline", user_id=person.id, chat_id=where, query=query)
    [update] = await updates()
    asked: dict[str, Any] = update["inline_query"]
    return asked


async def test_a_photo_and_a_text_are_sent_by_way_of_the_bot(
    chat: ChatClient, alice: Person, group: ShownChat, post: Post, updates: Updates, picture: Callable[..., bytes]
) -> None:
    [shown] = await chat.send(alice.id, alice.id, files=[picture()])
    assert shown.photo is not None
    photo = {"type": "photo", "id": "p", "photo_file_id": shown.photo.file_id, "caption": "<b>A</b> fox"}
    asked = await ask(chat, alice, group.id, updates, "a fox")
    assert (asked["query"], asked["offset"], asked["from"]["id"], asked["chat_type"]) == (
        "a fox",
        "",
        alice.id,
        "group",
    )
    results = [{**photo, "parse_mode": "HTML"}, ARTICLE]
    answer = await post(
        "answerInlineQuery", inline_query_id=asked["id"], results=results, next_offset="2", is_personal=True
    )
    assert answer.json() == {"ok": True, "result": True}
    offered = await chat.wait_for(lambda event: event.type == "inline")
    assert [(one.id, one.type, one.title) for one in offered.results] == [("p", "photo", ""), ("a", "article", "Fox")]
    assert offered.next_offset == "2"
    sent = [await chat.choose(offered, one) for one in offered.results]
    assert [(one.sender.id, one.via_bot, one.words) for one in sent] == [
        (alice.id, "picture_studio_bot", "A fox"),
        (alice.id, "picture_studio_bot", "/imagine a fox"),
    ]
    assert sent[0].photo is not None
    heard = [update["message"] for update in await updates()]
    assert [message["via_bot"]["is_bot"] for message in heard] == [True, True]
    assert heard[1]["entities"][0]["type"] == "bot_command"


@pytest.mark.parametrize(
    ("results", "why"),
    [
        ([{**ARTICLE, "id": str(number)} for number in range(51)], "RESULTS_TOO_MUCH"),
        ([ARTICLE, ARTICLE], "RESULT_ID_DUPLICATE"),
        ([{**ARTICLE, "id": ""}], "RESULT_ID_INVALID"),
        ([{**ARTICLE, "id": "狐" * 22}], "RESULT_ID_INVALID"),
        ([{**ARTICLE, "title": ""}], "a field is missing"),
        ([{"type": "photo", "id": "1"}], "a field is missing"),
        ([{"type": "photo", "id": "1", "photo_file_id": "made up"}], "wrong file identifier"),
        ([{**ARTICLE, "input_message_content": {"message_text": "x" * 4097}}], "message is too long"),
        ([{"type": "sticker", "id": "1"}], "not part of this sandbox"),
        (["fox"], "expected an Object"),
    ],
)
async def test_what_telegram_does_not_take(
    chat: ChatClient, alice: Person, post: Post, updates: Updates, results: list[Any], why: str
) -> None:
    asked = await ask(chat, alice, alice.id, updates)
    answer = await post("answerInlineQuery", inline_query_id=asked["id"], results=results)
    assert answer.status_code == 400
    assert why in answer.json()["description"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"next_offset": "狐" * 22}, "NEXT_OFFSET_INVALID"),
        ({"button": {"text": "Begin", "start_parameter": "to begin"}}, "START_PARAM_INVALID"),
        ({"button": {"text": "Begin"}}, "unsupported button"),
        ({"inline_query_id": "1"}, "query is too old"),
    ],
)
async def test_what_else_it_does_not_take(
    chat: ChatClient, alice: Person, post: Post, updates: Updates, more: dict[str, Any], why: str
) -> None:
    asked = await ask(chat, alice, alice.id, updates)
    answer = await post("answerInlineQuery", **{"inline_query_id": asked["id"], "results": [], **more})
    assert why in answer.json()["description"]


async def test_a_query_is_answered_once_and_soon(
    chat: ChatClient, alice: Person, post: Post, updates: Updates, clock: list[float]
) -> None:
    first, second = [await ask(chat, alice, alice.id, updates) for _ in range(2)]
    said = [await post("answerInlineQuery", inline_query_id=first["id"], results=[ARTICLE]) for _ in range(2)]
    assert [answer.status_code for answer in said] == [200, 400]
    clock[0] += 16
    assert (await post("answerInlineQuery", inline_query_id=second["id"], results=[])).status_code == 400


async def test_only_what_is_offered_can_be_sent(chat: ChatClient, alice: Person, post: Post, updates: Updates) -> None:
    asked = await ask(chat, alice, alice.id, updates)
    with pytest.raises(ChatError, match="offers no such result"):
        await chat.act("choices", query_id=asked["id"], result_id="a")
    with pytest.raises(ChatError, match="not found"):
        await chat.act("inline", user_id=alice.id, chat_id=1)


class TestWithoutInlineMode:
    @pytest.fixture
    def options(self) -> Options:
        return Options(inline=False)

    async def test_nothing_reaches_the_bot(self, chat: ChatClient, alice: Person, post: Post) -> None:
        assert (await post("getMe")).json()["result"]["supports_inline_queries"] is False
        with pytest.raises(ChatError, match="no inline mode"):
            await chat.act("inline", user_id=alice.id, chat_id=alice.id)


async def test_a_client_asks_in_one_step(
    chat: ChatClient, alice: Person, post: Post, updates: Updates, sandbox: Sandbox
) -> None:
    await updates()
    asking = asyncio.create_task(chat.ask_inline(alice.id, alice.id, "fox"))
    assert await sandbox.updates.changed.wait(20)
    [update] = await updates()
    await post("answerInlineQuery", inline_query_id=update["inline_query"]["id"], results=[ARTICLE])
    assert [one.id for one in (await asking).results] == ["a"]
