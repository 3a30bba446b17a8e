from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.album import Album, Pages


@given(st.integers(0, 10**10), st.integers(0, 10))
def test_is_read_as_it_was_written(first: int, count: int) -> None:
    assert Album.read(str(Album(first, count))) == Album(first, count)


@pytest.mark.parametrize("written", ["", "upscale", "1", "_1", "1_", "cut_out", "-1_2"])
def test_anything_else_is_none(written: str) -> None:
    assert Album.read(written) == Album()


@pytest.mark.parametrize(
    ("ids", "album", "within"),
    [([], Album(), []), ([5, 6, 7], Album(5, 3), [5, 6, 7]), ([5, 6, 9], Album(5, 2), [5, 6])],
)
def test_goes_as_far_as_ids_follow_one_another(ids: list[int], album: Album, within: list[int]) -> None:
    sent: Any = [SimpleNamespace(message_id=id_) for id_ in ids]
    assert Album.of(sent) == album
    assert list(album.message_ids) == within


def test_a_page_has_the_album_that_it_was_turned_to_as_long_as_that_is_remembered() -> None:
    pages = Pages()
    assert pages.have(7, 0, Album(1, 2))
    for message_id in range(Pages.MOST):
        pages.turn(7, message_id, Album(3, 4))
    assert not pages.have(7, 0, Album(1, 2))
    assert pages.have(7, 0, Album(3, 4))
    pages.turn(7, 0, Album(5, 6))
    pages.turn(7, Pages.MOST, Album(3, 4))
    assert not pages.have(7, 0, Album(3, 4))
    assert pages.have(7, 1, Album(1, 2))
