import asyncio
import contextlib
import errno
import os
import signal
import socket
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.web.server import _address, serve


async def _hello(_request: Request) -> Response:
    return PlainTextResponse("hello")


@pytest.fixture
def app() -> Starlette:
    return Starlette(routes=[Route("/", _hello)])


async def test_an_application_is_served_while_the_context_lasts(app: Starlette) -> None:
    async with httpx.AsyncClient() as http:
        async with serve(app, "127.0.0.1", 0) as base:
            answer = await http.get(f"{base}/")
            assert answer.text == "hello"
            assert "server" not in answer.headers
        with pytest.raises(httpx.ConnectError):
            await http.get(f"{base}/")


def test_a_wildcard_is_reached_over_loopback() -> None:
    with socket.create_server(("0.0.0.0", 0)) as listener:  # noqa: S104  nothing answers there
        assert _address(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_an_ipv6_address_can_be_reached(app: Starlette) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        async with serve(app, "::1", 0) as base, httpx.AsyncClient() as http:
            assert base.startswith("http://[::1]:")
            assert (await http.get(base)).text == "hello"
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        pytest.skip("no IPv6 loopback here")


async def test_a_port_that_is_taken_is_an_error_that_says_so(app: Starlette) -> None:
    async with serve(app, "127.0.0.1", 0) as base:
        port = urlsplit(base).port
        assert port is not None
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1 port {port}") as taken:
            async with serve(app, "127.0.0.1", port):
                pytest.fail("two listened on one port")
        assert taken.value.errno == errno.EADDRINUSE


async def test_a_port_is_free_again_at_once(app: Starlette) -> None:
    async with serve(app, "127.0.0.1", 0) as base, httpx.AsyncClient() as http:
        await http.get(base)
    port = urlsplit(base).port
    assert port is not None
    async with serve(app, "127.0.0.1", port) as again:
        assert again == base


async def test_signals_stay_the_callers(app: Starlette) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    try:
        async with serve(app, "127.0.0.1", 0) as base, httpx.AsyncClient() as http:
            os.kill(os.getpid(), signal.SIGTERM)
            async with asyncio.timeout(10):
                await stop.wait()
            assert (await http.get(base)).text == "hello"
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)


async def test_an_answer_under_way_is_finished() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_request: Request) -> Response:
        begun.set()
        await go_on.wait()
        return PlainTextResponse("finished")

    async with httpx.AsyncClient() as http:
        async with serve(Starlette(routes=[Route("/", slow)]), "127.0.0.1", 0) as base:
            answer = asyncio.create_task(http.get(base))
            await begun.wait()
            asyncio.get_running_loop().call_later(0.05, go_on.set)
        assert (await answer).text == "finished"


async def test_an_answer_that_hangs_is_cut_off() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def hang(_request: Request) -> Response:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return PlainTextResponse("never")

    app = Starlette(routes=[Route("/", hang)])
    async with httpx.AsyncClient() as http, asyncio.timeout(20):
        async with serve(app, "127.0.0.1", 0, stop_seconds=0) as base:
            answer = asyncio.create_task(http.get(base))
            await begun.wait()
        assert cancelled.is_set()
        assert (await answer).status_code == 500


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    async def flood(_request: Request) -> Response:
        return PlainTextResponse(bytes(50_000_000))

    app = Starlette(routes=[Route("/", flood)])
    async with asyncio.timeout(20):
        async with serve(app, "127.0.0.1", 0, stop_seconds=0) as base:
            port = urlsplit(base).port
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await reader.readline()
        received = 0
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(1_000_000):
                received += len(piece)
        assert received < 50_000_000  # the rest was not kept waiting for a reader
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_the_error_of_the_context_comes_through(app: Starlette) -> None:
    base = ""
    with pytest.raises(ZeroDivisionError):
        async with serve(app, "127.0.0.1", 0) as base:
            raise ZeroDivisionError
    async with httpx.AsyncClient() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(base)
