import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.miaohua.prompts import prompt_length


@pytest.mark.parametrize(
    ("prompt", "length"),
    [
        ("", 0),
        ("fox", 3),
        ("狐狸", 4),
        ("狐狸, fox", 9),
        ("狐狸，", 6),
        ("ＡＢ", 4),
        ("ｱ", 1),
        ("éα—", 3),
        ("𠀀", 2),
        ("🦊", 2),
        ("汉" * 1000, 2000),
    ],
)
def test_a_chinese_character_counts_two(prompt: str, length: int) -> None:
    assert prompt_length(prompt) == length


@settings(deadline=None)
@given(st.text(), st.text())
def test_the_count_adds_up_and_stays_between_one_and_two_a_character(one: str, other: str) -> None:
    assert prompt_length(one + other) == prompt_length(one) + prompt_length(other)
    assert len(one) <= prompt_length(one) <= 2 * len(one)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=0x7F)))
def test_plain_letters_count_one(prompt: str) -> None:
    assert prompt_length(prompt) == len(prompt)
