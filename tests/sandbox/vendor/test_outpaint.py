from typing import Any

import pytest
from PIL import Image

from tests.sandbox.vendor.customer import Customer, Table, apart, scenery, usual_list

MODEL = "outpaint_v1"
POSITIONS = [
    "topleft", "topmiddle", "topright", "middleleft", "middle", "middleright", "bottomleft", "bottommiddle",
    "bottomright",
]  # fmt: skip

IMGEN: Table = {
    "model_id": ([MODEL], ["", None, 1]),
    "img_url": ([], ["", None, 1]),
    "samples": ([1, 8], [0, 9, 1.0, "1", None]),
    "outpaint_ratio": ([1.01, 2, 5], [1, 0.99, 5.01, True, "2", None]),
    "align_position": (POSITIONS, ["middlemiddle", "Middle", "left", None, 5]),
    "type": (POSITIONS, ["center", None]),
    "format": (["JPG", "PNG"], ["jpg", "", None]),
    "watermark_config": ([{}, {"type": "MakaLogo"}], [{"type": "maka"}, None]),
    "prompt": ([], ["a fox"]),
}
FREE: Table = {
    "model_id": ([MODEL], ["", None]),
    "img_url": ([], ["", None]),
    "samples": ([1, 8], [0, 9, True]),
    "height": ([640, 1000, 6000], [639, 6001, 640.0, "640", True, None]),
    "width": ([640, 1000, 6000], [639, 6001, 640.0, "640", None]),
    "free_x": ([0, 8, 100, 319], [-1, 6001, 1.0, True, None]),
    "free_y": ([0, 8, 100, 319], [-1, 6001, 1.0, None]),
    "format": (["JPG", "PNG"], ["TIFF"]),
    "watermark_config": ([{}], [None]),
    "outpaint_ratio": ([], [1.5]),
    "align_position": ([], ["middle"]),
}


@pytest.fixture
def body(customer: Customer) -> dict[str, Any]:
    return {"model_id": MODEL, "img_url": customer.put("scene.png", scenery())}


@pytest.fixture
def free(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "height": 640, "width": 704}


@pytest.mark.parametrize("field", sorted(IMGEN))
async def test_fields(customer: Customer, body: dict[str, Any], field: str) -> None:
    await customer.check_table("outpaint/imgen", body, IMGEN, field)


@pytest.mark.parametrize("field", sorted(FREE))
async def test_fields_of_a_free_canvas(customer: Customer, free: dict[str, Any], field: str) -> None:
    await customer.check_table("outpaint/imgen_free", free, FREE, field)


async def test_required(customer: Customer, free: dict[str, Any], body: dict[str, Any]) -> None:
    await customer.check_required("outpaint/imgen", body, list(body))
    await customer.check_required("outpaint/imgen_free", free, list(free))
    await customer.check_refused("outpaint/imgen", body, [{"model_id": "erase_v0.1"}], 5)
    assert usual_list(await customer.get("outpaint/models")) == [MODEL]


async def test_the_position_has_one_name_at_a_time(customer: Customer, body: dict[str, Any]) -> None:
    await customer.check_refused("outpaint/imgen", body, [{"align_position": "middle", "type": "middle"}])


@pytest.mark.parametrize(
    ("size", "ok"),
    [
        ({"width": 640, "height": 640}, True),
        ({"width": 640, "height": 646}, True),
        ({"width": 640, "height": 647}, False),
        ({"width": 6000, "height": 6000}, True),
        ({"width": 6001, "height": 6001}, False),
        ({"width": 639, "height": 639}, False),
        ({"width": 960}, False),
        ({"width": 640, "outpaint_ratio": 2}, True),
    ],
)
async def test_sizes_keep_the_ratio(
    customer: Customer, body: dict[str, Any], size: dict[str, Any], *, ok: bool
) -> None:
    assert (await customer.post("outpaint/imgen", {**body, **size})).is_success is ok


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (453, 384)),
        ({"outpaint_ratio": 1.25}, (378, 320)),  # 377.5: a half goes up
        ({"outpaint_ratio": 2, "height": 1536, "width": 1800}, (1800, 1536)),
    ],
)
async def test_the_canvas_grows(
    customer: Customer, body: dict[str, Any], fields: dict[str, Any], expected: tuple[int, int]
) -> None:
    url = customer.put("wide.png", scenery(302, 256))
    found = await customer.ordered("outpaint/imgen", {**body, "img_url": url, **fields})
    assert found[0].size == expected


