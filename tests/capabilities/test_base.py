import pytest

from bot.capabilities.cutout import Cutout
from bot.capabilities.imagine import Imagine
from bot.capabilities.needs import WordsNeed
from bot.capabilities.options import Words
from bot.capabilities.stylize import Stylize
from bot.capabilities.upscale import Upscale
from bot.errors import BadValue
from bot.locales.text import text

IMAGINE = Imagine()


def test_what_is_missing_is_found() -> None:
    assert IMAGINE.missing({}) is IMAGINE.needs[0]
    assert IMAGINE.missing({"prompt": ""}) is IMAGINE.needs[0]
    assert IMAGINE.missing({"prompt": "a fox"}) is None


def test_only_what_is_remembered_is_taken_from_last_time() -> None:
    started = IMAGINE.start({"size": [640, 640], "samples": 4, "seed": 7, "negative": "blur", "unheard": 1})
    assert (started["size"], started["samples"], started["seed"], started["negative"]) == ([640, 640], 4, 0, "")
    assert started.keys() == {option.name for option in IMAGINE.options}


@pytest.mark.parametrize(("words", "over"), [("狐" * 11, 2), ("a" * 21, 1), ("狐" * 10 + "a", 1)])
def test_an_answer_that_is_too_long_is_refused_with_the_excess(words: str, over: int) -> None:
    said = text("a picture")
    need = WordsNeed(name="prompt", label=said, question=said, hint=said, kind=Words(20))
    need.check("狐" * 10)
    with pytest.raises(BadValue, match=f"too long by {over}. Allowed: up to 20 characters, or 10 Chinese ones"):
        need.check(words)


def test_an_option_is_found_by_name() -> None:
    assert IMAGINE.option("seed").flags == ("seed",)
    with pytest.raises(KeyError):
        IMAGINE.option("speed")


def test_an_option_without_a_default_is_asked_for() -> None:
    stylize = Stylize()
    assert stylize.missing_option(stylize.start({})) is stylize.option("style")
    assert stylize.missing_option({"style": {"name": "ink"}}) is None
    assert IMAGINE.missing_option(IMAGINE.start({})) is None


def test_bare_words_are_for_the_option_that_leads() -> None:
    assert Upscale().read("2.5 --png") == {"ratio": 2.5, "format": "PNG"}
    assert Stylize().read("--n 2 pixel art") == {"style": {"name": "pixel art"}, "samples": 2}
    assert Upscale().read("--png") == {"format": "PNG"}


def test_words_that_are_left_over_are_refused() -> None:
    with pytest.raises(BadValue, match=r"do not know what to do with “2” here\. /help upscale says"):
        Upscale().read("2 --ratio 3")
    with pytest.raises(BadValue, match=r"do not know what to do with “the dog” here\. /help cutout says"):
        Cutout().read("the dog")
