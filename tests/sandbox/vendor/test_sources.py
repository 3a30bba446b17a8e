import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from PIL import Image

from bot.sandbox.vendor import sources
from bot.sandbox.vendor.errors import Refused
from bot.sandbox.vendor.sources import Sources

URL = "http://127.0.0.1:9/a.png"


def holding(content: bytes, status: int = 200) -> Sources:
    return Sources(httpx.MockTransport(lambda _request: httpx.Response(status, content=content)))


async def refusal(held: Sources, url: str = URL) -> str:
    with pytest.raises(Refused) as caught:
        await held.fetch("img_url", url)
    assert caught.value.code == 3
    assert caught.value.message.startswith("img_url: ")
    return caught.value.message


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP"])
async def test_usual_formats_are_taken(make_picture: Callable[..., bytes], name: str) -> None:
    source = await holding(make_picture(300, 400, name)).fetch("img_url", URL)
    assert source.content


@pytest.mark.parametrize("name", ["GIF", "BMP", "TIFF"])
async def test_other_formats_are_not(make_picture: Callable[..., bytes], name: str) -> None:
    assert "jpg" in await refusal(holding(make_picture(300, 300, name)))


@pytest.mark.parametrize(("width", "height"), [(256, 256), (256, 6000), (6000, 256)])
async def test_sides_within_the_bounds(make_picture: Callable[..., bytes], width: int, height: int) -> None:
    source = await holding(make_picture(width, height)).fetch("img_url", URL)
    assert source.size == (width, height)


@pytest.mark.parametrize(("width", "height"), [(255, 300), (300, 255), (6001, 300), (300, 6001)])
async def test_sides_out_of_bounds(make_picture: Callable[..., bytes], width: int, height: int) -> None:
    assert "256x256" in await refusal(holding(make_picture(width, height)))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("limit", [40_000, 60_000])
async def test_bombs_are_refused(
    make_picture: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    content = make_picture(6100, 15)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    await refusal(holding(content))


@pytest.mark.parametrize(("size", "ok"), [(sources.BIGGEST_BYTES - 1, True), (sources.BIGGEST_BYTES, False)])
async def test_bytes_below_8_mb(make_picture: Callable[..., bytes], size: int, *, ok: bool) -> None:
    padded = make_picture(300, 300, "JPEG").ljust(size, b"\0")
    if ok:
        source = await holding(padded).fetch("img_url", URL)
        assert source.content
    else:
        assert "8 MB" in await refusal(holding(padded))


@pytest.mark.parametrize("content", [b"", b"no picture", b"<svg/>"])
async def test_what_is_no_picture(content: bytes) -> None:
    assert "jpg" in await refusal(holding(content))


async def test_a_picture_that_breaks_off(make_picture: Callable[..., bytes]) -> None:
    whole = make_picture(300, 300)
    assert "jpg" in await refusal(holding(whole[: len(whole) // 2]))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.png",
        "http://10.0.0.1/a.png",
        "http://localhost.example.com/a.png",
        "https://mhapi.sensetime.com/a.png",
        "ftp://127.0.0.1/a.png",
        "file:///etc/passwd",
        "127.0.0.1/a.png",
        "http://[::1/a.png",
        "a.png",
    ],
)
async def test_this_machine_only(make_picture: Callable[..., bytes], url: str) -> None:
    assert "reachable" in await refusal(holding(make_picture()), url)


@pytest.mark.parametrize("host", ["127.0.0.1:9", "127.9.9.9", "localhost:9", "[::1]:9"])
async def test_every_name_of_this_machine(make_picture: Callable[..., bytes], host: str) -> None:
    source = await holding(make_picture()).fetch("img_url", f"http://{host}/a.png")
    assert source.content


@pytest.mark.parametrize("status", [302, 403, 404, 500])
async def test_only_a_plain_answer_counts(make_picture: Callable[..., bytes], status: int) -> None:
    assert f"HTTP {status}" in await refusal(holding(make_picture(), status))


async def test_a_server_that_is_not_there() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    assert "ConnectError" in await refusal(Sources(httpx.MockTransport(broken)))


async def test_a_server_that_dawdles(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    monkeypatch.setattr(sources, "FETCH_SECONDS", 0.01)
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, content=never()))
    assert "TimeoutError" in await refusal(Sources(transport))


async def test_a_bad_picture_costs_nothing(api: httpx.AsyncClient, web: dict[str, bytes]) -> None:
    web["/bad.png"] = b"no picture"
    body = {"model_id": "cq71d1kq0d02r73hadf0", "prompt": "a fox", "img_url": "http://127.0.0.1:9/bad.png"}
    answer = await api.post("/v1/imgenstd/imgen", json=body)
    assert answer.json()["error"]["code"] == 3
    assert (await api.get("/sandbox/orders")).json() == []


async def test_the_message_names_the_controlnets_picture(api: httpx.AsyncClient) -> None:
    config = {"type": "canny", "img_url": "http://127.0.0.1:9/a.png"}
    gone = {"type": "canny", "img_url": "http://127.0.0.1:9/gone.png"}
    body = {"model_id": "cq71d1kq0d02r73hadf0", "prompt": "a fox", "controlnet_configs": [config, gone]}
    answer = await api.post("/v1/imgenstd/imgen", json=body)
    assert answer.json()["error"]["message"].startswith("controlnet_configs.1.img_url")
