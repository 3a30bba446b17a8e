import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.sandbox.vendor.painting.looks import NAMED_LOOKS, NamedLook, apply_look
from bot.sandbox.vendor.painting.people import draw_people
from bot.sandbox.vendor.painting.tones import Tones
from tests.sandbox.vendor.customer import apart, mean_colour

PEOPLE = draw_people(2, size=(480, 320))


@pytest.mark.parametrize("look", NAMED_LOOKS)
def test_a_look_is_seen_and_the_same_each_time(look: NamedLook) -> None:
    changed = apply_look(PEOPLE, look, 1)
    assert changed.size == PEOPLE.size
    assert apart(PEOPLE, changed) > 2
    assert changed.tobytes() == apply_look(PEOPLE, look, 1).tobytes()


def test_no_two_looks_are_alike() -> None:
    changed = [apply_look(PEOPLE, look, 1) for look in NAMED_LOOKS]
    for place, one in enumerate(changed):
        assert all(apart(one, other) > 2 for other in changed[place + 1 :])


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90))
def test_any_shape_takes_every_look(width: int, height: int) -> None:
    picture = Image.new("RGB", (width, height), "orange")
    for look in NAMED_LOOKS:
        assert apply_look(picture, look, 1).size == (width, height)


def test_tones_bring_the_colours_of_what_they_were_learned_from() -> None:
    fire = Tones.of(
        Image.linear_gradient("L")
        .convert("RGB")
        .point([*range(256), *[level // 3 for level in range(256)], *[0] * 256])
    )
    assert fire.dark < fire.middle < fire.light
    red, _, blue = mean_colour(fire.apply(PEOPLE))
    assert red > blue + 40
    cold = Tones((0, 0, 40), (20, 60, 130), (200, 230, 255))
    both = Tones.blended([fire, cold])
    assert both.light == tuple(round((a + b) / 2) for a, b in zip(fire.light, cold.light, strict=True))


def test_one_colour_is_learned_too() -> None:
    assert Tones.of(Image.new("RGB", (300, 300), (10, 200, 30))).middle == (10, 200, 30)
