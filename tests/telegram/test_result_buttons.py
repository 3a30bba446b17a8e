import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.capabilities import registry
from bot.locales.text import LANGUAGES
from bot.store.task import Picture, Task
from bot.telegram.album import Album
from bot.telegram.result_buttons import confirm_delete, finished_buttons, picture_buttons, result_buttons

LARGEST = 10**18 - 1
LONGEST = Album(10**10 - 10, 10)

# What the handler takes, and what a client shows in a row.
DATA = re.compile(r"r:[a-z]+:\d{1,18}(:\d{1,2}(:([a-z_]{1,32}|\d{1,10}_\d{1,2}))?)?")
IN_A_ROW = 4

WHOLE = ["r:again", "r:edit", "r:delete"]


def task(task_id: int, **more: Any) -> Task:
    fields = {**dict.fromkeys(Task.__dataclass_fields__), "id": task_id, "capability": "imagine", "chat_id": 7, **more}
    return Task(**fields)


def pictures(*indices: int) -> list[Picture]:
    return [Picture(task_id=4711, index=index) for index in indices]


def data(rows: list[list[Any]]) -> list[list[str]]:
    return [[button.data.replace(":4711", "") for button in row] for row in rows]


def ways(index: int, *more: str) -> list[str]:
    """List what can be done with one picture: whatever works from one, then what is about itself."""
    going_on = [f"r:go:{index}:{one.name}" for one in registry.OFFERED if one.takes_photo]
    return [*going_on, *(f"r:{verb}:{index}" for verb in more)]


def test_one_picture_has_it_all() -> None:
    first, *rest, last = data(result_buttons(task(4711), pictures(2)))
    assert (first, last) == (WHOLE, ["r:star"])
    assert [each for row in rest for each in row] == ways(2, "vary", "file")
    assert {"r:go:2:upscale", "r:go:2:stylize"} <= set(ways(2))
    assert "r:go:2:imagine" not in ways(2)  # it needs no picture


def test_of_several_it_is_first_said_which() -> None:
    made = pictures(0, 2, 3, 5, 7)
    assert data(result_buttons(task(4711), made)) == [
        ["r:pick:0", "r:pick:2", "r:pick:3", "r:pick:5"],
        ["r:pick:7"],
        WHOLE,
        ["r:star"],
    ]
    # People count what they see; what was withheld is not there.
    shown = [button.label.plain("en") for row in result_buttons(task(4711), made)[:2] for button in row]
    assert shown == ["1", "2", "3", "4", "5"]


def test_one_of_several_says_which_it_is_and_leads_back() -> None:
    rows = picture_buttons(task(4711), pictures(0, 2, 5), 2)
    assert [button.label.plain("en") for button in rows[0]] == ["« 2 of 3"]
    assert data(rows)[0] == ["r:back"]
    assert [each for row in data(rows)[1:] for each in row] == ways(2, "vary", "file")


def test_the_album_in_which_it_is_shown_again_goes_along() -> None:
    album = Album(77, 3)
    shown = data(result_buttons(task(4711), pictures(0, 2, 5), album))
    assert shown[0] == ["r:pick:0:77_3", "r:pick:2:77_3", "r:pick:5:77_3"]
    assert shown[1] == ["r:again", "r:edit", "r:delete:0:77_3"]
    assert data(picture_buttons(task(4711), pictures(0, 2, 5), 2, album))[0] == ["r:back:0:77_3"]
    assert data(confirm_delete(4711, album)) == [["r:really:0:77_3", "r:keep:0:77_3"]]


@pytest.mark.parametrize("capability", registry.OFFERED, ids=lambda one: one.name)
def test_only_what_can_make_another_like_it_offers_to(capability: Any) -> None:
    offered = {
        each
        for rows in (
            result_buttons(task(4711, capability=capability.name), pictures(0)),
            picture_buttons(task(4711, capability=capability.name), pictures(0, 1), 0),
        )
        for row in data(rows)
        for each in row
    }
    assert ("r:vary:0" in offered) == capability.can_vary
    assert "r:file:0" in offered


@pytest.mark.parametrize(("chat_id", "offered"), [(7, [["r:try"]]), (-7, [["r:try"], ["r:share"]])])
def test_what_is_no_picture_is_tried_and_in_a_group_shared(chat_id: int, offered: list[list[str]]) -> None:
    assert data(finished_buttons(task(4711, chat_id=chat_id))) == offered
    shared = data(finished_buttons(task(4711, chat_id=chat_id), is_shared=True))
    assert shared == [[each.replace("share", "unshare") for each in row] for row in offered]


@given(st.integers(1, LARGEST), st.sets(st.integers(0, 99), min_size=1, max_size=8))
def test_telegram_and_the_handler_take_every_button(task_id: int, places: set[int]) -> None:
    made = [Picture(task_id=task_id, index=index) for index in sorted(places)]
    one = task(task_id, chat_id=-7)
    rows = [
        *result_buttons(one, made),
        *picture_buttons(one, made, made[-1].index),
        *confirm_delete(task_id),
        *result_buttons(one, made, LONGEST),
        *picture_buttons(one, made, made[-1].index, LONGEST),
        *confirm_delete(task_id, LONGEST),
        *finished_buttons(one),
    ]
    for row in rows:
        assert 1 <= len(row) <= IN_A_ROW
        for button in row:
            assert len(button.data.encode()) <= 64
            assert DATA.fullmatch(button.data)
            assert all(button.label.plain(lang).strip() for lang in LANGUAGES)
