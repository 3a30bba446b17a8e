from pathlib import Path
from typing import Any

import pytest

from bot.capabilities.upscale import Upscale
from bot.errors import BadValue, Unavailable
from bot.sandbox.vendor.faults import Fault
from tests.capabilities.workshop import PUBLIC, Workshop, open_workshop

UPSCALE = Upscale()
MODEL = "super_resolution_v1"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", {"hd_ratio": 2.0, "format": "JPG"}),
        ("3", {"hd_ratio": 3.0, "format": "JPG"}),
        ("1.5 --png", {"hd_ratio": 1.5, "format": "PNG"}),
        (
            f"--ratio 2.5 --logo maka --model {MODEL}",
            {"hd_ratio": 2.5, "format": "JPG", "watermark_config": {"type": "MakaLogo"}},
        ),
    ],
)
async def test_what_is_typed_reaches_the_vendor(workshop: Workshop, line: str, said: dict[str, Any]) -> None:
    sent = await workshop.order(UPSCALE, await workshop.settle(UPSCALE, line))
    assert sent.pop("img_url").startswith(PUBLIC)
    assert sent == {"model_id": MODEL, **said}
    assert workshop.notes == ()


@pytest.mark.parametrize(
    ("size", "note"),
    [
        ((2400, 1200), "scaled down from 2400×1200 to 2000×1000 pixels"),
        ((200, 100), "enlarged from 200×100 to 512×256 pixels"),
    ],
)
async def test_a_photo_that_the_vendor_would_not_enlarge_is_fitted_and_that_is_said(
    workshop: Workshop, size: tuple[int, int], note: str
) -> None:
    workshop.size = size
    await workshop.order(UPSCALE, await workshop.settle(UPSCALE))
    [said] = workshop.notes
    assert note in said


@pytest.mark.parametrize("line", ["1", "3.01", "twice", "2 --ratio 3", "--model photoshop"])
async def test_what_does_not_fit_is_refused_before_anything_is_sent(workshop: Workshop, line: str) -> None:
    with pytest.raises(BadValue):
        await workshop.settle(UPSCALE, line)
    assert workshop.fetched == []


async def test_a_photo_needs_a_link_and_a_result_has_one(tmp_path: Path) -> None:
    async with open_workshop(tmp_path, is_public=False) as workshop:
        with pytest.raises(Unavailable, match="PUBLIC_URL"):
            await workshop.settle(UPSCALE)
        result = {"task": 1, "index": 0}
        assert (await workshop.settle(UPSCALE, photo=result))["photo"] == result


async def test_a_vendor_without_models_is_out_of_service(workshop: Workshop) -> None:
    workshop.vendor.faults.add(Fault(on="models", times=9, status=200, body='{"have_next": false, "data": []}'))
    with pytest.raises(Unavailable, match="no models"):
        await workshop.settle(UPSCALE)


async def test_it_is_said_what_was_done(workshop: Workshop) -> None:
    request = await workshop.settle(UPSCALE, "2.5")
    assert UPSCALE.caption(request, []).plain("en") == "🔍 ×2.5 · 超分辨率 Super resolution"
    assert UPSCALE.kind(request) == f"upscale:{MODEL}:2.5"
    assert UPSCALE.pictures(request) == 1
