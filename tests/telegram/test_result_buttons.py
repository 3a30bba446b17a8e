import re

from hypothesis import given
from hypothesis import strategies as st

from bot.locales.text import LANGUAGES
from bot.store.task import Picture, Task
from bot.telegram.result_buttons import confirm_delete, result_buttons

LARGEST = 10**18 - 1

# What the handler takes, and what a client shows in a row.
DATA = re.compile(r"r:[a-z]+:\d{1,18}(:\d{1,2})?")
IN_A_ROW = 4


def task(task_id: int) -> Task:
    return Task(**{**dict.fromkeys(Task.__dataclass_fields__), "id": task_id})  # type: ignore[arg-type]


def verbs(task_id: int, made: list[Picture]) -> list[list[str]]:
    rows = result_buttons(task(task_id), made)
    return [[button.data.replace(f":{task_id}", "") for button in row] for row in rows]


def test_one_picture_has_it_all_in_two_rows() -> None:
    made = [Picture(task_id=4711, index=2)]
    assert verbs(4711, made) == [["r:again", "r:edit"], ["r:vary:2", "r:file:2", "r:delete"]]


def test_several_have_a_number_each() -> None:
    made = [Picture(task_id=4711, index=index) for index in (0, 2, 3, 5, 7)]
    assert verbs(4711, made) == [
        ["r:again", "r:edit", "r:delete"],
        ["r:vary:0", "r:vary:2", "r:vary:3", "r:vary:5"],
        ["r:vary:7"],
        ["r:file:0", "r:file:2", "r:file:3", "r:file:5"],
        ["r:file:7"],
    ]
    # People count what they see; what was withheld is not there.
    shown = [button.label.plain("en") for row in result_buttons(task(4711), made) for button in row]
    assert [label for label in shown if label.startswith("🎲")] == [f"🎲 {n}" for n in range(1, 6)]


@given(st.integers(1, LARGEST), st.sets(st.integers(0, 99), min_size=1, max_size=8))
def test_telegram_and_the_handler_take_every_button(task_id: int, places: set[int]) -> None:
    made = [Picture(task_id=task_id, index=index) for index in sorted(places)]
    for row in [*result_buttons(task(task_id), made), *confirm_delete(task_id)]:
        assert 1 <= len(row) <= IN_A_ROW
        for button in row:
            assert len(button.data.encode()) <= 64
            assert DATA.fullmatch(button.data)
            assert all(button.label.plain(lang).strip() for lang in LANGUAGES)
