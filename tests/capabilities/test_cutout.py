from pathlib import Path
from typing import Any

import pytest

from bot.capabilities.cutout import Cutout
from bot.errors import BadValue, Unavailable
from tests.capabilities.workshop import PUBLIC, Workshop, open_workshop

CUTOUT = Cutout()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", {"hd_ratio": "1.5", "format": "PNG"}),
        ("--ratio 3", {"hd_ratio": "3.0", "format": "PNG"}),
        ("--jpg", {"hd_ratio": "1.5", "format": "JPG"}),
    ],
)
async def test_what_is_typed_reaches_the_vendor(workshop: Workshop, line: str, said: dict[str, Any]) -> None:
    sent = await workshop.order(CUTOUT, await workshop.settle(CUTOUT, line))
    assert sent.pop("img_url").startswith(PUBLIC)
    assert sent == {"model_id": "split_v1", **said}


@pytest.mark.parametrize(("line", "notes"), [("--png", 0), ("--jpg", 1)])
async def test_who_chooses_jpg_hears_what_it_lacks(workshop: Workshop, line: str, notes: int) -> None:
    await workshop.order(CUTOUT, await workshop.settle(CUTOUT, line))
    assert len(workshop.notes) == notes
    assert all("JPG has no transparency" in note for note in workshop.notes)


async def test_a_photo_that_is_too_large_is_scaled_down_and_that_is_said(workshop: Workshop) -> None:
    workshop.size = (1000, 2500)
    await workshop.order(CUTOUT, await workshop.settle(CUTOUT, "--jpg"))
    scaled, transparency = workshop.notes
    assert "scaled down from 1000×2500 to 800×2000 pixels" in scaled
    assert "JPG" in transparency


async def test_a_ratio_of_many_digits_is_written_as_the_vendor_reads_it(workshop: Workshop) -> None:
    sent = await workshop.order(CUTOUT, await workshop.settle(CUTOUT, "--ratio 1.3333333333333"))
    assert sent["hd_ratio"] == "1.333"


@pytest.mark.parametrize("line", ["2 dogs", "--ratio 1", "--ratio 3.1", "--format gif", "--file"])
async def test_what_does_not_fit_is_refused_before_anything_is_sent(workshop: Workshop, line: str) -> None:
    with pytest.raises(BadValue):
        await workshop.settle(CUTOUT, line)
    assert workshop.fetched == []


async def test_a_photo_needs_a_link(tmp_path: Path) -> None:
    async with open_workshop(tmp_path, is_public=False) as workshop:
        with pytest.raises(Unavailable, match="PUBLIC_URL"):
            await workshop.settle(CUTOUT)


async def test_it_is_said_what_was_done(workshop: Workshop) -> None:
    request = await workshop.settle(CUTOUT, "--ratio 2")
    assert CUTOUT.caption(request, []).plain("en") == "✂️ Cut out · ×2 · 图像分割 Cut-out"
    assert CUTOUT.kind(request) == "cutout:split_v1:2.0"
    assert CUTOUT.pictures(request) == 1
