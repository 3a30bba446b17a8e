from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.capabilities import flags
from bot.capabilities.imagine_options import OPTIONS
from bot.capabilities.options import Option
from bot.errors import BadValue
from bot.locales.text import LANGUAGES

FLAGS = [flag for option in OPTIONS for flag in (*option.flags, *option.sets)]
DASHES = ["--", "—", "–", "——", "––", "－－"]


def read(line: str) -> tuple[str, dict[str, Any]]:
    found = flags.read(line, OPTIONS)
    return found.words, dict(found.values)


@pytest.mark.parametrize("dash", DASHES)
@pytest.mark.parametrize("line", ["{}n 4 a fox", "a {}n 4 fox", "a fox {}n 4", "\n{}N　4 a fox"])
def test_flags_stand_anywhere_behind_whatever_dash(dash: str, line: str) -> None:
    assert read(line.format(dash)) == ("a fox", {"samples": 4})


@pytest.mark.parametrize(
    ("line", "words", "values"),
    [
        ("a fox --ar 16：9", "a fox", {"size": [1280, 720]}),
        ("a fox --ar １６:９", "a fox", {"size": [1280, 720]}),
        ("a fox --size 1280×720 at night", "a fox at night", {"size": [1280, 720]}),
        ("a fox --n=4 --seed＝７", "a fox", {"samples": 4, "seed": 7}),
        ("--no blur, text --n 2", "", {"negative": "blur, text", "samples": 2}),
        ("a fox --no 模糊，文字", "a fox", {"negative": "模糊，文字"}),
        ("a fox --no", "a fox", {"negative": ""}),
        ("a fox --png", "a fox", {"format": "PNG"}),
        ("--jpg a fox", "a fox", {"format": "JPG"}),
        ("a fox --png --jpg", "a fox", {"format": "JPG"}),
        ("a fox --format png", "a fox", {"format": "PNG"}),
        ("a --enhance fox", "a fox", {"enhance": True}),
        ("a --enhance off fox", "a fox", {"enhance": False}),
        ("a fox --enhance=OFF --file on", "a fox", {"enhance": False, "file": True}),
        ("a fox --n 2 --n 4", "a fox", {"samples": 4}),
        ("a fox --cfg 7.5 --steps 30.0", "a fox", {"cfg": 7.5, "steps": 30}),
        ("a fox --strength 0", "a fox", {"strength": 0}),
    ],
)
def test_a_line_is_split_into_words_and_values(line: str, words: str, values: dict[str, Any]) -> None:
    assert read(line) == (words, values)


@pytest.mark.parametrize(
    ("line", "model"),
    [
        ("a --model Artist fox", "Artist"),
        ('a --model "秒画 0.4.0" fox', "秒画 0.4.0"),
        ("a —model “秒画 0.4.0” fox", "秒画 0.4.0"),
        ('a --model="秒画 0.4.0" fox', "秒画 0.4.0"),
        ('a --model "unclosed fox', '"unclosed'),
    ],
)
def test_quotes_hold_a_name_together(line: str, model: str) -> None:
    assert read(line) == ("a fox", {"model": {"name": model}})


@pytest.mark.parametrize(
    ("typed", "lora"),
    [
        ("水墨", {"name": "水墨"}),
        ("水墨:0.8", {"name": "水墨", "weight": 0.8}),
        ("水墨：０.８", {"name": "水墨", "weight": 0.8}),
        ("水墨:weight=0.8", {"name": "水墨", "weight": 0.8}),
        ('"Ink wash:1"', {"name": "Ink wash", "weight": 1}),
        ('"Ink wash":1', {"name": "Ink wash", "weight": 1}),
        ("“Ink wash”：1.5", {"name": "Ink wash", "weight": 1.5}),
    ],
)
def test_a_lora_has_a_weight_behind_a_colon(typed: str, lora: dict[str, Any]) -> None:
    assert read(f"a --lora {typed} fox") == ("a fox", {"loras": [lora]})


def test_a_controlnet_has_more_behind_commas() -> None:
    line = "a fox --cn canny:0.8,low=80，high=160,pre=invert --cn depth:,end=0.5 --cn tile:tile=2"
    canny = {"name": "canny", "weight": 0.8, "low": 80, "high": 160, "pre": "invert"}
    others = [{"name": "depth", "end": 0.5}, {"name": "tile", "tile": 2}]
    assert read(line) == ("a fox", {"controlnets": [canny, *others]})


def test_what_may_be_given_again_is_collected_up_to_its_most() -> None:
    loras = [f"--lora style{number}" for number in range(5)]
    assert len(read(f"a fox {' '.join(loras[:4])}")[1]["loras"]) == 4
    with pytest.raises(BadValue, match="4 times at most"):
        read(f"a fox {' '.join(loras)}")
    with pytest.raises(BadValue, match="3 times at most"):
        read("--cn a --cn b --cn c --cn d")


