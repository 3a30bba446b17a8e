from typing import Any

import pytest
from PIL import Image, ImageChops

from tests.sandbox.vendor.customer import (
    Customer,
    Table,
    apart,
    ball_box,
    colour_at,
    mask_of,
    most_apart,
    people,
    scenery,
    usual_list,
)

WATERMARKS: tuple[list[Any], list[Any]] = ([{}, {"type": "Default"}, {"type": "MakaLogo"}], [{"type": ""}, None, "x"])

IMGEN: Table = {
    "model_id": (["erase_v0.1"], ["", " ", None, 1]),
    "samples": ([1, 8], [0, 9, 1.0, "1", True, None]),
    "img_url": ([], ["", None, 1, "no address"]),
    "mask_img_url": ([], ["", None, 1, "no address"]),
    "mask_type": (["free", "smear", "box", "circle", "line", "point"], ["", "Free", "lasso", None]),
    "format": (["JPG", "PNG"], ["", "jpg", "WEBP", None]),
    "watermark_config": WATERMARKS,
    "prompt": ([], ["a fox"]),
}
CUTOUT: Table = {
    "model_id": (["erase_v0.1"], ["", None]),
    "mask_type": (["smear", "box", "circle", "line", "point"], ["", "free", None]),
    "format": (["JPG", "PNG"], ["", "png"]),
    "watermark_config": WATERMARKS,
    "samples": ([], [1]),
}


@pytest.fixture
def body(customer: Customer) -> dict[str, Any]:
    return {
        "model_id": "erase_v0.1",
        "img_url": customer.put("scene.png", scenery()),
        "mask_img_url": customer.put("mask.png", mask_of()),
    }


@pytest.mark.parametrize("field", sorted(IMGEN))
async def test_fields(customer: Customer, body: dict[str, Any], field: str) -> None:
    await customer.check_table("erase/imgen", body, IMGEN, field)


@pytest.mark.parametrize("field", sorted(CUTOUT))
async def test_fields_of_cutout(customer: Customer, body: dict[str, Any], field: str) -> None:
    await customer.check_table("erase/cutout", body, CUTOUT, field)


@pytest.mark.parametrize("path", ["erase/imgen", "erase/cutout"])
async def test_required(customer: Customer, body: dict[str, Any], path: str) -> None:
    await customer.check_required(path, body, ["model_id", "img_url", "mask_img_url"])
    await customer.check_refused(path, body, [{"model_id": "super_resolution_v1"}], 5)


async def test_models(customer: Customer) -> None:
    answer = await customer.get("erase/models")
    assert usual_list(answer) == ["erase_v0.1"]
    assert set(answer["data"][0]) == {"id", "name", "description"}


async def test_only_the_black_area_changes(customer: Customer, body: dict[str, Any]) -> None:
    before, after = scenery(), (await customer.ordered("erase/imgen", {**body, "format": "PNG"}))[0]
    kept = mask_of().convert("L")
    assert after.size == before.size
    assert most_apart(before, after, kept) == 0
    left, top, right, bottom = ball_box(*before.size)
    _, green, _ = colour_at(after, (left + right) // 2, (top + bottom) // 2)
    assert green > 120  # the ball was red: sky or meadow is where it was


async def test_outside_a_jpeg_changes_by_its_compression_only(customer: Customer, body: dict[str, Any]) -> None:
    after = (await customer.ordered("erase/imgen", body))[0]
    far = mask_of(box=(60, 60, 260, 260)).convert("L")
    assert after.format == "JPEG"
    assert apart(scenery(), after, far) < 2


async def test_samples_are_of_the_inputs_size(customer: Customer, body: dict[str, Any]) -> None:
    url = customer.put("wide.png", scenery(600, 300))
    mask = customer.put("widemask.png", mask_of(600, 300))
    found = await customer.ordered("erase/imgen", {**body, "img_url": url, "mask_img_url": mask, "samples": 3})
    assert [picture.size for picture in found] == [(600, 300)] * 3


async def test_a_mask_may_be_of_another_size(customer: Customer, body: dict[str, Any]) -> None:
    small = customer.put("small.png", mask_of(256, 256))
    after = (await customer.ordered("erase/imgen", {**body, "mask_img_url": small, "format": "PNG"}))[0]
    assert most_apart(scenery(), after, mask_of(box=(100, 100, 220, 220)).convert("L")) == 0


async def test_a_watermark_is_printed_where_it_is_asked_for(customer: Customer, body: dict[str, Any]) -> None:
    fields = {**body, "format": "PNG"}
    plain = (await customer.ordered("erase/imgen", fields))[0]
    marked = (await customer.ordered("erase/imgen", {**fields, "watermark_config": {}}))[0]
    corner = (200, 280, 320, 320)
    assert apart(plain.crop(corner), marked.crop(corner)) > 2
    assert apart(plain.crop((0, 0, 100, 100)), marked.crop((0, 0, 100, 100))) == 0


def mark(kind: str) -> Image.Image:
    left, top, right, bottom = ball_box(320, 320)
    x, y = (left + right) // 2, (top + bottom) // 2
    boxes = {
        "smear": (x - 25, y - 8, x + 25, y + 8),
        "line": (x - 20, y - 2, x + 20, y + 2),
        "point": (x - 4, y - 4, x + 4, y + 4),
        "box": (left - 12, top - 12, right + 12, bottom + 12),
        "circle": (left - 12, top - 12, right + 12, bottom + 12),
    }
    return mask_of(box=boxes[kind])


@pytest.mark.parametrize("kind", ["smear", "box", "circle", "line", "point"])
async def test_a_mark_becomes_the_things_mask(customer: Customer, body: dict[str, Any], kind: str) -> None:
    url = customer.put("mark.png", mark(kind))
    order = {**body, "mask_img_url": url, "mask_type": kind, "format": "PNG"}
    found = (await customer.ordered("erase/cutout", order))[0]
    assert found.size == (320, 320)
    assert set(found.convert("L").tobytes()) == {0, 255}
    expected = mask_of(margin=2).convert("L")
    wrong = ImageChops.difference(found.convert("L"), expected).histogram()[255]
    assert wrong < 0.1 * expected.histogram()[0]


@pytest.mark.parametrize("place", [(320, 400), (540, 300)])
async def test_a_smear_over_a_person_finds_the_face(
    customer: Customer, body: dict[str, Any], place: tuple[int, int]
) -> None:
    x, y = place
    url = customer.put("people.png", people(3, (1080, 720)))
    rough = customer.put("rough.png", mask_of(1080, 720, (x - 20, y - 20, x + 20, y + 20)))
    found = (await customer.ordered("erase/cutout", {**body, "img_url": url, "mask_img_url": rough}))[0]
    black = found.convert("L").point(lambda level: 255 if level < 128 else 0)
    box = black.getbbox()
    assert box is not None
    assert box[0] <= x <= box[2]
    assert box[1] <= y <= box[3]
    assert black.histogram()[255] > 2 * 41 * 41


@pytest.mark.parametrize(("kind", "ok"), [("HEIF", True), ("TIFF", False), ("GIF", False)])
async def test_cutout_takes_heif(customer: Customer, body: dict[str, Any], kind: str, *, ok: bool) -> None:
    for field, picture in (("img_url", scenery()), ("mask_img_url", mask_of())):
        fields = {**body, field: customer.put("other", picture, kind)}
        assert (await customer.post("erase/cutout", fields)).is_success is ok
        assert (await customer.post("erase/imgen", fields)).is_success is False
