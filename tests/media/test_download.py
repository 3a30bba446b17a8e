import asyncio
import gzip
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from bot.media.download import Downloaded, DownloadError, Gone, TooLarge, Unreachable, download, is_alive

URL = "https://cdn.example/picture.png?signature=SECRET"


async def _fetch(answer: Callable[[httpx.Request], httpx.Response], url: str = URL, limit: int = 100) -> Downloaded:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        return await download(http, url, limit=limit, timeout=5)


async def test_a_picture_is_fetched() -> None:
    answer = httpx.Response(200, content=b"x" * 100, headers={"Content-Type": "Image/PNG; charset=binary"})
    assert await _fetch(lambda _: answer) == Downloaded(b"x" * 100, "image/png")


async def test_a_picture_without_a_type_is_fetched() -> None:
    assert await _fetch(lambda _: httpx.Response(200, content=b"x")) == Downloaded(b"x", "")


async def test_a_picture_that_has_moved_is_followed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "cdn.example":
            return httpx.Response(302, headers={"Location": "https://other.example/p.png"})
        return httpx.Response(200, content=b"moved")

    assert (await _fetch(answer)).data == b"moved"


async def test_reading_stops_where_the_limit_is_passed() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 60
            yield b"x" * 60

    with pytest.raises(TooLarge):
        await _fetch(lambda _: httpx.Response(200, content=endless()))
    assert sent == 120


async def test_nothing_is_unpacked_on_the_way() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["Accept-Encoding"])
        packed = gzip.compress(bytes(1_000_000))
        return httpx.Response(200, content=packed, headers={"Content-Encoding": "gzip"})

    with pytest.raises(Unreachable):
        await _fetch(answer, limit=10_000)
    assert asked == ["identity"]


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, Gone), (404, Gone), (410, Gone), (401, Unreachable), (500, Unreachable), (204, Unreachable)],
)
async def test_a_refusal_says_whether_the_link_is_dead(status: int, error: type[DownloadError]) -> None:
    with pytest.raises(error):
        await _fetch(lambda _: httpx.Response(status))


def _drop(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError(f"dropped {request.url}")


def _break_off(_request: httpx.Request) -> httpx.Response:
    async def body() -> AsyncIterator[bytes]:
        yield b"x"
        raise httpx.RemoteProtocolError("peer closed connection")

    return httpx.Response(200, content=body())


@pytest.mark.parametrize("answer", [_drop, _break_off])
async def test_a_lost_connection_is_unreachable(answer: Callable[[httpx.Request], httpx.Response]) -> None:
    with pytest.raises(Unreachable):
        await _fetch(answer)


@pytest.mark.parametrize("url", ["ftp://cdn.example/p.png", "not a url", "https://cdn.example:port/", ""])
async def test_what_is_no_address_is_unreachable(url: str) -> None:
    async with httpx.AsyncClient() as http:
        with pytest.raises(Unreachable):
            await download(http, url, limit=100, timeout=5)


async def test_the_whole_must_come_in_time() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=slow()))
    async with httpx.AsyncClient(transport=transport) as http:
        with pytest.raises(Unreachable, match="not within"):
            await download(http, URL, limit=100, timeout=0.05)


@pytest.mark.parametrize(
    "answer", [_drop, lambda _: httpx.Response(403), lambda _: httpx.Response(200, content=bytes(101))]
)
async def test_no_error_holds_the_links_signature(answer: Callable[[httpx.Request], httpx.Response]) -> None:
    with pytest.raises(DownloadError) as failed:
        await _fetch(answer)
    assert "SECRET" not in str(failed.value)
    assert failed.value.__cause__ is None


@pytest.mark.parametrize(
    ("status", "size", "alive"), [(200, 100, True), (200, 101, False), (403, 9, False), (404, 9, False)]
)
async def test_a_link_is_alive_where_it_leads_to_a_picture_of_the_size(status: int, size: int, *, alive: bool) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=bytes(size)))
    async with httpx.AsyncClient(transport=transport) as http:
        assert await is_alive(http, URL, limit=100) is alive


@pytest.mark.parametrize("url", [URL, "not a url", "https://cdn.example:port/"])
async def test_a_link_that_leads_nowhere_is_not_alive(url: str) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(_drop)) as http:
        assert not await is_alive(http, url, limit=100)
