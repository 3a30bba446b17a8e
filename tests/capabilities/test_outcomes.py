from typing import Any

import pytest

from bot.capabilities.outcomes import outcomes
from bot.miaohua.tasks import Task
from bot.tracker.ports import Failed, Made, Outcome, Waiting

WELL = {"small": "https://v/s.jpg", "raw": "https://v/r.jpg", "seed": 7}
HIDDEN = {"error_code": "Sensitive"}
BROKEN = {"error_code": "EngineGenError"}


def outcome_of(state: str, *images: dict[str, Any], message: str = "") -> Outcome:
    answer = {"task_id": "t", "state": state, "state_message": message, "images": list(images)}
    return outcomes({"t": Task.read(answer)})["t"]


@pytest.mark.parametrize("state", ["PENDING", "RUNNING"])
def test_what_is_under_way_is_waited_for(state: str) -> None:
    assert outcome_of(state, WELL) == Waiting()


def test_pictures_keep_their_places_seeds_and_links() -> None:
    made = outcome_of("SUCCESS", WELL, {**WELL, "seed": 8})
    assert isinstance(made, Made)
    assert [(picture.index, picture.seed) for picture in made.pictures] == [(0, 7), (1, 8)]
    assert made.pictures[0].raw_url == "https://v/r.jpg"
    assert made.pictures[0].small_url == "https://v/s.jpg"


def test_one_link_serves_as_both() -> None:
    made = outcome_of("SUCCESS", {"raw": "https://v/r.jpg"}, {"small": "https://v/s.jpg"})
    assert isinstance(made, Made)
    assert [picture.small_url for picture in made.pictures] == ["https://v/r.jpg", "https://v/s.jpg"]
    assert [picture.raw_url for picture in made.pictures] == ["https://v/r.jpg", "https://v/s.jpg"]


def test_pictures_that_are_withheld_do_not_take_the_others_away() -> None:
    made = outcome_of("SUCCESS", WELL, HIDDEN, {"seed": 9})
    assert isinstance(made, Made)
    assert [picture.error_code for picture in made.pictures] == ["", "Sensitive", "InternalError"]


def test_a_code_of_any_length_fits_its_column() -> None:
    made = outcome_of("SUCCESS", WELL, {"error_code": "E" * 100})
    assert isinstance(made, Made)
    assert made.pictures[1].error_code == "E" * 32


@pytest.mark.parametrize(
    ("images", "code"),
    [
        ([HIDDEN, HIDDEN], 18),
        ([BROKEN, HIDDEN], 18),
        ([BROKEN], 13),
        ([{"seed": 7}], 13),
        ([], 13),
    ],
)
def test_success_without_a_picture_is_a_failure(images: list[dict[str, Any]], code: int) -> None:
    failed = outcome_of("SUCCESS", *images, message="OK")
    assert failed == Failed(code, "OK")


@pytest.mark.parametrize(
    ("message", "code"), [("生成失败", 13), ("", 13), ("内容敏感", 18), ("违规内容", 18), ("Sensitive words", 18)]
)
def test_a_failed_task_is_of_the_filter_or_of_the_vendor(message: str, code: int) -> None:
    assert outcome_of("FAILED", WELL, message=message) == Failed(code, message)
