import base64
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.capabilities.stylize import Stylize, sides
from bot.errors import BadValue
from bot.media.fit import VENDOR
from bot.miaohua.stylization import MAX_BASE64, StylizationRequest
from tests.capabilities.workshop import PHOTO, PUBLIC, Workshop, open_workshop, task_of

STYLIZE = Stylize()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("watercolour", {"model_id": "style_watercolor", "samples": 1, "format": "JPG"}),
        ("水彩", {"model_id": "style_watercolor", "samples": 1, "format": "JPG"}),
        ("pixel art --n 3", {"model_id": "style_pixel", "samples": 3, "format": "JPG"}),
        ("--n 2 Pop art --png", {"model_id": "style_pop_art", "samples": 2, "format": "PNG"}),
        (
            '--style "oil painting" --logo default',
            {"model_id": "style_oil", "samples": 1, "format": "JPG", "watermark_config": {"type": "Default"}},
        ),
        ("ink --size 960", {"model_id": "style_ink", "samples": 1, "format": "JPG", "width": 960, "height": 720}),
    ],
)
async def test_what_is_typed_reaches_the_vendor(workshop: Workshop, line: str, said: dict[str, Any]) -> None:
    workshop.size = (400, 300)
    sent = await workshop.order(STYLIZE, await workshop.settle(STYLIZE, line))
    assert sent.pop("img_url").startswith(PUBLIC)
    assert sent == said
    assert workshop.fetched == ["a-photo"]
    assert workshop.notes == ()


def test_a_style_is_asked_for() -> None:
    answers = {**STYLIZE.start({}), "photo": PHOTO}
    asked = STYLIZE.missing_option(answers)
    assert asked is STYLIZE.option("style")
    assert STYLIZE.missing_option({**answers, "style": {"name": "ink"}}) is None


async def test_the_styles_are_those_of_the_vendor(workshop: Workshop) -> None:
    offered = await STYLIZE.choices("style", STYLIZE.start({}), workshop.studio)
    assert [choice.id for choice in offered][:2] == ["style_watercolor", "style_comic"]
    assert len(offered) == 10


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("baroque", "<b>Style</b>: there is no “baroque”. There are: 水彩 Watercolour · 漫画 Comic"),
        ("--style pixel art", "do not know what to do with “art”"),
        ("ink --size 639", "640–6000"),
        ("ink --n 9", "1–8"),
    ],
)
async def test_what_does_not_fit_is_refused_with_what_does(workshop: Workshop, line: str, says: str) -> None:
    with pytest.raises(BadValue) as refusal:
        await workshop.settle(STYLIZE, line)
    assert says in str(refusal.value)


@pytest.mark.parametrize("line", ["ink", "ink --size 1024"])
async def test_without_a_public_link_the_photo_goes_along(tmp_path: Path, line: str) -> None:
    async with open_workshop(tmp_path, is_public=False) as workshop:
        request = await workshop.settle(STYLIZE, line)
        sent = await workshop.order(STYLIZE, request)
    assert "img_url" not in sent
    assert sent["img_base64"].startswith("data:image/jpeg;base64,")
    assert (sent.get("width"), sent.get("height")) == ((1024, 1024) if "size" in line else (None, None))


async def test_a_photo_that_goes_along_is_fitted_to_what_the_vendor_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_workshop(tmp_path, is_public=False) as workshop:
        monkeypatch.setattr(workshop.studio.inputs, "_fetch", noisy)
        orders: list[StylizationRequest] = []

        async def submit(_family: object, order: StylizationRequest) -> str:
            orders.append(order)
            return "an id"

        monkeypatch.setattr("bot.miaohua.stylization.Stylization.submit", submit)
        request = await workshop.settle(STYLIZE, "ink")
        prepared = await STYLIZE.prepare(task_of(STYLIZE, request), workshop.studio)
        assert await prepared.submit() == "an id"
    [order] = orders
    assert order.img_base64 is not None
    assert len(order.img_base64) <= MAX_BASE64 < 4 / 3 * len(await noisy("a-photo")) < 4 / 3 * VENDOR.max_bytes
    sent = base64.b64decode(order.img_base64.partition(",")[2])
    with Image.open(io.BytesIO(sent)) as picture:
        picture.load()
        assert picture.width * 7 == picture.height * 10


async def test_a_photo_that_was_changed_is_said_to_be(tmp_path: Path) -> None:
    for is_public in (True, False):
        async with open_workshop(tmp_path, is_public=is_public) as workshop:
            workshop.size = (100, 100)
            await workshop.order(STYLIZE, await workshop.settle(STYLIZE, "ink --size 800"))
            [note] = workshop.notes
            assert "enlarged from 100×100 to 256×256 pixels" in note


async def test_a_size_that_the_photo_cannot_have_is_refused_before_the_order(workshop: Workshop) -> None:
    workshop.size = (900, 300)
    request = await workshop.settle(STYLIZE, "ink --size 1919")
    with pytest.raises(BadValue, match=r"For this picture --size needs at least 1920"):
        await workshop.order(STYLIZE, request)
    sent = await workshop.order(STYLIZE, {**request, "size": 1920})
    assert (sent["width"], sent["height"]) == (1920, 640)
    workshop.size = (3000, 300)
    with pytest.raises(BadValue, match="too long and narrow to choose a size"):
        await workshop.order(STYLIZE, request)
    assert len(workshop.vendor.tasks.all()) == 1


@given(longer=st.integers(640, 6000), photo=st.tuples(st.integers(256, 6000), st.integers(256, 6000)))
def test_a_size_is_in_the_photos_ratio_or_refused(longer: int, photo: tuple[int, int]) -> None:
    try:
        width, height = sides(longer, photo)
    except BadValue:
        assert longer * min(photo) < 640 * max(photo)
        return
    assert max(width, height) == longer
    order = StylizationRequest.build(model_id="m", img_url="https://studio.test/p.jpg", width=width, height=height)
    order.check_ratio(*photo)


async def test_it_is_said_what_was_done(workshop: Workshop) -> None:
    request = await workshop.settle(STYLIZE, "水墨 --n 4")
    assert STYLIZE.caption(request, []).plain("en") == "🖌 水墨 Ink wash"
    assert STYLIZE.kind(request) == "stylize:style_ink:4"
    assert STYLIZE.pictures(request) == 4


async def noisy(_file_id: str) -> bytes:
    """Give a picture of more bytes than go into a request as text, and fewer than go behind a link."""
    held = io.BytesIO()
    Image.effect_noise((3000, 2100), 90).convert("RGB").save(held, "JPEG", quality=95)
    return held.getvalue()
