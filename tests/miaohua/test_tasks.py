from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.miaohua.errors import Unanswered
from bot.miaohua.tasks import Image, ImageFault, State, Task


@pytest.mark.parametrize(
    ("state", "terminal"), [("PENDING", False), ("RUNNING", False), ("SUCCESS", True), ("FAILED", True)]
)
def test_success_and_failure_are_the_end(state: str, *, terminal: bool) -> None:
    assert State(state).is_terminal is terminal
    assert Task.read({"task_id": "a", "state": state}).is_terminal is terminal


def test_a_full_task_is_read() -> None:
    task = Task.read(
        {
            "state": "SUCCESS",
            "state_message": "OK",
            "task_id": "a",
            "queue": 3,
            "images": [
                {"index": 1, "seed": 8, "small": "https://s", "raw": "https://r", "error_code": "", "nsfw": 0.1},
                {"index": 0, "small": "", "raw": "", "error_code": "Sensitive"},
                {"index": 2, "error_code": "Meteorite", "raw": "https://black"},
                {"index": 3, "small": "https://s3"},
            ],
        }
    )
    assert task.state is State.SUCCESS
    assert task.images[0] == Image(index=1, seed=8, small="https://s", raw="https://r", error_code="")
    assert task.images[1].error_code == ImageFault.SENSITIVE
    assert [image.url for image in task.images] == ["https://r", "", "", "https://s3"]


@pytest.mark.parametrize("images", [None, [], "left out"])
def test_a_task_without_pictures_has_none(images: object) -> None:
    data: dict[str, Any] = {"task_id": "a", "state": "RUNNING", "state_message": None}
    if images != "left out":
        data["images"] = images
    task = Task.read(data)
    assert (task.images, task.state_message) == ((), "")


def test_pictures_without_a_number_get_their_place() -> None:
    task = Task.read({"task_id": 7, "state": "SUCCESS", "images": [{"raw": "a"}, None, {"index": None, "raw": "b"}]})
    assert task.task_id == "7"
    assert [(image.index, image.raw) for image in task.images] == [(0, "a"), (2, "b")]


@pytest.mark.parametrize(
    "data",
    [
        {"task_id": "a", "state": "EXPLODED"},
        {"task_id": "a", "state": None},
        {"task_id": "a"},
        {"task_id": "", "state": "RUNNING"},
        {"state": "RUNNING"},
        {"task_id": "a", "state": "SUCCESS", "images": {"0": "x"}},
        {"task_id": "a", "state": "SUCCESS", "images": [{"raw": ["https://x"]}]},
        [],
        None,
        "RUNNING",
    ],
)
def test_a_task_that_makes_no_sense_is_no_answer(data: object) -> None:
    with pytest.raises(Unanswered, match="Task"):
        Task.read(data)


def test_one_unreadable_item_does_not_spoil_the_others() -> None:
    items = [
        {"task_id": "a", "state": "RUNNING"},
        5,
        {"task_id": "b", "state": "?"},
        {"task_id": "c", "state": "FAILED"},
    ]
    with capture_logs() as logs:
        read = list(Task.read_each(items))
    assert [task.task_id for task in read] == ["a", "c"]
    assert [line["event"] for line in logs] == ["miaohua.unreadable_item"] * 2
