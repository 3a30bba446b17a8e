from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image, ImageChops

from bot.sandbox.vendor.app import create_app
from bot.sandbox.vendor.vendor import Vendor
from tests.sandbox.vendor.customer import Customer, Table, apart, mask_of, scenery, usual_list

MODEL = "split_v1"

IMGEN: Table = {
    "model_id": ([MODEL], ["", None, 1]),
    "img_url": ([], ["", None]),
    "hd_ratio": (
        ["1.01", "2", "3", "3.0", "1.5"],
        [1.5, 2, "1", "1.0", "3.01", "", "x", "2x", "-2", "1e0", " 2", "2\n", "nan", True, None],
    ),
    "format": (["JPG", "PNG"], ["png", ""]),
    "watermark_config": ([], [{}]),
    "samples": ([], [1]),
}


@pytest.fixture
def body(customer: Customer) -> dict[str, Any]:
    return {"model_id": MODEL, "img_url": customer.put("scene.png", scenery())}


@pytest.mark.parametrize("field", sorted(IMGEN))
async def test_fields(customer: Customer, body: dict[str, Any], field: str) -> None:
    await customer.check_table("split/imgen", body, IMGEN, field)


async def test_required(customer: Customer, body: dict[str, Any]) -> None:
    await customer.check_required("split/imgen", body, list(body))
    await customer.check_refused("split/imgen", body, [{"model_id": "super_resolution_v1"}], 5)
    assert usual_list(await customer.get("split/models")) == [MODEL]


@pytest.mark.parametrize(("kind", "size", "ok"), [("HEIF", 300, True), ("TIFF", 300, False), ("PNG", 2001, False)])
async def test_pictures(customer: Customer, body: dict[str, Any], kind: str, size: int, *, ok: bool) -> None:
    url = customer.put("other", scenery(size, 300), kind)
    assert (await customer.post("split/imgen", {**body, "img_url": url})).is_success is ok


async def test_what_is_cut_out_is_really_transparent(customer: Customer, body: dict[str, Any]) -> None:
    found = (await customer.ordered("split/imgen", {**body, "hd_ratio": "2"}))[0]
    assert (found.format, found.mode, found.size) == ("PNG", "RGBA", (640, 640))
    alpha = found.getchannel("A")
    ball = mask_of(640, 640, margin=0).convert("L").point(lambda level: 255 - level)
    wrong = ImageChops.difference(alpha.point(lambda level: 255 if level > 127 else 0), ball).histogram()[255]
    assert wrong < 0.06 * ball.histogram()[255]
    assert set(alpha.tobytes()) > {0, 255, 128} or len(set(alpha.tobytes())) > 20  # its edge is smooth
    assert apart(found.convert("RGB"), scenery(640, 640), ball) < 6


async def test_a_jpeg_is_on_white(customer: Customer, body: dict[str, Any]) -> None:
    found = (await customer.ordered("split/imgen", {**body, "format": "JPG"}))[0]
    assert (found.format, found.mode, found.size) == ("JPEG", "RGB", (480, 480))
    assert apart(found.crop((0, 0, 480, 150)), Image.new("RGB", (480, 150), "white")) < 2
    assert apart(found.crop((220, 220, 260, 260)), Image.new("RGB", (40, 40), (210, 50, 50))) < 8


async def test_a_picture_without_a_subject_gives_something(customer: Customer, body: dict[str, Any]) -> None:
    url = customer.put("plain.png", Image.new("RGB", (300, 300), "teal"))
    alpha = (await customer.ordered("split/imgen", {**body, "img_url": url}))[0].getchannel("A")
    share = sum(alpha.histogram()[128:]) / (alpha.width * alpha.height)
    assert 0.1 < share < 0.9


async def test_it_is_polled_in_batches_at_its_own_path(customer: Customer, body: dict[str, Any]) -> None:
    task_id = await customer.order("split/imgen", body)
    assert (await customer.get("split/results", {"task_ids": [task_id]}))["results"][0]["task_id"] == task_id
    assert (await customer.get("sup_res/results", {"task_ids": [task_id]})) == {"results": []}


async def test_the_batch_poll_can_be_missing(
    vendor: Vendor, customer: Customer, body: dict[str, Any], sign: Callable[..., str]
) -> None:
    vendor.split_batch = False
    transport = httpx.ASGITransport(create_app(vendor))
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=customer.api.headers) as api:
        old = Customer(api, customer.clock, customer.web)
        task_id = await old.order("split/imgen", body)
        answer = await api.request("GET", "/v1/split/results", json={"task_ids": [task_id]})
        assert (answer.status_code, answer.json()["error"]["code"]) == (501, 12)
        assert (await old.get(f"split/result/{task_id}"))["state"] == "PENDING"
