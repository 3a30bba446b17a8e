import pytest

from bot.sandbox.vendor.painting.people import draw_people
from tests.sandbox.vendor.customer import apart


@pytest.mark.parametrize("size", [(300, 300), (1280, 853), (256, 900)])
def test_the_size_is_exact(size: tuple[int, int]) -> None:
    assert draw_people(2, size=size).size == size


def test_the_same_people_each_time_and_others_for_another_seed() -> None:
    one, again, other = (draw_people(1, size=(300, 300), seed=seed) for seed in (1, 1, 2))
    assert one.tobytes() == again.tobytes()
    assert apart(one, other) > 5


def test_nobody_leaves_a_wall() -> None:
    assert apart(draw_people(0, size=(300, 300)), draw_people(1, size=(300, 300))) > 5
