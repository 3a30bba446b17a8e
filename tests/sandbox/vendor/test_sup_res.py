from typing import Any

import pytest
from PIL import Image

from tests.sandbox.vendor.customer import Customer, Table, apart, scenery, usual_list

MODEL = "super_resolution_v1"

IMGEN: Table = {
    "model_id": ([MODEL], ["", None, 1]),
    "img_url": ([], ["", None, 1]),
    "hd_ratio": ([1.01, 2, 3, 3.0], [1, 1.0, 3.01, "2", True, None]),
    "format": (["JPG", "PNG"], ["jpg", ""]),
    "watermark_config": ([{}, {"type": "MakaLogo"}], [{"type": ""}, None]),
    "samples": ([], [1]),
}


@pytest.fixture
def body(customer: Customer) -> dict[str, Any]:
    return {"model_id": MODEL, "img_url": customer.put("scene.png", scenery())}


@pytest.mark.parametrize("field", sorted(IMGEN))
async def test_fields(customer: Customer, body: dict[str, Any], field: str) -> None:
    await customer.check_table("sup_res/imgen", body, IMGEN, field)


async def test_required(customer: Customer, body: dict[str, Any]) -> None:
    await customer.check_required("sup_res/imgen", body, list(body))
    await customer.check_refused("sup_res/imgen", body, [{"model_id": "erase_v0.1"}], 5)
    assert usual_list(await customer.get("sup_res/models")) == [MODEL]


@pytest.mark.parametrize(
    ("size", "ok"),
    [((256, 256), True), ((2000, 2000), True), ((2001, 300), False), ((300, 2001), False), ((255, 300), False)],
)
async def test_sides_of_at_most_2000(
    customer: Customer, body: dict[str, Any], size: tuple[int, int], *, ok: bool
) -> None:
    url = customer.put("other.png", Image.new("RGB", size))
    assert (await customer.post("sup_res/imgen", {**body, "img_url": url})).is_success is ok


@pytest.mark.parametrize(("kind", "ok"), [("HEIF", True), ("WEBP", True), ("TIFF", False), ("GIF", False)])
async def test_formats(customer: Customer, body: dict[str, Any], kind: str, *, ok: bool) -> None:
    url = customer.put("other", scenery(), kind)
    assert (await customer.post("sup_res/imgen", {**body, "img_url": url})).is_success is ok


@pytest.mark.parametrize(
    ("ratio", "expected"), [({}, (450, 385)), ({"hd_ratio": 2}, (600, 514)), ({"hd_ratio": 3.0}, (900, 771))]
)
async def test_it_is_enlarged(
    customer: Customer, body: dict[str, Any], ratio: dict[str, float], expected: tuple[int, int]
) -> None:
    url = customer.put("odd.png", scenery(300, 257))  # 257 x 1.5 is 385.5, and a half goes up
    expected = (expected[0], 386) if not ratio else expected
    found = await customer.ordered("sup_res/imgen", {**body, "img_url": url, "format": "PNG", **ratio})
    assert [picture.size for picture in found] == [expected]
    assert apart(found[0].resize((300, 257), Image.Resampling.BOX), scenery(300, 257)) < 3


async def test_the_biggest(customer: Customer, body: dict[str, Any]) -> None:
    url = customer.put("big.png", scenery(2000, 400))
    found = await customer.ordered("sup_res/imgen", {**body, "img_url": url, "hd_ratio": 3})
    assert found[0].size == (6000, 1200)
    small = await customer.ordered("sup_res/imgen", {**body, "img_url": url, "hd_ratio": 3}, "small")
    assert small[0].size == (512, 102)
