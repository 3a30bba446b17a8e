import io
from typing import Any

import httpx
import pytest
from PIL import Image

from bot.sandbox.vendor.links import Links

V04 = "cq71d1kq0d02r73hadf0"


async def links(api: httpx.AsyncClient, clock: Any, **fields: object) -> dict[str, str]:
    body = {"model_id": V04, "prompt": "a fox in the snow", "width": 640, "height": 768, "seed": 5, **fields}
    task_id = (await api.post("/v1/imgenstd/imgen", json=body)).json()["task_id"]
    clock.now += 1000
    image: dict[str, str] = (await api.get(f"/v1/imgenstd/result/{task_id}")).json()["images"][0]
    return image


async def fetch(url: str, api: httpx.AsyncClient) -> httpx.Response:
    return await api.get(url, headers={"authorization": "", "content-type": ""})


@pytest.mark.parametrize(("name", "kind", "media"), [("JPG", "JPEG", "image/jpeg"), ("PNG", "PNG", "image/png")])
async def test_the_format_is_the_ordered_one(
    api: httpx.AsyncClient,
    clock: Any,
    name: str,
    kind: str,
    media: str,
) -> None:
    found = await links(api, clock, format=name)
    for size, expected in (("raw", (640, 768)), ("small", (427, 512))):
        answer = await fetch(found[size], api)
        assert answer.headers["content-type"] == media
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert (picture.format, picture.size) == (kind, expected)


async def test_a_picture_stays_the_same(api: httpx.AsyncClient, clock: Any) -> None:
    found = await links(api, clock)
    assert (await fetch(found["small"], api)).content == (await fetch(found["small"], api)).content


async def test_links_expire_and_are_signed_anew(api: httpx.AsyncClient, clock: Any) -> None:
    found = await links(api, clock)
    task_id = found["small"].split("/")[4]
    clock.now += 59
    assert (await fetch(found["small"], api)).status_code == 200
    clock.now += 1
    assert (await fetch(found["small"], api)).status_code == 403
    again = (await api.get(f"/v1/imgenstd/result/{task_id}")).json()["images"][0]
    assert (await fetch(again["small"], api)).status_code == 200


async def test_links_cannot_be_altered(api: httpx.AsyncClient, clock: Any) -> None:
    url = (await links(api, clock))["small"]
    for altered in (url.replace("/0/small", "/1/small"), url.replace("expires=1", "expires=2"), url.split("?")[0]):
        assert (await fetch(altered, api)).status_code == 403


def test_each_stand_in_has_its_own_key() -> None:
    signed = Links(60).sign("/pictures/x", 0)
    query = dict(part.split("=") for part in signed.split("?")[1].split("&"))
    assert Links(60).check("/pictures/x", query, 0) == "SignatureDoesNotMatch"


def test_a_signature_of_strange_letters() -> None:
    assert Links(60).check("/pictures/x", {"expires": "9", "signature": "é狐"}, 0) == "SignatureDoesNotMatch"
