import pytest

from bot.capabilities import registry
from bot.capabilities.detect import Detect
from bot.errors import Unavailable
from bot.sandbox.vendor.retouching.faces import find_faces
from bot.sandbox.vendor.vendor import Coords
from tests.capabilities.cast import ANIME, NOBODY, ONE, THREE, TWO, detected, fill, people, png
from tests.capabilities.workshop import Workshop, open_workshop, task_of


@pytest.fixture(autouse=True)
def filled(workshop: Workshop) -> None:
    fill(workshop)


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("coords", ["edges", "numbered", "list", "points"])
async def test_faces_are_found_however_the_vendor_writes_them(
    workshop: Workshop, coords: Coords, *, wrapped: bool
) -> None:
    workshop.vendor.coords, workshop.vendor.detection_wrapped = coords, wrapped
    sides = ("left", "top", "right", "bottom")
    expected = [
        {"index": index, **dict(zip(sides, face.box, strict=True))}
        for index, face in enumerate(find_faces(people(3), "normal"))
    ]
    assert len(expected) == 3
    assert await detected(workshop, THREE) == expected


@pytest.mark.parametrize(
    ("source", "normal", "anime"), [(NOBODY, 0, 0), (ONE, 1, 0), (TWO, 2, 0), (ANIME, 0, 2)], ids=str
)
async def test_each_kind_finds_its_own(workshop: Workshop, source: dict[str, str], normal: int, anime: int) -> None:
    assert len(await detected(workshop, source)) == normal
    assert len(await detected(workshop, source, "anime")) == anime


async def test_boxes_are_in_pixels_of_the_fitted_picture(workshop: Workshop) -> None:
    workshop.pictures["small"] = png(people(2, size=(240, 160)))
    fitted = await workshop.studio.inputs.fitted({"file": "small"})
    assert (fitted.width, fitted.height) == (384, 256)
    small, found = find_faces(people(2, size=(240, 160)), "normal"), await detected(workshop, {"file": "small"})
    for face, box in zip(small, found, strict=True):
        assert box["left"] == pytest.approx(face.box[0] * 1.6, abs=6)
        assert box["bottom"] == pytest.approx(face.box[3] * 1.6, abs=6)


async def test_it_costs_nothing_and_is_no_command() -> None:
    detect = registry.BY_NAME["detect"]
    assert detect.is_errand
    assert not detect.commands
    assert detect not in registry.OFFERED
    assert detect.pictures({"photo": ONE, "face": "normal"}) == 0
    assert detect.kind({"face": "anime"}) == "detect:anime"


async def test_without_a_public_address_it_says_so(workshop: Workshop) -> None:
    async with open_workshop(workshop.directory / "private", is_public=False) as private:
        request = {"photo": ONE, "face": "normal"}
        with pytest.raises(Unavailable, match="PUBLIC_URL"):
            await Detect().prepare(task_of(Detect(), request), private.studio)
