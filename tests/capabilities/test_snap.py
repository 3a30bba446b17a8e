from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw

from bot.capabilities import registry
from bot.capabilities.marks import MASK, closed, of_grid, of_picture, snapping
from bot.capabilities.masks import mask_of
from bot.capabilities.snap import Snap
from tests.capabilities.marked import MASK_FILE, PAINTED, PHOTO, brought, carried_out, fill, kept, likeness
from tests.capabilities.workshop import Workshop
from tests.media.masks.photographs import as_jpeg

SNAP = Snap()


@pytest.fixture(autouse=True)
def filled(workshop: Workshop) -> None:
    fill(workshop)


def errand(mark: dict[str, Any], **answers: Any) -> dict[str, Any]:
    """Give the request of an errand, as its task has it."""
    [sent] = MASK.errands({"photo": PHOTO, "mask": snapping(mark), **answers})
    assert sent.capability == SNAP.name
    return {**sent.request, "dialog": 3, "need": "mask"}


@pytest.mark.parametrize(
    ("mark", "said", "mask_type"),
    [
        (of_picture(PHOTO, PAINTED), None, "smear"),
        (of_picture(PHOTO, MASK_FILE), None, "smear"),
        (closed(of_grid(PHOTO, [6])), None, "box"),
        (of_picture(PHOTO, PAINTED), "line", "line"),
        (of_picture(PHOTO, PAINTED), "free", "smear"),
    ],
)
async def test_a_mark_is_sent_with_its_kind(
    workshop: Workshop, mark: dict[str, Any], said: str | None, mask_type: str
) -> None:
    sent = await workshop.order(SNAP, errand(mark, mask_type=said))
    assert sent["mask_type"] == mask_type
    assert sent["format"] == "PNG"
    assert workshop.asked("/v1/erase/cutout") == 1


def test_it_costs_nothing_and_nobody_can_type_it() -> None:
    request = errand(of_picture(PHOTO, PAINTED))
    assert SNAP.pictures(request) == 0
    assert registry.BY_NAME[SNAP.name] not in registry.OFFERED
    assert SNAP.kind(request) == "snap"


async def test_a_rough_mark_becomes_the_mask_of_the_thing_under_it(workshop: Workshop) -> None:
    scene, thing = Image.new("RGB", (480, 320), "#3d6b2f"), Image.new("L", (480, 320))
    ImageDraw.Draw(thing).ellipse((150, 80, 290, 220), fill=255)
    scene.paste("#c0392b", mask=thing)
    rough = Image.new("L", scene.size, 255)
    ImageDraw.Draw(rough).line((190, 130, 250, 170), fill=0, width=16)
    workshop.pictures[PHOTO["file"]] = as_jpeg(scene, 92)
    workshop.pictures["a-mask"] = as_jpeg(rough.convert("RGB"), 95)
    request = errand(of_picture(PHOTO, MASK_FILE))
    made = await carried_out(workshop, SNAP, request)
    ended = brought(SNAP, request, *made, task_id=await kept(workshop, made[0]))
    answers = MASK.heard({"photo": PHOTO, "mask": snapping(of_picture(PHOTO, MASK_FILE))}, ended)
    mask = await mask_of(answers, MASK, workshop.studio)
    assert mask.mask_type == "free"
    assert likeness(ImageChops.invert(mask.picture), thing) > 0.85
    assert not MASK.is_met(answers)
