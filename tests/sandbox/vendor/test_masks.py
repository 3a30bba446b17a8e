import random
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFilter

from tests.sandbox.vendor.customer import Customer, mask_of, scenery


async def send(customer: Customer, mask: Image.Image, kind: str = "PNG", **options: Any) -> tuple[int, str]:
    """Order with a mask; return the code, 0 where it is taken, and the message."""
    body = {
        "model_id": "erase_v0.1",
        "img_url": customer.put("scene.png", scenery()),
        "mask_img_url": customer.put("mask", mask, kind, **options),
    }
    answer = await customer.post("erase/imgen", body)
    error = answer.json().get("error", {"code": 0, "message": ""})
    return error["code"], error["message"]


def speckled(share: float) -> Image.Image:
    """A mask with a share of grey pixels."""
    mask = mask_of().convert("L")
    chance = random.Random(1)
    for place in chance.sample(range(320 * 320), round(share * 320 * 320)):
        mask.putpixel((place % 320, place // 320), 128)
    return mask


@pytest.mark.parametrize(
    ("size", "ok"),
    [((320, 320), True), ((640, 640), True), ((323, 320), True), ((324, 320), False), ((320, 330), False)],
)
async def test_the_ratio_may_be_off_by_one_per_cent(customer: Customer, size: tuple[int, int], *, ok: bool) -> None:
    code, message = await send(customer, mask_of(*size))
    assert (code, "aspect ratio" in message) == ((0, False) if ok else (3, True))


@pytest.mark.parametrize(("share", "ok"), [(0, True), (0.045, True), (0.055, False), (1, False)])
async def test_a_mask_is_black_and_white(customer: Customer, share: float, *, ok: bool) -> None:
    code, message = await send(customer, speckled(share))
    assert (code, "black and white" in message) == ((0, False) if ok else (3, True))


@pytest.mark.parametrize("quality", [60, 95])
async def test_jpeg_blurs_are_tolerated(customer: Customer, quality: int) -> None:
    assert await send(customer, mask_of(), "JPEG", quality=quality) == (0, "")


async def test_smooth_edges_are_tolerated(customer: Customer) -> None:
    assert await send(customer, mask_of().filter(ImageFilter.GaussianBlur(1.5))) == (0, "")


@pytest.mark.parametrize("tint", ["red", "yellow", (0, 0, 255), (128, 128, 128)])
async def test_colours_are_not(customer: Customer, tint: Any) -> None:
    mask = mask_of()
    ImageDraw.Draw(mask).rectangle((0, 0, 319, 60), tint)
    assert (await send(customer, mask))[0] == 3


async def test_something_is_black(customer: Customer) -> None:
    code, message = await send(customer, Image.new("RGB", (320, 320), "white"))
    assert (code, message) == (3, "mask_img_url: nothing is black")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA"])
async def test_every_mode_of_a_png_is_read(customer: Customer, mode: str) -> None:
    assert await send(customer, mask_of().convert(mode)) == (0, "")


async def test_what_is_transparent_is_white(customer: Customer) -> None:
    clear = Image.new("RGBA", (320, 320), (0, 0, 0, 0))
    assert (await send(customer, clear))[1] == "mask_img_url: nothing is black"
