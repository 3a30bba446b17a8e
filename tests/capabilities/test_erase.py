from pathlib import Path
from typing import Any

import pytest

from bot.capabilities.erase import Erase
from bot.capabilities.marks import closed, of_grid, of_picture, settled
from bot.errors import BadValue, Unavailable
from bot.media.masks.grid import from_grid
from bot.media.masks.morphology import widened
from bot.sandbox.vendor.erase import Imgen
from tests.capabilities.marked import MASK_FILE, PAINTED, PHOTO, fill, meant, outside_is_unchanged, photo, results
from tests.capabilities.workshop import PUBLIC, Workshop, open_workshop
from tests.media.masks.photographs import decoded

ERASE = Erase()
GRID = settled(closed(of_grid(PHOTO, [6])))


@pytest.fixture(autouse=True)
def filled(workshop: Workshop) -> None:
    fill(workshop)


async def request_of(workshop: Workshop, line: str = "", mark: Any = GRID) -> dict[str, Any]:
    return await workshop.settle(ERASE, line, photo=PHOTO, mask=mark)


async def test_only_what_is_marked_changes(workshop: Workshop) -> None:
    [after] = await results(workshop, ERASE, await request_of(workshop, "--png"))
    before = decoded(photo())
    area = from_grid(before.size, {6}).picture.point(lambda level: 255 - level)
    assert outside_is_unchanged(before, after, area)


async def test_what_was_painted_over_goes(workshop: Workshop) -> None:
    mark = settled(of_picture(PHOTO, PAINTED))
    [after] = await results(workshop, ERASE, await request_of(workshop, "--png", mark))
    before = decoded(photo())
    assert outside_is_unchanged(before, after, widened(meant(before.size), 6))
    middle = (round(before.width * 0.45), round(before.height * 0.5))
    assert before.getpixel(middle) != after.getpixel(middle)


async def test_every_option_reaches_the_vendor(workshop: Workshop) -> None:
    sent = await workshop.order(ERASE, await request_of(workshop, "--n 3 --png --logo maka --mask circle --yes --file"))
    for field, name in (("img_url", "t17-0.jpg"), ("mask_img_url", "t17-1.png")):
        assert sent.pop(field).startswith(PUBLIC)
        assert (workshop.directory / "media" / name).exists()
    assert sent.pop("model_id")
    assert sent == {
        "samples": 3,
        "mask_type": "circle",
        "format": "PNG",
        "watermark_config": {"type": "MakaLogo"},
    }


@pytest.mark.parametrize(
    ("mark", "mask_type"),
    [(GRID, "box"), (of_picture(PHOTO, PAINTED), "smear"), (of_picture(PHOTO, MASK_FILE), "free")],
)
async def test_the_mask_type_follows_how_the_mask_was_made(
    workshop: Workshop, mark: dict[str, Any], mask_type: str
) -> None:
    sent = await workshop.order(ERASE, await request_of(workshop, "", settled(mark)))
    assert Imgen(**sent).mask_type == mask_type


@pytest.mark.parametrize("mask_type", ["smear", "box", "circle", "line", "point", "free"])
async def test_the_mask_type_can_be_said(workshop: Workshop, mask_type: str) -> None:
    sent = await workshop.order(ERASE, await request_of(workshop, f"--mask {mask_type}"))
    assert Imgen(**sent).mask_type == mask_type


def test_the_mark_is_asked_for_and_agreed_to() -> None:
    answers = {**ERASE.start({}), "photo": PHOTO}
    painted = {**answers, "mask": of_picture(PHOTO, PAINTED)}
    assert [getattr(ERASE.missing(one), "name", None) for one in (ERASE.start({}), answers, painted)] == [
        "photo",
        "mask",
        "mask",
    ]
    assert ERASE.missing({**painted, "mask": settled(painted["mask"])}) is None
    assert ERASE.missing({**painted, **ERASE.read("--yes")}) is None


def test_words_are_not_taken() -> None:
    with pytest.raises(BadValue, match="I do not know what to do with"):
        ERASE.read("the tree")


async def test_it_costs_as_many_pictures_as_are_asked_for(workshop: Workshop) -> None:
    request = await request_of(workshop, "--n 4")
    assert ERASE.pictures(request) == 4
    assert "Erased" in ERASE.caption(request, []).plain("en")


async def test_a_mask_needs_a_public_address_even_for_our_own_pictures(tmp_path: Path) -> None:
    async with open_workshop(tmp_path, is_public=False) as workshop:
        with pytest.raises(Unavailable, match="PUBLIC_URL"):
            await workshop.settle(ERASE, photo={"task": 1, "index": 0}, mask=GRID)
