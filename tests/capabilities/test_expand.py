import re
from pathlib import Path
from typing import Any

import pytest

from bot.capabilities.expand import Expand
from bot.capabilities.expand_options import POSITIONS
from bot.errors import BadValue, Unavailable
from tests.capabilities.workshop import PUBLIC, Workshop, open_workshop

EXPAND = Expand()
MODEL = "outpaint_v1"
USUAL = {"model_id": MODEL, "samples": 1, "format": "JPG"}


def free(width: int, height: int, x: int, y: int) -> dict[str, Any]:
    return {"width": width, "height": height, "free_x": x, "free_y": y}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", {"outpaint_ratio": 1.5, "align_position": "middle"}),
        ("2", {"outpaint_ratio": 2.0, "align_position": "middle"}),
        ("--ratio 5 --align topleft", {"outpaint_ratio": 5.0, "align_position": "topleft"}),
        ("--to 1536x1024 --at 128,0", free(1536, 1024, 128, 0)),
        ("--to 1024×1024", free(1024, 1024, 312, 360)),
        ("--left 256", free(704, 640, 296, 0)),
        ("--left 256 --right 256", free(960, 640, 256, 0)),
        ("--up 500 --down 1000", free(640, 1856, 0, 504)),
        (
            "3 --n 2 --png --logo maka",
            {
                "outpaint_ratio": 3.0,
                "align_position": "middle",
                "samples": 2,
                "format": "PNG",
                "watermark_config": {"type": "MakaLogo"},
            },
        ),
    ],
)
async def test_what_is_typed_reaches_the_vendor(workshop: Workshop, line: str, said: dict[str, Any]) -> None:
    workshop.size = (400, 300)
    sent = await workshop.order(EXPAND, await workshop.settle(EXPAND, line))
    assert sent.pop("img_url").startswith(PUBLIC)
    assert sent == {**USUAL, **said}
    assert workshop.fetched == ["a-photo"]


async def test_each_way_is_ordered_where_the_vendor_takes_it(workshop: Workshop) -> None:
    for line in ("2", "--to 1024x1024", "--left 256"):
        await workshop.order(EXPAND, await workshop.settle(EXPAND, line))
    assert [task.operation for task in workshop.vendor.tasks.all()] == ["imgen", "imgen_free", "imgen_free"]


@pytest.mark.parametrize(
    ("line", "notes"),
    [
        ("--left 100", ["The canvas became 704×640 px"]),
        ("--right 240 --down 340", []),
        ("--to 1024x1024", []),
        ("2", []),
    ],
)
async def test_what_the_vendors_steps_add_is_said(workshop: Workshop, line: str, notes: list[str]) -> None:
    workshop.size = (592, 300) if "--left 100" in line else (400, 300)
    await workshop.order(EXPAND, await workshop.settle(EXPAND, line))
    assert len(workshop.notes) == len(notes)
    assert all(note in said for note, said in zip(notes, workshop.notes, strict=True))


@pytest.mark.parametrize("line", ["--left 256", "--to 1024x1024", "2"])
async def test_a_photo_that_is_too_small_is_enlarged_and_that_is_said(workshop: Workshop, line: str) -> None:
    workshop.size = (128, 64)
    sent = await workshop.order(EXPAND, await workshop.settle(EXPAND, line))
    assert "enlarged from 128×64 to 512×256 pixels" in workshop.notes[0]
    if line == "--left 256":
        assert (sent["width"], sent["height"]) == (832, 640)


@pytest.mark.parametrize(
    "line",
    [
        "2 --to 1024x1024",
        "--ratio 1.5 --left 256",
        "--align topleft --at 8,8",
        "--to 1024x1024 --left 256",
        "2 --align topleft --down 64",
    ],
)
async def test_one_way_is_to_be_chosen(workshop: Workshop, line: str) -> None:
    with pytest.raises(BadValue, match="do not go together"):
        EXPAND.read(line)
    assert workshop.fetched == []


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"ratio": 2.0, "left": 256}, "do not go together"),
        ({"align": "topleft", "to": [1024, 1024]}, "do not go together"),
        ({"at": [8, 8]}, "say with --to"),
        ({"to": [640, 640], "at": [384, 0]}, "640×640 px is too small: the picture reaches at least to 640×256"),
        ({"left": 4000, "right": 2000}, "at least 6272×640 px; the service makes at most 5952"),
    ],
)
async def test_what_is_pressed_is_checked_before_anything_is_sent(
    workshop: Workshop, answers: dict[str, Any], says: str
) -> None:
    with pytest.raises(BadValue, match=re.escape(says)):
        await workshop.settle(EXPAND, **answers)
    assert workshop.fetched == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--to 960x1024", "960×1024 px is too small: the picture reaches at least to 1000×800"),
        ("--to 1024x1024 --at 24,0", "reaches at least to 1024×800"),
        ("--left 3000 --right 2000", "at least 6016×832 px"),
    ],
)
async def test_what_does_not_fit_the_photo_is_refused_before_the_order(
    workshop: Workshop, line: str, says: str
) -> None:
    workshop.size = (1000, 800)
    request = await workshop.settle(EXPAND, line)
    with pytest.raises(BadValue, match=says):
        await workshop.order(EXPAND, request)
    assert workshop.vendor.tasks.all() == []


@pytest.mark.parametrize(
    "line",
    ["1", "5.1", "--to 1000x1024", "--to 1024", "--at 7,0", "--at 8", "--left -1", "--left 1.5", "--align centre"],
)
async def test_what_the_vendor_does_not_take_is_refused(workshop: Workshop, line: str) -> None:
    with pytest.raises(BadValue, match="Allowed"):
        await workshop.settle(EXPAND, line)


async def test_a_photo_needs_a_link_and_a_result_has_one(tmp_path: Path) -> None:
    async with open_workshop(tmp_path, is_public=False) as workshop:
        with pytest.raises(Unavailable, match="PUBLIC_URL"):
            await workshop.settle(EXPAND)
        result = {"task": 1, "index": 0}
        assert (await workshop.settle(EXPAND, photo=result))["photo"] == result


def test_the_positions_are_laid_out_as_they_are_meant() -> None:
    signs = list(POSITIONS.items())
    assert [name for name, _ in signs[:3]] == ["topleft", "topmiddle", "topright"]
    assert POSITIONS["middleright"] == "➡️"
    assert POSITIONS["bottomleft"] == "↙️"
    assert len(set(POSITIONS.values())) == 9


@pytest.mark.parametrize(
    ("line", "caption", "kind"),
    [
        ("2 --align topleft", "↔️ ×2 ↖️ · 扩图 Outpaint", "1:2.0"),
        ("--to 1536x1024", "↔️ 1536×1024 · 扩图 Outpaint", "1:free"),
        ("--left 256 --down 64 --n 2", "↔️ ⬅️256 ⬇️64 · 扩图 Outpaint", "2:free"),
    ],
)
async def test_it_is_said_what_was_done(workshop: Workshop, line: str, caption: str, kind: str) -> None:
    request = await workshop.settle(EXPAND, line)
    assert EXPAND.caption(request, []).plain("en") == caption
    assert EXPAND.kind(request) == f"expand:{MODEL}:{kind}"
    assert EXPAND.pictures(request) == request["samples"]