async def test_the_longest_side_is_capped(customer: Customer, body: dict[str, Any]) -> None:
    url = customer.put("long.png", scenery(1400, 280))
    order = {**body, "img_url": url, "outpaint_ratio": 5, "align_position": "topleft"}
    found = (await customer.ordered("outpaint/imgen", order))[0]
    assert found.size == (6000, 1200)
    assert apart(found.crop((0, 0, 1200, 240)), scenery(1200, 240)) < 3


@pytest.mark.parametrize("name", ["align_position", "type"])
@pytest.mark.parametrize("position", POSITIONS)
async def test_the_original_lies_where_it_is_wanted(
    customer: Customer, body: dict[str, Any], position: str, name: str
) -> None:
    found = (await customer.ordered("outpaint/imgen", {**body, name: position, "format": "PNG"}))[0]
    assert found.size == (480, 480)
    left = 0 if "left" in position else 160 if "right" in position else 80
    top = 0 if "top" in position else 160 if "bottom" in position else 80
    assert found.crop((left, top, left + 320, top + 320)).tobytes() == scenery().tobytes()


async def test_what_is_beyond_goes_on_from_the_original(customer: Customer, body: dict[str, Any]) -> None:
    found = (await customer.ordered("outpaint/imgen", {**body, "format": "PNG"}))[0]
    sky, meadow = Image.new("RGB", (320, 40), (120, 180, 230)), Image.new("RGB", (320, 40), (90, 160, 80))
    assert apart(found.crop((80, 30, 400, 70)), sky) < 25
    assert apart(found.crop((80, 410, 400, 450)), meadow) < 25


async def test_samples_differ(customer: Customer, body: dict[str, Any]) -> None:
    one, other = await customer.ordered("outpaint/imgen", {**body, "samples": 2, "format": "PNG"})
    assert apart(one, other) > 0.1
    assert one.crop((80, 80, 400, 400)).tobytes() == other.crop((80, 80, 400, 400)).tobytes()


@pytest.mark.parametrize(
    ("fields", "ok"),
    [
        ({"width": 704, "free_x": 376}, True),
        ({"width": 704, "free_x": 384}, False),  # 320 + 384 is not less
        ({"width": 767, "free_x": 384}, False),  # 767 counts as 704
        ({"width": 704, "free_x": 383}, True),  # 383 counts as 376
        ({"height": 640, "free_y": 320}, False),
        ({"height": 640, "free_y": 312}, True),
        ({"width": 6000, "height": 6000, "free_x": 5624}, True),
        ({"width": 6000, "height": 6000, "free_x": 5632}, False),
    ],
)
async def test_a_free_canvas_is_greater(
    customer: Customer, free: dict[str, Any], fields: dict[str, Any], *, ok: bool
) -> None:
    answer = await customer.post("outpaint/imgen_free", {**free, **fields})
    assert answer.is_success is ok
    assert ok or answer.json()["error"]["code"] == 3


@pytest.mark.parametrize(
    ("fields", "size", "corner"),
    [
        ({}, (704, 640), (0, 0)),
        ({"free_x": 128, "free_y": 64}, (704, 640), (128, 64)),
        ({"width": 1000, "height": 700, "free_x": 131, "free_y": 9}, (960, 640), (128, 8)),
    ],
)
async def test_a_free_canvas_has_the_original_at_its_corner(
    customer: Customer, free: dict[str, Any], fields: dict[str, Any], size: tuple[int, int], corner: tuple[int, int]
) -> None:
    found = (await customer.ordered("outpaint/imgen_free", {**free, **fields, "format": "PNG"}))[0]
    assert found.size == size
    placed = found.crop((*corner, corner[0] + 320, corner[1] + 320))
    assert placed.tobytes() == scenery().tobytes()


@pytest.mark.parametrize("kind", ["TIFF", "HEIF", "WEBP", "JPEG"])
async def test_a_free_canvas_takes_more_formats(customer: Customer, free: dict[str, Any], kind: str) -> None:
    url = customer.put("other", scenery(), kind)
    assert (await customer.post("outpaint/imgen_free", {**free, "img_url": url})).is_success
    fixed = {"model_id": MODEL, "img_url": url}
    assert (await customer.post("outpaint/imgen", fixed)).is_success is (kind in {"WEBP", "JPEG"})


async def test_an_original_must_be_smaller_than_6000(customer: Customer, free: dict[str, Any]) -> None:
    url = customer.put("long.png", Image.new("RGB", (6000, 256)))
    answer = await customer.post("outpaint/imgen_free", {**free, "img_url": url})
    assert "5999" in answer.json()["error"]["message"]
