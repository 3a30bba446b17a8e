import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.locales.text import LANGUAGES, Lang, Text, layout, pick, plural, text, verbatim
from bot.sandbox.telegram.parsing import parse_html

NASTY = "<b>&\"'{x}</b>%s\\"


def test_english_is_what_the_code_says_and_chinese_is_looked_up() -> None:
    assert text("Size").plain("en") == text("Size").html("en") == "Size"
    assert text("Size").plain("zh_CN") == text("Size").html("zh_CN") == "尺寸"


def test_a_sentence_that_nobody_translated_stays_english() -> None:
    assert layout("of no catalogue").plain("zh_CN") == "of no catalogue"
    assert layout("").plain("zh_CN") == layout("").html("zh_CN") == ""


def test_html_escapes_what_fills_a_place_and_keeps_its_own_tags() -> None:
    assert text("{label}: <b>{value}</b>", label="<i>", value="&").html("en") == "&lt;i&gt;: <b>&amp;</b>"
    assert text("{label}: <b>{value}</b>", label="<i>", value="&").html("zh_CN") == "&lt;i&gt;：<b>&amp;</b>"


def test_plain_escapes_nothing() -> None:
    assert text("{label}: {value}", label=NASTY, value=7).plain("en") == f"{NASTY}: 7"


@pytest.mark.parametrize("lang", LANGUAGES)
@given(words=st.text())
def test_words_come_out_as_they_went_in(lang: Lang, words: str) -> None:
    assert verbatim(words).plain(lang) == words
    shown, entities = parse_html(layout("<b>{inner}</b>", inner=verbatim(words)).html(lang))
    assert shown == words
    assert len(entities) == bool(words)


def test_a_sentence_within_a_sentence_is_translated_and_escaped_once() -> None:
    inner = text("<b>{label}</b>: {name}", label=text("Size"), name="a & b")
    assert layout("{inner}!", inner=inner).html("zh_CN") == "<b>尺寸</b>：a &amp; b!"
    assert layout("{inner}!", inner=inner).plain("zh_CN") == "<b>尺寸</b>：a & b!"


@pytest.mark.parametrize(("count", "english"), [(0, "0 faces"), (1, "1 face"), (2, "2 faces")])
def test_a_number_chooses_the_form(count: int, english: str) -> None:
    sentence = plural("{count} face", "{count} faces", count)
    assert sentence.plain("en").startswith(english)
    assert sentence.html("zh_CN").startswith(f"{count} 张脸")


NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=6)
VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
TEMPLATES = st.sampled_from(["Size", "{a} and {b}", "{count} of {a}", ""]) | st.text()


def sentences(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Text]:
    params = st.dictionaries(NAMES, inner, max_size=4)
    return st.builds(Text, TEMPLATES, params, st.none() | TEMPLATES, st.none() | st.integers())


@given(sentence=st.recursive(sentences(VALUES), lambda inner: sentences(VALUES | inner), max_leaves=8))
def test_a_sentence_that_waited_in_a_row_is_the_same(sentence: Text) -> None:
    assert Text.load(json.loads(json.dumps(sentence.dump()))) == sentence


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_plural_that_waited_in_a_row_still_speaks_both_languages(lang: Lang) -> None:
    waited = text(
        "{place} Once it is your turn, it usually takes {usual}.",
        place=text("⏳ In the queue: place {place}.", place=2),
        usual=plural("{count} face", "{count} faces", 3),
    )
    assert Text.load(json.loads(json.dumps(waited.dump()))).html(lang) == waited.html(lang)


@pytest.mark.parametrize(
    ("code", "lang"),
    [
        ("zh", "zh_CN"),
        ("zh-hans", "zh_CN"),
        ("zh-Hant-TW", "zh_CN"),
        ("ZH_CN.UTF-8", "zh_CN"),
        ("en", "en"),
        ("en-GB", "en"),
        ("de", "en"),
        ("C.UTF-8", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_a_language_is_picked_by_the_clients_code(code: str | None, lang: Lang) -> None:
    assert pick(code) == lang
    assert lang in LANGUAGES
