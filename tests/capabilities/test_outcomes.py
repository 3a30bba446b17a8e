from typing import Any

import pytest

from bot.capabilities.outcomes import detected, pictured, trained
from bot.miaohua.face import Detection
from bot.miaohua.lora import Training
from bot.miaohua.tasks import Task
from bot.sandbox.vendor.lora.training import CANCELLED, NOBODY_SHOWN
from bot.tracker.ports import Failed, Made, Outcome, Waiting

WELL = {"small": "https://v/s.jpg", "raw": "https://v/r.jpg", "seed": 7}
HIDDEN = {"error_code": "Sensitive"}
BROKEN = {"error_code": "EngineGenError"}


def outcome_of(state: str, *images: dict[str, Any], message: str = "") -> Outcome:
    answer = {"task_id": "t", "state": state, "state_message": message, "images": list(images)}
    return pictured(Task.read(answer))


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


class TestDetections:
    def test_that_run_are_waited_for(self) -> None:
        assert detected(Detection.read({"state": 0, "faces": [{"coords": [1, 2, 3, 4]}]})) == Waiting()

    def test_bring_numbered_boxes(self) -> None:
        found = detected(Detection.read({"state": 1, "faces": [{"index": 3, "coords": [10, 20, 5, 40.5]}]}))
        assert found == Made(found={"faces": [{"index": 3, "left": 5, "top": 20, "right": 10, "bottom": 40.5}]})

    def test_may_bring_none(self) -> None:
        assert detected(Detection.read({"state": 1})) == Made(found={"faces": []})


class TestTrainings:
    def training(self, state: str, message: str = "", **more: Any) -> Outcome:
        return trained(Training.read({"task_id": "t", "state": state, "state_msg": message, **more}))

    @pytest.mark.parametrize("state", ["PENDING", "RUNNING"])
    def test_say_how_far_they_are(self, state: str) -> None:
        assert self.training(state, training_progress=0.4) == Waiting(0.4)

    def test_bring_a_lora(self) -> None:
        made = self.training("DONE", lora_id="l1", trigger_word="a blue cat", training_progress=1)
        assert made == Made(found={"lora_id": "l1", "trigger_words": "a blue cat"})

    def test_without_a_lora_have_failed(self) -> None:
        assert self.training("SUCCESS") == Failed(13, "")

    @pytest.mark.parametrize(
        ("message", "code", "words"),
        [
            (NOBODY_SHOWN, 3, "no person"),
            ("图片中没有检测到人脸", 3, "no person"),
            ("sensitive images", 18, "content filter"),
            ("图片内容违规", 18, "content filter"),
            ("too few images", 3, "too few"),
            ("at least 5 images are required", 3, "too few"),
            ("图片数量不足", 3, "too few"),
            ("failed to download images.3", 3, "could not read"),
            ("图片读取失败", 3, "could not read"),
            (CANCELLED, 1, "cancelled"),
        ],
    )
    def test_fail_for_reasons_that_are_ours_to_say(self, message: str, code: int, words: str) -> None:
        failed = self.training("FAILED", message)
        assert isinstance(failed, Failed)
        assert (failed.code, failed.detail) == (code, message)
        assert failed.reason is not None
        assert words in failed.reason.plain("en")
        assert not failed.reason.params  # the vendor's words stay out of it

    @pytest.mark.parametrize("message", ["", "engine error 7"])
    def test_or_for_one_that_nobody_knows(self, message: str) -> None:
        assert self.training("FAILED", message) == Failed(13, message)

    @pytest.mark.parametrize("state", ["PENDING", "RUNNING"])
    @pytest.mark.parametrize(
        ("message", "code"),
        [(NOBODY_SHOWN, 3), ("图片中没有检测到人脸", 3), ("图片内容违规", 18), ("too few images", 3), (CANCELLED, 1)],
    )
    def test_have_failed_though_they_are_said_to_run(self, state: str, message: str, code: int) -> None:
        failed = self.training(state, message, training_progress=0)
        assert failed == self.training("FAILED", message)
        assert isinstance(failed, Failed)
        assert failed.code == code

    @pytest.mark.parametrize(
        ("message", "progress"),
        [(NOBODY_SHOWN, 0.1), ("downloading images", 0), ("人脸检测中", 0), ("not begun yet", 0), ("", 0)],
    )
    def test_go_on_whatever_else_is_said_of_them(self, message: str, progress: float) -> None:
        assert self.training("RUNNING", message, training_progress=progress) == Waiting(progress)
