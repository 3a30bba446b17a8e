from typing import Any

import pytest

from bot.capabilities.edit import Edit
from bot.capabilities.marks import closed, of_grid, settled
from bot.errors import BadValue
from bot.media.masks.grid import from_grid
from tests.capabilities.marked import PHOTO, fill, outside_is_unchanged, photo, results
from tests.capabilities.workshop import PUBLIC, Workshop
from tests.media.masks.photographs import decoded

EDIT = Edit()
GRID = settled(closed(of_grid(PHOTO, [6, 7])))


@pytest.fixture(autouse=True)
def filled(workshop: Workshop) -> None:
    fill(workshop)


async def request_of(workshop: Workshop, line: str) -> dict[str, Any]:
    return await workshop.settle(EDIT, line, photo=PHOTO, mask=GRID)


async def test_only_what_is_marked_is_painted_anew(workshop: Workshop) -> None:
    first, second = await results(workshop, EDIT, await request_of(workshop, "a red hat --png --n 2 --seed 7"))
    before = decoded(photo())
    area = from_grid(before.size, {6, 7}).picture.point(lambda level: 255 - level)
    assert outside_is_unchanged(before, first, area)
    assert outside_is_unchanged(before, second, area)
    assert first.tobytes() != second.tobytes()


async def test_every_option_reaches_the_vendor(workshop: Workshop) -> None:
    line = (
        "a red hat --no straw --strength 0.5 --cfg 9.5 --steps 40 --seed 9999998 --n 2 --png --logo default "
        "--enhance --translate"
    )
    sent = await workshop.order(EDIT, await request_of(workshop, line))
    assert all(sent.pop(field).startswith(PUBLIC) for field in ("img_url", "mask_img_url"))
    assert sent.pop("model_id")
    assert sent == {
        "samples": 2,
        "format": "PNG",
        "prompt": "a red hat",
        "force_translation": True,
        "add_prompt": True,
        "neg_prompt": "straw",
        "repaint_strength": 0.5,
        "cfg_scale": 9.5,
        "seed": 9999998,
        "steps": 40,
        "watermark_config": {"type": "Default"},
    }


@pytest.mark.parametrize("flag", ["--seed 9999999", "--strength 0.05", "--strength 1.1", "--cfg 0.5", "--steps 71"])
def test_the_bounds_are_those_of_inpainting(flag: str) -> None:
    with pytest.raises(BadValue):
        EDIT.read(f"a hat {flag}")


def test_photo_mask_and_words_are_asked_for_in_this_order() -> None:
    answers = {**EDIT.start({}), **EDIT.read("")}
    asked = []
    for name, answer in (("photo", PHOTO), ("mask", GRID), ("prompt", "a hat")):
        need = EDIT.missing(answers)
        assert need is not None
        asked.append(need.name)
        answers[name] = answer
    assert asked == ["photo", "mask", "prompt"]
    assert EDIT.missing(answers) is None


async def test_a_prompt_that_is_too_long_is_refused(workshop: Workshop) -> None:
    with pytest.raises(BadValue, match="too long by 1"):
        await request_of(workshop, "a" * 2001)


async def test_its_caption_says_words_seeds_and_model(workshop: Workshop) -> None:
    request = await request_of(workshop, "<hat>")
    shown = EDIT.caption(request, [7, 8]).html("en")
    assert shown.startswith("<b>&lt;hat&gt;</b>\n🌱 <code>7, 8</code> · ")
    assert request["model"]["name"] in shown
