import random

import pytest

from bot.sandbox.vendor.painting.keywords import COLOURS, CONCEPTS, recognise, recognise_colour
from bot.sandbox.vendor.painting.scene import compose


@pytest.mark.parametrize("concept", sorted(CONCEPTS))
def test_every_word_is_known(concept: str) -> None:
    english, chinese = CONCEPTS[concept]
    for word in english.split():
        assert concept in recognise(f"the {word.upper()}, please")
        assert concept not in recognise(f"x{word}x")
    for word in chinese.split():
        assert concept in recognise(f"一个{word}的画")


@pytest.mark.parametrize("name", sorted(COLOURS))
def test_every_colour_is_known(name: str) -> None:
    english, chinese, tint = COLOURS[name]
    assert {recognise_colour(f"a {word} thing") for word in english.split()} == {tint}
    assert {recognise_colour(f"{word}色") for word in chinese.split()} == {tint}


@pytest.mark.parametrize(
    ("prompt", "concepts"),
    [
        ("two foxes and cats", {"fox", "cat"}),
        ("雪中的狐狸", {"snow", "fox"}),
        ("一只熊猫", {"panda"}),
        ("education", set()),
        ("", set()),
    ],
)
def test_phrases(prompt: str, concepts: set[str]) -> None:
    assert recognise(prompt) == concepts


def test_dusk_is_not_yellow() -> None:
    assert recognise_colour("黄昏") is None


@pytest.mark.parametrize("seed", range(20))
def test_the_negative_prompt_keeps_things_out(seed: int) -> None:
    scene = compose("a fox in the snow", "snow, sun, moon, clouds, birds", random.Random(seed), 1)
    assert scene.animals == ("fox",)
    assert not scene.has("snow", "sun", "moon", "clouds", "birds")


@pytest.mark.parametrize("seed", range(20))
def test_a_prompt_of_unknown_words_gets_a_landscape(seed: int) -> None:
    scene = compose("dinner", "", random.Random(seed), 1)
    assert scene.has("mountain", "sea", "city", "forest", "desert", "meadow")
