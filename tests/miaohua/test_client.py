import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import jwt
import pytest
import respx
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.miaohua import client as client_module
from bot.miaohua import errors
from bot.miaohua.client import Miaohua, http_client

PATH = "/v1/imgenstd/models"
REFUSED = httpx.Response(401, json={"error": {"code": 16, "message": "token expired", "details": ["trace_id:t1"]}})


def over(http: httpx.AsyncClient, base_url: str, *, deadline: float = 20.0) -> Miaohua:
    return Miaohua(http, base_url=base_url, access_key=SecretStr("ak"), secret_key=SecretStr("sk"), deadline=deadline)


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(talk: Talk) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}"


async def test_a_call_carries_the_token_and_the_content_type(vendor: respx.MockRouter, api: Miaohua) -> None:
    route = vendor.get(PATH, params={"size": "10", "mtp": "ALL"}).respond(json={"data": []})
    assert await api.call("GET", PATH, params={"size": 10, "mtp": "ALL"}) == {"data": []}
    headers = route.calls.last.request.headers
    scheme, _, token = headers["authorization"].partition(" ")
    assert scheme == "Bearer"
    assert jwt.decode(token, options={"verify_signature": False})["iss"] == "the-access-key"
    assert headers["content-type"] == "application/json"


async def test_a_get_can_have_a_body_on_the_wire() -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.lower().splitlines() if b"content-length" in line)
        heard.extend([head, await reader.readexactly(length)])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()

    async with listening(talk) as address, http_client() as http:
        assert await over(http, address).call("GET", "/v1/x/results", json={"task_ids": ["一"]}) == {}
    head, body = heard
    assert head.startswith(b"GET /v1/x/results HTTP/1.1\r\n")
    assert json.loads(body) == {"task_ids": ["一"]}


async def test_a_post_sends_its_json(vendor: respx.MockRouter, api: Miaohua) -> None:
    route = vendor.post("/v1/imgenstd/imgen").respond(json={"task_id": "a"})
    await api.call("POST", "/v1/imgenstd/imgen", json={"prompt": "狐狸"})
    assert json.loads(route.calls.last.request.content) == {"prompt": "狐狸"}


async def test_one_token_serves_many_calls(vendor: respx.MockRouter, api: Miaohua) -> None:
    route = vendor.get(PATH).respond(json={})
    await asyncio.gather(*(api.call("GET", PATH) for _ in range(10)))
    assert len({call.request.headers["authorization"] for call in route.calls}) == 1


async def test_a_refused_token_is_signed_anew_once_and_the_call_repeated(vendor: respx.MockRouter) -> None:
    now = iter(range(1_700_000_000, 1_700_001_000, 10))
    route = vendor.post(PATH).mock(side_effect=[REFUSED, httpx.Response(200, json={"task_id": "a"})])
    async with http_client() as http:
        api = Miaohua(
            http,
            base_url="https://vendor.test",
            access_key=SecretStr("ak"),
            secret_key=SecretStr("sk"),
            clock=lambda: float(next(now)),
        )
        assert await api.call("POST", PATH, json={"prompt": "fox"}) == {"task_id": "a"}
    first, second = (call.request for call in route.calls)
    assert first.headers["authorization"] != second.headers["authorization"]
    assert first.content == second.content


@pytest.mark.parametrize("answer", [REFUSED, httpx.Response(401)])
async def test_a_fresh_token_that_is_refused_too_is_the_end(
    vendor: respx.MockRouter, api: Miaohua, answer: httpx.Response
) -> None:
    route = vendor.get(PATH).mock(side_effect=lambda _: httpx.Response(answer.status_code, content=answer.content))
    with pytest.raises(errors.Unauthenticated):
        await api.call("GET", PATH)
    assert route.call_count == 2


async def test_nothing_else_is_repeated(vendor: respx.MockRouter, api: Miaohua) -> None:
    route = vendor.get(PATH).respond(503)
    with pytest.raises(errors.Unavailable):
        await api.call("GET", PATH)
    assert route.call_count == 1


@pytest.mark.parametrize(
    "cause",
    [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol],
)
async def test_what_never_connected_was_not_sent(
    vendor: respx.MockRouter, api: Miaohua, cause: type[httpx.TransportError]
) -> None:
    vendor.post(PATH).mock(side_effect=cause("why"))
    with pytest.raises(errors.NotSent, match=cause.__name__):
        await api.call("POST", PATH)


