"""Telegram's HTML: its own examples, and properties over made-up texts."""

from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.telegram.entities import Entity, units
from bot.sandbox.telegram.parsing import parse_html
from bot.sandbox.telegram.refusals import Refused

QUICK = settings(deadline=None, max_examples=60)

# Sentences of TDLib's own test of its parser.
REFUSED = [
    ("&#57311;", "Text contains invalid Unicode characters after decoding HTML entities"),
    ("🏟 🏟&lt;<abacaba", "Unclosed start tag at byte offset 13"),
    ("🏟 🏟&lt;<abac aba>", 'Unsupported start tag "abac" at byte offset 13'),
    ("🏟 🏟&lt;<i   =aba>", 'Empty attribute name in the tag "i" at byte offset 13'),
    ("🏟 🏟&lt;<i    aba>", 'Expected equal sign in declaration of an attribute of the tag "i" at byte offset 13'),
    ("🏟 🏟&lt;<i    aba  =  ", 'Unclosed start tag "i" at byte offset 13'),
    ("🏟 🏟&lt;<i    aba  =  190azAz-.,", "Unexpected end of name token at byte offset 27"),
    ('🏟 🏟&lt;<i    aba  =  "&lt;&gt;&quot;>', "Unclosed start tag at byte offset 13"),
    ("🏟 🏟&lt;</", "Unexpected end tag at byte offset 13"),
    ("🏟 🏟&lt;<b></b></", "Unexpected end tag at byte offset 20"),
    ("🏟 🏟&lt;<i>a</i   ", "Unclosed end tag at byte offset 17"),
    ("🏟 🏟&lt;<i>a</em   >", 'Unmatched end tag at byte offset 17, expected "</i>", found "</em>"'),
    ("a < b", 'Unsupported start tag "" at byte offset 2'),
    ("1 <", "Unclosed start tag at byte offset 2"),
    ("<br>", 'Unsupported start tag "br" at byte offset 0'),
    ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
    ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
]


@pytest.mark.parametrize(("source", "reason"), REFUSED)
def test_refuses_in_telegrams_words(source: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_html(source)
    assert refused.value.code == 400
    assert refused.value.description.startswith(f"Bad Request: can't parse entities: {reason}")


ACCEPTED = [
    ("&lt;&gt;&amp;&quot;&laquo;&#39;&#x41;", "<>&\"&laquo;'A", []),
    ("<b>a</b><STRONG>b</>", "ab", [Entity("bold", 0, 1), Entity("bold", 1, 1)]),
    ("🏟<i>🏟</i>", "🏟🏟", [Entity("italic", 2, 2)]),
    ("<u>a</u><ins>b</ins>", "ab", [Entity("underline", 0, 1), Entity("underline", 1, 1)]),
    ("<s>a</s><del>b</del><strike>c</strike>", "abc", [Entity("strikethrough", at, 1) for at in range(3)]),
    ("<span class='tg-spoiler'>a</span>", "a", [Entity("spoiler", 0, 1)]),
    ("<tg-spoiler>a</tg-spoiler>", "a", [Entity("spoiler", 0, 1)]),
    ("<blockquote expandable>a</blockquote>", "a", [Entity("expandable_blockquote", 0, 1)]),
    ("<blockquote>a<b>b</b></blockquote>", "ab", [Entity("bold", 1, 1), Entity("blockquote", 0, 2)]),
    ('<a href="http://a.b/?c=1&amp;d=2">x</a>', "x", [Entity("text_link", 0, 1, "http://a.b/?c=1&d=2")]),
    ("<a>telegram.org</a>", "telegram.org", [Entity("text_link", 0, 12, "http://telegram.org")]),
    ('<a href="tg://user?id=5">x</a>', "x", [Entity("text_mention", 0, 1, "5")]),
    ('<a href="javascript:alert(1)">x</a>', "x", []),
    ('<pre><code class="language-python">x</code></pre>', "x", [Entity("pre", 0, 1, "python")]),
    ('<tg-emoji emoji-id="5">👍</tg-emoji>', "👍", []),
    ("<b></b>x", "x", []),
]


@pytest.mark.parametrize(("source", "text", "entities"), ACCEPTED)
def test_takes_the_tags_out(source: str, text: str, entities: list[Entity]) -> None:
    assert parse_html(source) == (text, entities)


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
simple_tags = st.sampled_from(["b", "i", "u", "s", "tg-spoiler", "blockquote", "em", "del"])


@QUICK
@given(words)
def test_escaped_words_come_back_as_they_were(said: str) -> None:
    assert parse_html(escape(said)) == (said, [])


@QUICK
@given(words)
def test_any_text_is_read_or_refused(source: str) -> None:
    try:
        text, entities = parse_html(source)
    except Refused as refused:
        assert refused.description.startswith("Bad Request: can't parse entities: ")  # noqa: PT017  either is right
    else:
        assert all(0 <= entity.offset < entity.end <= units(text) for entity in entities)


Marked = tuple[str, str, int]  # the source, its text, how many entities it holds
nested = st.recursive(
    words.map(lambda said: (escape(said), said, 0)),
    lambda inner: st.tuples(simple_tags, st.lists(inner, max_size=3)).map(lambda made: _wrap(*made)),
    max_leaves=8,
)


def _wrap(tag: str, parts: list[Marked]) -> Marked:
    source, text = "".join(part[0] for part in parts), "".join(part[1] for part in parts)
    return f"<{tag}>{source}</{tag}>", text, sum(part[2] for part in parts) + bool(text)


@QUICK
@given(nested)
def test_nested_tags_become_as_many_entities(made: Marked) -> None:
    source, text, count = made
    parsed, entities = parse_html(source)
    assert parsed == text
    assert len(entities) == count
    assert all(entity.end <= units(text) for entity in entities)
