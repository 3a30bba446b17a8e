"""What happens to every text: trimmed, searched, counted, and shown."""

from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.telegram.entities import Entity, Formatted, finish, units
from bot.sandbox.telegram.rendering import render_html

QUICK = settings(deadline=None, max_examples=60)


def kinds(text: str) -> list[tuple[str, str]]:
    made = finish(text)
    return [(entity.type, _cut(made.text, entity)) for entity in made.entities]


def _cut(text: str, entity: Entity) -> str:
    return text.encode("utf-16-le")[entity.offset * 2 : entity.end * 2].decode("utf-16-le")


def test_finds_commands_links_mentions_and_hashtags() -> None:
    assert kinds("/imagine 🦊 like https://a.example/x?y=1. by @alice_b #fox") == [
        ("bot_command", "/imagine"),
        ("url", "https://a.example/x?y=1"),
        ("mention", "@alice_b"),
        ("hashtag", "#fox"),
    ]


def test_finds_no_command_inside_words_or_paths() -> None:
    assert kinds("either/or and /usr/bin at a/b") == []


def test_a_command_may_name_its_bot() -> None:
    assert finish("/help@some_bot please").command() == "/help@some_bot"
    assert finish("please /help").command() is None


def test_trims_and_moves_the_entities() -> None:
    made = finish("  \n🦊 fox  ", [Entity("bold", 3, 8)])
    assert made == Formatted("🦊 fox", (Entity("bold", 0, 6),))


def test_code_holds_nothing_else() -> None:
    made = finish("/help me", [Entity("code", 0, 8), Entity("bold", 0, 5)])
    assert made.entities == (Entity("code", 0, 8),)


def test_units_are_utf_16() -> None:
    assert units("a中🦊") == 4


def test_shows_overlaps_as_balanced_tags() -> None:
    made = Formatted("abc", (Entity("bold", 0, 2), Entity("italic", 1, 2)))
    assert render_html(made) == "<b>a<i>b</i></b><i>c</i>"


def test_shows_links_only_to_safe_places() -> None:
    unsafe = Formatted("<x>", (Entity("text_link", 0, 3, "javascript:alert(1)"),))
    assert render_html(unsafe) == '<span class="entity">&lt;x&gt;</span>'
    safe = Formatted("x", (Entity("text_link", 0, 1, 'https://a.b/"'),))
    assert render_html(safe).startswith('<a href="https://a.b/&quot;"')


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


entity_types = st.sampled_from(["bold", "italic", "spoiler", "code", "pre", "blockquote", "text_link", "url"])
spans = st.lists(st.tuples(entity_types, st.integers(0, 12), st.integers(1, 12)), max_size=6)


@QUICK
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=15), spans)
def test_whatever_overlaps_is_balanced_and_says_the_text(text: str, wanted: list[tuple[str, int, int]]) -> None:
    made = finish(text, [Entity(kind, offset, length, "https://a.b") for kind, offset, length in wanted])
    page = _Balance()
    page.feed(render_html(made))
    page.close()
    assert page.open == []
    assert page.text == made.text