@pytest.mark.parametrize(
    "cause",
    [
        httpx.ReadTimeout,
        httpx.WriteTimeout,
        httpx.ReadError,
        httpx.WriteError,
        httpx.RemoteProtocolError,
        httpx.DecodingError,
    ],
)
async def test_what_broke_afterwards_is_unanswered(
    vendor: respx.MockRouter, api: Miaohua, cause: type[httpx.RequestError]
) -> None:
    vendor.post(PATH).mock(side_effect=cause("why"))
    with pytest.raises(errors.Unanswered, match=cause.__name__):
        await api.call("POST", PATH)


async def test_a_closed_port_was_not_sent() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise AssertionError

    async with listening(talk) as address:
        pass
    async with http_client() as http:
        with pytest.raises(errors.NotSent):
            await over(http, address).call("POST", PATH, json={})


async def test_no_free_connection_means_not_sent() -> None:
    asked, release = asyncio.Event(), asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await release.wait()

    limits, timeout = httpx.Limits(max_connections=1), httpx.Timeout(20, pool=0.01)
    async with listening(talk) as address, httpx.AsyncClient(limits=limits, timeout=timeout) as http:
        api = over(http, address)
        async with asyncio.TaskGroup() as group:
            first = group.create_task(_outcome(api))
            await asked.wait()
            second = await _outcome(api)
            release.set()
    assert (first.result(), second) == (errors.Unanswered, errors.NotSent)


async def _outcome(api: Miaohua) -> type[Exception] | None:
    try:
        await api.call("POST", PATH)
    except errors.MiaohuaError as error:
        return type(error)
    return None


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", b"nonsense\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"],
    ids=["hung up", "broke off", "not HTTP", "empty"],
)
async def test_a_server_that_hangs_up_leaves_open_what_happened(answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    async with listening(talk) as address, http_client() as http:
        with pytest.raises(errors.Unanswered):
            await over(http, address).call("POST", PATH)


async def test_an_answer_that_drips_for_ever_is_given_up() -> None:
    done = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
        await done.wait()

    async with listening(talk) as address, http_client() as http:
        with pytest.raises(errors.Unanswered, match="TimeoutError"):
            await over(http, address, deadline=0.1).call("POST", PATH)
        done.set()


async def test_an_answer_without_measure_is_given_up(
    vendor: respx.MockRouter, api: Miaohua, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MAX_ANSWER", 100)
    vendor.get(PATH).respond(json={"data": ["x" * 100]})
    with pytest.raises(errors.Unanswered, match="100 bytes"):
        await api.call("GET", PATH)


async def test_a_proxy_of_the_environment_is_used_but_not_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    proxied: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        proxied.append(await reader.readline())

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()

    async with listening(proxy) as proxy_address, listening(talk) as address:
        for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "http_proxy", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTP_PROXY", proxy_address)
        monkeypatch.setenv("HTTPS_PROXY", proxy_address)
        async with http_client() as http:
            assert await over(http, address).call("GET", PATH) == {}
            assert proxied == []
            with pytest.raises(errors.MiaohuaError):
                await over(http, "https://vendor.test").call("GET", PATH)
    assert proxied == [b"CONNECT vendor.test:443 HTTP/1.1\r\n"]


async def test_the_log_knows_the_call_but_no_secret(vendor: respx.MockRouter, api: Miaohua) -> None:
    route = vendor.get(PATH).mock(side_effect=lambda _: httpx.Response(401, content=REFUSED.content))
    with capture_logs() as logs, pytest.raises(errors.Unauthenticated):
        await api.call("GET", PATH)
    answered, failed = logs[:2]
    assert (answered["event"], answered["method"], answered["path"]) == ("miaohua.answered", "GET", PATH)
    assert answered["status"] == 401
    assert answered["ms"] >= 0
    assert (failed["event"], failed["trace_id"]) == ("miaohua.failed", "t1")
    assert "token expired" in failed["error"]
    token = route.calls.last.request.headers["authorization"].removeprefix("Bearer ")
    for secret in (token, "the-access-key", "the-secret-key"):
        assert secret not in repr(logs)
