import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import httpx
import pytest

from bot.web.server import serve
from bot.web.webhook import MAX_BODY_BYTES, Webhook

if TYPE_CHECKING:
    from tests.web.conftest import Surroundings

HEADERS = {"X-Telegram-Bot-Api-Secret-Token": "a secret of the webhook"}
UPDATE = {"update_id": 7, "message": {"text": "狐狸"}}


async def test_an_update_is_confirmed_once_it_is_taken_in(around: "Surroundings", http: httpx.AsyncClient) -> None:
    taken_in = asyncio.Event()
    arrived = asyncio.Event()

    async def wait() -> None:
        arrived.set()
        await taken_in.wait()

    around.on_accept = wait
    answer = asyncio.create_task(http.post("/telegram", json=UPDATE, headers=HEADERS))
    await arrived.wait()
    assert not answer.done()
    taken_in.set()
    assert (await answer).status_code == 200
    assert around.accepted == [UPDATE]


@pytest.mark.parametrize(
    "headers", [{}, {"X-Telegram-Bot-Api-Secret-Token": "wrong"}, {"X-Telegram-Bot-Api-Secret-Token": ""}]
)
async def test_nobody_but_telegram_is_heard(
    around: "Surroundings", http: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    assert (await http.post("/telegram", json=UPDATE, headers=headers)).status_code == 403
    assert around.accepted == []


async def test_a_secret_beyond_ascii_is_just_wrong(http: httpx.AsyncClient) -> None:
    headers = [(b"X-Telegram-Bot-Api-Secret-Token", b"\xff\xfe")]
    assert (await http.post("/telegram", json=UPDATE, headers=headers)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"null",
        b"{}",
        b'{"update_id": "7"}',
        b'{"update_id": true}',
        b'{"update_id": 7.0}',
        b'{"update_id": null}',
        b"[" * 100_000,
        b'{"update_id": ' + b"9" * 5000 + b"}",
    ],
)
async def test_what_is_no_update_is_malformed(around: "Surroundings", http: httpx.AsyncClient, body: bytes) -> None:
    assert (await http.post("/telegram", content=body, headers=HEADERS)).status_code == 400
    assert around.accepted == []


async def test_a_body_is_read_to_the_limit_and_no_further(around: "Surroundings", http: httpx.AsyncClient) -> None:
    largest = json.dumps(UPDATE).encode().ljust(MAX_BODY_BYTES)
    assert (await http.post("/telegram", content=largest, headers=HEADERS)).status_code == 200
    assert (await http.post("/telegram", content=largest + b" ", headers=HEADERS)).status_code == 400
    assert around.accepted == [UPDATE]


async def test_a_body_without_a_length_is_limited_too(around: "Surroundings") -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 65_536 + 1):
            yield b" " * 65_536

    async with serve(around.app(), "127.0.0.1", 0) as base, httpx.AsyncClient(base_url=base) as client:
        assert (await client.post("/telegram", content=pieces(), headers=HEADERS)).status_code == 400


@pytest.mark.parametrize("error", [RuntimeError("database is locked"), TimeoutError(), OSError("disk full")])
async def test_an_update_that_is_not_taken_in_is_asked_for_again(
    around: "Surroundings", http: httpx.AsyncClient, error: Exception
) -> None:
    async def fail() -> None:
        raise error

    around.on_accept = fail
    assert (await http.post("/telegram", json=UPDATE, headers=HEADERS)).status_code == 503
    around.on_accept = None
    assert (await http.post("/telegram", json=UPDATE, headers=HEADERS)).status_code == 200
    assert around.accepted == [UPDATE]


async def test_taking_in_has_its_time(
    around: "Surroundings", http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.webhook.ACCEPT_SECONDS", 0.05)
    around.on_accept = asyncio.Event().wait
    assert (await http.post("/telegram", json=UPDATE, headers=HEADERS)).status_code == 503


async def test_a_body_has_its_time(around: "Surroundings", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.webhook.ACCEPT_SECONDS", 0.05)
    async with serve(around.app(), "127.0.0.1", 0) as base:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(base).port)
        secret = HEADERS["X-Telegram-Bot-Api-Secret-Token"]
        head = ["POST /telegram HTTP/1.1", "Host: a", f"X-Telegram-Bot-Api-Secret-Token: {secret}", "Content-Length: 9"]
        writer.write("\r\n".join([*head, "", "{"]).encode())
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 400")
        writer.close()
        await writer.wait_closed()


async def test_updates_arrive_over_a_real_port(around: "Surroundings") -> None:
    async with serve(around.app(), "127.0.0.1", 0) as base, httpx.AsyncClient(base_url=base) as client:
        updates = [{"update_id": number} for number in range(50)]
        answers = await asyncio.gather(*(client.post("/telegram", json=update, headers=HEADERS) for update in updates))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(update["update_id"] for update in around.accepted) == list(range(50))


async def test_without_a_webhook_there_is_no_door(around: "Surroundings") -> None:
    transport = httpx.ASGITransport(around.app(webhook=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://bot.example") as client:
        assert (await client.post("/telegram", json=UPDATE, headers=HEADERS)).status_code == 404


def test_the_secret_is_not_shown(around: "Surroundings") -> None:
    assert "a secret" not in repr(Webhook("a secret of the webhook", around.accept))
