import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.capabilities.options import (
    Characters,
    Named,
    Number,
    OneOf,
    Option,
    Point,
    Sides,
    Size,
    Switch,
    Words,
    shorten,
)
from bot.errors import BadValue
from bot.locales.text import text, verbatim
from bot.miaohua.bounds import Bounds
from bot.miaohua.imgenstd import ImageRequest
from bot.miaohua.prompts import prompt_length

SIDES = Bounds(low=640, high=6000, low_open=False, high_open=False, whole=True)
WEIGHT = Bounds(low=0, high=2, low_open=True, high_open=True, whole=False)
SIZE = Size(SIDES)


@given(across=st.integers(1, 9999), down=st.integers(1, 9999))
def test_a_ratio_becomes_a_size_that_the_vendor_takes(across: int, down: int) -> None:
    try:
        width, height = SIZE.parse(f"{across}:{down}")
    except ValueError:
        assert max(across, down) / min(across, down) > 6000 / 640 * 0.999
        return
    ImageRequest.build(model_id="m", prompt="fox", width=width, height=height)
    assert width % 8 == height % 8 == 0
    assert abs(width / height - across / down) <= (across / down) * 0.02
    if min(width, height) > 640:
        assert abs(width * height / 960**2 - 1) < 0.02


@pytest.mark.parametrize(
    ("typed", "sides"),
    [
        ("1:1", [960, 960]),
        ("16:9", [1280, 720]),
        ("9:16", [720, 1280]),
        ("2.39:1", [1528, 640]),
        ("640x6000", [640, 6000]),
        ("1280X721", [1280, 721]),
        (" 1280*720 ", [1280, 720]),
    ],
)
def test_sizes_are_typed_in_several_ways(typed: str, sides: list[int]) -> None:
    assert SIZE.parse(typed) == sides


@pytest.mark.parametrize("typed", ["", "16", "16:", ":9", "-16:9", "0:0", "axb", "1280x", "640x639", "1e3:1", "16:9:4"])
def test_what_is_no_size_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  whose words nobody reads: an option says what is allowed
        SIZE.parse(typed)


STEPS = Bounds(low=640, high=6000, low_open=False, high_open=False, whole=True, step=64)
PLACES = Bounds(low=0, high=6000, low_open=False, high_open=False, whole=True, step=8)
FIGURES = st.integers(-9, 99_999) | st.integers(0, 100).map(lambda step: 64 * step)


@given(first=FIGURES, second=FIGURES, sign=st.sampled_from(["x", "X", "×", "*"]))
def test_sides_are_within_their_bounds_or_refused(first: int, second: int, sign: str) -> None:
    fits = STEPS.allows(first) and STEPS.allows(second)
    sides = Sides(STEPS)
    try:
        value = sides.parse(f" {first}{sign}{second} ")
    except ValueError:
        assert not fits
        return
    assert fits
    assert sides.parse(sides.show(value).plain("en")) == value == [first, second]


@given(first=FIGURES, second=FIGURES, sign=st.sampled_from([",", "，", " , "]))
def test_places_are_within_their_bounds_or_refused(first: int, second: int, sign: str) -> None:
    fits = PLACES.allows(first) and PLACES.allows(second)
    point = Point(PLACES)
    try:
        value = point.parse(f"{first}{sign}{second}")
    except ValueError:
        assert not fits
        return
    assert fits
    assert point.parse(point.show(value).plain("en")) == value == [first, second]


@pytest.mark.parametrize(
    "typed", ["", "1024", "1024x", "x1024", "1024x1024x1024", "1024:1024", "８", "8,", ",8", "8;8"]
)
def test_what_is_no_pair_is_refused(typed: str) -> None:
    for kind in (Sides(STEPS), Point(PLACES)):
        with pytest.raises(ValueError):  # noqa: PT011  as above
            kind.parse(typed)


@given(typed=st.text())
def test_numbers_are_within_their_bounds_or_refused(typed: str) -> None:
    for bounds in (SIDES, WEIGHT):
        try:
            value = Number(bounds).parse(typed)
        except ValueError:
            continue
        assert bounds.allows(value)


@given(value=st.floats(0, 2, exclude_min=True, exclude_max=True, allow_subnormal=False))
def test_a_number_is_shown_as_it_may_be_typed(value: float) -> None:
    number = Number(Bounds(low=0, high=2, low_open=False, high_open=False, whole=False))
    assert number.parse(number.show(value).plain("en")) == pytest.approx(value)