@pytest.mark.parametrize(
    "line",
    [
        "a fox - red",
        "a fox -- red, and a hare",
        "a fox — red",
        "狐狸——红色",
        "狐狸 —— 红色",
        "a red-brown fox--swift",
        "a fox -n 4",
        "a fox --4 legs",
        "a fox --狐狸",
        "--",
        "—",
    ],
)
def test_a_dash_that_begins_no_flag_belongs_to_the_words(line: str) -> None:
    assert read(line) == (line, {})


@pytest.mark.parametrize(
    ("line", "suggested"),
    [("a fox --step 30", "steps"), ("a fox --sed 7", "seed"), ("a fox —Modell x", "model"), ("a fox --n4", "n")],
)
def test_an_unknown_flag_is_answered_with_the_nearest_and_all(line: str, suggested: str) -> None:
    with pytest.raises(BadValue) as refusal:
        read(line)
    assert f"Did you mean --{suggested}?" in str(refusal.value).replace("<b>", "").replace("</b>", "")
    assert all(f"--{flag}" in str(refusal.value) for flag in FLAGS)


def test_a_flag_like_no_other_is_answered_with_all() -> None:
    with pytest.raises(BadValue) as refusal:
        read("a fox --xyzzyxyzzy 1")
    assert "Did you mean" not in str(refusal.value)
    assert all(f"--{flag}" in str(refusal.value) for flag in FLAGS)


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("a fox --n", "1–8"),
        ("a fox --n=", "1–8"),
        ('a fox --n ""', "1–8"),
        ("a fox --n 0", "1–8"),
        ("a fox --n 2.5", "1–8"),
        ("a fox --n nan", "1–8"),
        ("a fox --seed inf", "0–99999998"),
        ("a fox --seed 1e400", "0–99999998"),
        ("a fox --n --seed 7", "1–8"),
        ("a fox --ar", "16:9"),
        ("a fox --ar 0:9", "16:9"),
        ("a fox --ar 16/9", "16:9"),
        ("a fox --ar 100:1", "640–6000"),
        ("a fox --size 639x640", "640–6000"),
        ("a fox --size 6000x6001", "640–6000"),
        ("a fox --format gif", "JPG · PNG"),
        ("a fox --enhance=perhaps", "on · off"),
        ("a fox --lora :0.8", "NAME"),
        ("a fox --lora", "NAME"),
        ("a fox --lora ink:2", "&gt; 0, &lt; 2"),
        ("a fox --lora ink:low=2", "NAME"),
        ("a fox --model ink:2", "NAME"),
        ("a fox --model " + "x" * 129, "NAME"),
        ("a fox --cn canny:low=0", "low=1–255"),
        ("a fox --no " + "狐" * 1001, "1000"),
    ],
)
def test_a_bad_value_is_answered_with_what_is_allowed(line: str, allowed: str) -> None:
    with pytest.raises(BadValue) as refusal:
        read(line)
    assert allowed in refusal.value.sentence.html("en")


LINES = st.lists(
    st.one_of(
        st.sampled_from([f"{dash}{flag}" for dash in DASHES for flag in FLAGS]),
        st.sampled_from(["=", ":", "：", ",", '"', "“", "”", "on", "16:9", "0.5", "x", "canny", "9" * 400, "²", "٣"]),
        st.text(max_size=8),
    ),
    max_size=12,
)


@given(parts=LINES, glue=st.sampled_from([" ", "", "\n"]))
@example(parts=["--seed", "9" * 400], glue=" ")
def test_whatever_is_typed_is_read_or_refused(parts: list[str], glue: str) -> None:
    try:
        found = flags.read(glue.join(parts), OPTIONS)
    except BadValue as refusal:
        said = [refusal.sentence.html(lang) for lang in LANGUAGES]
        assert all(said)
    else:
        assert set(found.values) <= {option.name for option in OPTIONS}


@given(words=st.text(st.characters(exclude_characters="-—–－")))
def test_words_without_dashes_are_left_as_they_are(words: str) -> None:
    assert read(words) == (words.strip(), {})


@given(
    words=st.lists(st.text(st.characters(categories=["L", "Nd"]), min_size=1), min_size=1, max_size=5),
    place=st.integers(0, 5),
    option=st.sampled_from([option for option in OPTIONS if option.kind.presets()]),
    data=st.data(),
)
def test_a_flag_leaves_the_words_around_it(words: list[str], place: int, option: Option, data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(list(option.kind.presets())))
    flag = f"{data.draw(st.sampled_from(DASHES))}{data.draw(st.sampled_from(option.flags))}={raw}"
    assert read(" ".join([*words[:place], flag, *words[place:]])) == (
        " ".join(words),
        {option.name: option.kind.parse(raw)},
    )
