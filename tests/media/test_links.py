from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.media.links import BadLink, Links

KEY = b"k" * 32


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _token(url: str) -> str:
    return urlsplit(url).path.removeprefix("/media/")


def test_a_link_names_its_file_until_it_expires() -> None:
    clock = Clock()
    links = Links("https://bot.example/studio/", KEY, clock)
    url = links.sign("t17-0.jpg", 1060)
    assert url.startswith("https://bot.example/studio/media/")
    token = url.rpartition("/")[2]
    clock.now = 1059.9
    assert links.verify(token) == "t17-0.jpg"
    clock.now = 1060.0
    with pytest.raises(BadLink, match="expired"):
        links.verify(token)


def test_a_link_outlives_a_restart_but_not_another_key() -> None:
    token = _token(Links("http://a", KEY, Clock()).sign("t17-0.jpg", 2000))
    assert Links("http://b", KEY, Clock()).verify(token) == "t17-0.jpg"
    with pytest.raises(BadLink):
        Links("http://a", b"x" * 32, Clock()).verify(token)


@settings(deadline=None)
@given(
    name=st.from_regex(r"[td][0-9]{1,19}-[0-9]{1,4}\.(jpg|png|webp)", fullmatch=True),
    expires_at=st.integers(1001, 2**40),
)
def test_a_link_is_one_plain_segment_of_a_path(name: str, expires_at: int) -> None:
    links = Links("http://a", KEY, Clock())
    token = _token(links.sign(name, expires_at))
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()
    assert len(token) < 200
    assert links.verify(token) == name


@settings(deadline=None)
@given(at=st.integers(0, 200), put=st.characters(codec="ascii"))
def test_a_changed_link_never_names_another_file(at: int, put: str) -> None:
    links = Links("http://a", KEY, Clock())
    token = _token(links.sign("t17-0.jpg", 2000))
    at %= len(token)
    try:
        assert links.verify(token[:at] + put + token[at + 1 :]) == "t17-0.jpg"
    except BadLink:
        assert token[at] != put


@settings(deadline=None)
@given(token=st.text(max_size=80))
def test_what_was_never_signed_is_refused(token: str) -> None:
    with pytest.raises(BadLink):
        Links("http://a", KEY, Clock()).verify(token)
