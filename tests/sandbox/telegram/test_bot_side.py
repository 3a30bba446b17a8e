"""The Bot API as such: how it is reached, what it records, and the faults a test can ask for."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from telegram import Bot
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TimedOut

from bot.sandbox.chat import ChatClient
from bot.sandbox.telegram.files import FileStore
from bot.sandbox.telegram.methods.registry import METHODS
from bot.sandbox.telegram.people.shown import Person, ShownChat
from bot.sandbox.telegram.refusals import Refused
from bot.sandbox.telegram.state import Options, Sandbox

Post = Callable[..., Awaitable[httpx.Response]]
Make = Callable[..., bytes]


async def test_a_wrong_token(address: str) -> None:
    with pytest.raises(InvalidToken):
        async with Bot("1:wrong", base_url=f"{address}/bot"):
            pass


async def test_an_unknown_method(post: Post) -> None:
    answer = await post("sendGreetings")
    assert (answer.status_code, answer.json()) == (404, {"ok": False, "error_code": 404, "description": "Not Found"})


async def test_every_way_to_send_parameters(address: str, options: Options, alice: Person) -> None:
    params = {"chat_id": str(alice.id), "text": "狐狸", "reply_parameters": json.dumps({"message_id": 1})}
    async with httpx.AsyncClient(trust_env=False, base_url=f"{address}/bot{options.token}") as client:
        for answer in [
            await client.get("/sendMessage", params=params),
            await client.post("/SENDMESSAGE", data=params),
            await client.post("/sendMessage", json=params),
            await client.post("/sendMessage", data=params, files={"unused": b"x"}),
        ]:
            result = answer.json()["result"]
            assert (result["text"], result["reply_to_message"]["message_id"]) == ("狐狸", 1)
        assert (
            await client.post("/sendMessage", content=b"<xml/>", headers={"content-type": "text/xml"})
        ).status_code == 400
        broken = await client.post("/sendMessage", content=b"{", headers={"content-type": "application/json"})
        assert broken.json()["description"] == "Bad Request: can't parse request JSON object"


async def test_files_beyond_the_limits(bot: Bot, chat: ChatClient, alice: Person, post: Post) -> None:
    twenty = await bot.send_document(alice.id, bytes(20 * 1024 * 1024 + 1), filename="big.bin")
    assert twenty.document
    with pytest.raises(BadRequest, match="File is too big"):
        await twenty.document.get_file()
    with pytest.raises(NetworkError, match="Request Entity Too Large"):
        await bot.send_document(alice.id, bytes(50 * 1024 * 1024 + 1), filename="bigger.bin")
    with pytest.raises(BadRequest, match=r"(?i)wrong file_id"):
        await bot.get_file("nothing")


async def test_a_file_link_needs_the_token(bot: Bot, address: str, alice: Person, picture: Make) -> None:
    file = await (await bot.send_photo(alice.id, picture())).photo[-1].get_file()
    assert file.file_path
    path = file.file_path.rpartition("/file/bot")[2].partition("/")[2]
    async with httpx.AsyncClient(trust_env=False, base_url=address) as client:
        assert (await client.get(f"/file/bot1:wrong/{path}")).status_code == 401
        assert (await client.get(f"/file/bot{bot.token}/photos/none.jpg")).status_code == 404


async def test_the_oldest_files_are_forgotten(picture: Make) -> None:
    store = FileStore(max_bytes=30_000)
    first = await store.add_document(bytes(20_000), "a.bin")
    second = await store.add_document(bytes(20_000), "b.bin")
    assert store.document(second.file.file_id) == second
    assert store.read_path(second.file.path) == bytes(20_000)
    assert store.read_path(first.file.path) is None
    with pytest.raises(Refused, match="wrong file identifier"):
        store.document(first.file.file_id)


async def test_a_fault_is_answered_once(bot: Bot, chat: ChatClient, alice: Person) -> None:
    told = {"description": "Too Many Requests: retry after 3", "parameters": {"retry_after": 3}}
    await chat.act("faults", method="sendMessage", status=429, **told)
    with pytest.raises(RetryAfter) as refused:
        await bot.send_message(alice.id, "x")
    assert refused.value.retry_after == timedelta(seconds=3)
    assert (await bot.send_message(alice.id, "x")).text == "x"


@pytest.mark.parametrize(("drop", "arrives"), [("before", False), ("after", True)])
async def test_a_connection_is_dropped(bot: Bot, chat: ChatClient, alice: Person, drop: str, arrives: bool) -> None:  # noqa: FBT001  a parameter of pytest's
    await chat.act("faults", method="sendMessage", drop=drop)
    with pytest.raises(NetworkError):
        await bot.send_message(alice.id, "lost?")
    assert [message.text for message in await chat.history(alice.id) if message.sender.is_bot] == ["lost?"] * arrives


async def test_a_delay_makes_the_bot_give_up(bot: Bot, chat: ChatClient, alice: Person) -> None:
    await chat.act("faults", method="sendMessage", delay=0.5)
    with pytest.raises(TimedOut):
        await bot.send_message(alice.id, "x", read_timeout=0.05)


async def test_calls_are_recorded_without_bytes(
    bot: Bot, chat: ChatClient, alice: Person, picture: Make, address: str
) -> None:
    await bot.send_photo(alice.id, picture(), caption="a fox")
    [call] = await chat.calls(last=1)
    assert (call["method"], call["params"]["caption"]) == ("sendPhoto", "a fox")
    [file] = call["files"].values()
    assert file["size"] == len(picture())
    async with httpx.AsyncClient(trust_env=False, base_url=address) as client:
        assert (await client.get("/chat/requests")).json() == {"getMe": 1, "sendPhoto": 1}


class TestWithRates:
    @pytest.fixture
    def options(self, clock: list[float]) -> Options:
        return Options(now=lambda: clock[0])

    async def test_too_many_to_one_person(self, bot: Bot, alice: Person, clock: list[float]) -> None:
        for _ in range(5):
            await bot.send_message(alice.id, "x")
        with pytest.raises(RetryAfter) as refused:
            await bot.send_message(alice.id, "x")
        assert refused.value.retry_after == timedelta(seconds=1)
        clock[0] += 1
        assert (await bot.send_message(alice.id, "x")).text == "x"

    async def test_edits_count_in_a_group_and_actions_do_not(self, bot: Bot, group: ShownChat) -> None:
        sent = await bot.send_message(group.id, "0")
        for number in range(1, 20):
            await sent.edit_text(str(number))
            await bot.send_chat_action(group.id, "typing")
        with pytest.raises(RetryAfter):
            await sent.edit_text("20")


async def test_runs_by_itself() -> None:
    command = [sys.executable, "-m", "bot.sandbox.telegram", "--port", "0"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=dict(os.environ))
    assert process.stdout
    try:
        async with asyncio.timeout(60):
            address = (await process.stdout.readline()).decode().strip()
            async with ChatClient(address) as chat:
                assert (await chat.state()).users
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()


async def test_closing_lets_everybody_go(sandbox: Sandbox, chat: ChatClient, bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=50))
    watch = asyncio.create_task(chat.events(50))
    assert await sandbox.updates.changed.wait(20)  # until the poll is there
    begun = time.monotonic()
    await sandbox.close()
    found = await asyncio.gather(poll, watch)
    assert tuple(found) == ((), [])
    assert time.monotonic() - begun < 10


NONSENSE: list[object] = [
    "",
    "x",
    -1,
    2**70,
    True,
    [],
    {},
    [1],
    [{}],
    {"type": "photo"},
    "[",
    "attach://none",
    None,
    1.5,
]


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"setWebhook"}))
async def test_nonsense_is_answered_in_shape(post: Post, alice: Person, method: str) -> None:
    names = [
        *("text", "caption", "photo", "document", "media", "message_id", "message_ids", "reaction", "action", "scope"),
        *("reply_markup", "reply_parameters", "entities", "allowed_updates", "offset", "limit", "user_id", "file_id"),
        *("commands", "menu_button", "message_thread_id", "callback_query_id", "language_code", "name", "parse_mode"),
    ]
    for value in NONSENSE:
        answer = await post(method, chat_id=alice.id, **dict.fromkeys(names, value))
        body = answer.json()
        assert body["ok"] == answer.is_success
        assert body["ok"] or body["error_code"] == answer.status_code == 400