def test_a_word_of_a_few_is_read_in_whatever_case() -> None:
    kind = OneOf({"JPG": verbatim("JPG"), "MakaLogo": text("Miaohua's logo")})
    assert [kind.parse(typed) for typed in ("jpg", " Jpg", "ＪＰＧ", "makalogo")] == ["JPG", "JPG", "JPG", "MakaLogo"]
    assert kind.show("MakaLogo").plain("zh_CN") == "秒画标志"
    with pytest.raises(ValueError, match="GIF"):
        kind.parse("GIF")


def test_a_switch_alone_is_on() -> None:
    assert [Switch().parse(typed) for typed in ("", "on", "OFF")] == [True, True, False]
    assert [Switch().show(value).plain("zh_CN") for value in (True, False)] == ["开", "关"]
    with pytest.raises(ValueError, match="yes"):
        Switch().parse("yes")


@given(typed=st.text(st.sampled_from("ab 狐狸🦊，,"), max_size=40))
def test_words_are_counted_as_the_vendor_counts(typed: str) -> None:
    fits = prompt_length(typed.strip()) <= 20
    try:
        assert Words(20).parse(typed) == typed.strip()
    except ValueError:
        assert not fits
    else:
        assert fits


def test_ten_chinese_characters_are_twenty() -> None:
    assert Words(20).parse("狐" * 10) == "狐" * 10
    with pytest.raises(ValueError, match="狐"):
        Words(20).parse("狐" * 11)
    assert "10" in Words(20).allowed().plain("zh_CN")


LORA = Named(lead="weight", fields={"weight": Number(WEIGHT), "pre": Words(40)})


@given(
    name=st.text(st.characters(exclude_characters=":："), min_size=1, max_size=128).filter(str.strip),
    weight=st.none() | st.floats(0.01, 1.99),
)
def test_a_name_comes_back_with_its_figure(name: str, weight: float | None) -> None:
    typed = name if weight is None else f"{name}:{weight!r}"
    assert LORA.parse(typed) == {"name": name.strip()} | ({} if weight is None else {"weight": weight})


@pytest.mark.parametrize("typed", ["", " ", ":0.8", "x" * 129, "ink:2", "ink:low=3", "ink:0.8,0", "ink:=1"])
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  as above
        LORA.parse(typed)


def test_a_chosen_thing_is_shown_by_name_and_leading_figure() -> None:
    assert LORA.show({"name": "ink"}).plain("en") == "ink"
    assert LORA.show({"name": "ink", "weight": 0.80, "pre": "x"}).plain("en") == "ink × 0.8"
    assert len(LORA.show({"name": "x" * 128, "weight": 1}).plain("en")) <= 50


def test_how_a_name_is_typed_is_said_in_both_languages() -> None:
    assert Named().allowed().plain("en") == "NAME"
    assert LORA.allowed().plain("en") == "NAME[:> 0, < 2][,pre=up to 40 characters, or 20 Chinese ones]"
    assert "20 个汉字" in LORA.allowed().plain("zh_CN")
    assert "&gt; 0" in LORA.allowed().html("en")


def test_characters_are_counted_in_whatever_script() -> None:
    name = Characters(4)
    assert name.parse(" 一二三四 ") == "一二三四"
    with pytest.raises(ValueError, match="abcde"):
        name.parse("abcde")
    assert name.allowed().plain("en") == "up to 4 characters"


def test_an_option_says_what_it_is_and_what_is_allowed() -> None:
    option = Option(name="seed", label=text("Seed"), help=text("Seed"), kind=Number(SIDES), flags=("seed", "s"))
    with pytest.raises(BadValue) as typed:
        option.parse("<9>", flag="s")
    assert "“&lt;9&gt;”" in typed.value.sentence.html("en")
    assert "--s" in typed.value.sentence.html("en")
    with pytest.raises(BadValue) as pressed:
        option.parse("9")
    assert "种子" in pressed.value.sentence.html("zh_CN")
    assert "640–6000" in pressed.value.sentence.html("zh_CN")


def test_an_option_shows_that_nothing_is_chosen() -> None:
    one = Option(name="seed", label=text("Seed"), help=text("Seed"), kind=Number(SIDES))
    several = Option(name="loras", label=text("LoRA"), help=text("LoRA"), kind=LORA, most=4, default=[])
    assert one.show(None).plain("en") == "automatic"
    assert several.show([]).plain("zh_CN") == "无"
    assert several.show([{"name": "ink"}, {"name": "film", "weight": 1.2}]).plain("en") == "ink, film × 1.2"


@given(words=st.text(), most=st.integers(1, 50))
def test_what_is_shortened_is_short_and_on_one_line(words: str, most: int) -> None:
    short = shorten(words, most)
    assert len(short) <= most
    assert len(short.splitlines()) <= 1
    assert short == " ".join(words.split()) or short.endswith("…")
