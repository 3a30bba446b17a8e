from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from bot.web.server import serve

if TYPE_CHECKING:
    from tests.web.conftest import Surroundings


@pytest.mark.parametrize(
    ("extension", "content_type"), [("jpg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp")]
)
async def test_a_signed_link_shows_its_picture(
    around: "Surroundings", http: httpx.AsyncClient, extension: str, content_type: str
) -> None:
    name = await around.shelf.put("t17", 0, b"a picture", extension)
    url = around.links.sign(name, 2000)
    answer = await http.get(url)
    assert (answer.status_code, answer.content) == (200, b"a picture")
    assert answer.headers["content-type"] == content_type
    assert answer.headers["content-length"] == "9"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private"
    head = await http.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == "9"


async def test_forged_expired_and_gone_are_answered_alike(around: "Surroundings", http: httpx.AsyncClient) -> None:
    name = await around.shelf.put("t17", 0, b"a picture", "jpg")
    good, expired, gone = (
        around.links.sign(name, 2000),
        around.links.sign(name, 1000),
        around.links.sign("t18-0.jpg", 2000),
    )
    answers = [await http.get(url) for url in (good[:-2] + "xx", expired, gone, "/media/x", "/nowhere")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, "Not Found")}
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert (await http.get(good)).status_code == 200


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd", "..", "", "t17-0.jpg/../../secret.jpg"])
async def test_not_even_a_signature_leads_out_of_the_shelf(
    around: "Surroundings", http: httpx.AsyncClient, tmp_path: Path, name: str
) -> None:
    await around.shelf.put("t17", 0, b"a picture", "jpg")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    assert (await http.get(around.links.sign(name, 2000))).status_code == 404


@pytest.mark.parametrize("path", ["/media/../secret.jpg", "/media/..%2fsecret.jpg", "/media/", "/media", "/media/a/b"])
async def test_no_path_leads_out_of_the_shelf(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 404


async def test_a_directory_is_no_picture(around: "Surroundings", http: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "media" / "t17-0.jpg").mkdir(parents=True)
    assert (await http.get(around.links.sign("t17-0.jpg", 2000))).status_code == 404


async def test_a_large_picture_comes_whole_over_a_real_port(around: "Surroundings") -> None:
    picture = bytes(range(256)) * 20_000
    url = around.links.sign(await around.shelf.put("t17", 0, picture, "png"), 2000)
    async with serve(around.app(), "127.0.0.1", 0) as base, httpx.AsyncClient(base_url=base) as client:
        assert (await client.get(httpx.URL(url).path)).content == picture
