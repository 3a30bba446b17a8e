import io

import pytest
from PIL import Image, ImageFilter

from bot.sandbox.vendor.painting.painter import Commission, render
from bot.sandbox.vendor.painting.people import draw_people
from bot.sandbox.vendor.retouching.faces import find_faces
from tests.sandbox.vendor.customer import encoded


@pytest.mark.parametrize("anime", [False, True])
@pytest.mark.parametrize("count", [0, 1, 2, 4, 8])
def test_as_many_as_were_drawn(count: int, *, anime: bool) -> None:
    picture = draw_people(count, anime=anime, size=(640, 427), seed=count)
    kinds = [len(find_faces(picture, kind)) for kind in ("normal", "anime")]
    assert kinds == ([0, count] if anime else [count, 0])


def test_they_are_numbered_from_left_to_right() -> None:
    boxes = [face.box for face in find_faces(draw_people(4), "normal")]
    assert boxes == sorted(boxes)
    for number, (left, top, right, bottom) in enumerate(boxes):
        middle = 640 + (number - 1.5) * 294  # four heads share 92 % of 1280 px
        assert left < middle < right
        assert 200 < top < bottom < 600


@pytest.mark.parametrize("seed", range(6))
def test_everybody_is_found(seed: int) -> None:
    for anime in (False, True):
        picture = draw_people(1, anime=anime, size=(400, 400), seed=seed)
        assert len(find_faces(picture, "anime" if anime else "normal")) == 1


def test_a_poor_copy_is_enough() -> None:
    poor = draw_people(3, size=(900, 600)).filter(ImageFilter.GaussianBlur(1))
    with Image.open(io.BytesIO(encoded(poor, "JPEG", quality=55))) as copy:
        assert len(find_faces(copy.convert("RGB"), "normal")) == 3


@pytest.mark.parametrize(
    "prompt", ["a girl in the snow", "a woman in the city at night", "a man in the desert at dusk"]
)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_painters_people_are_found(prompt: str, seed: int) -> None:
    picture = render(Commission(prompt, "m", 640, 640), seed, (640, 640))
    assert len(find_faces(picture, "normal")) == 1


@pytest.mark.parametrize("prompt", ["a fox in the snow", "a dog in autumn", "desert at dusk", "a house in the forest"])
def test_landscapes_and_animals_have_none(prompt: str) -> None:
    picture = render(Commission(prompt, "m", 480, 480), 3, (480, 480))
    assert [find_faces(picture, kind) for kind in ("normal", "anime")] == [[], []]
