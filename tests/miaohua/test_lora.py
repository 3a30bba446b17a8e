import json
from typing import Any

import pytest
import respx
from structlog.testing import capture_logs

from bot.miaohua.client import Miaohua
from bot.miaohua.errors import FailedPrecondition, Unanswered
from bot.miaohua.lora import LoraTraining, TrainRequest
from bot.miaohua.tasks import State
from tests.miaohua.refusals import refusal

URL = "https://pictures.test/{}.jpg"
PLAIN = {"base_model_id": "b", "images": [URL.format(1)]}
FULL = {
    "base_model_id": "cq71d1kq0d02r73hadf0",
    "model_name": "My Custom Model",
    "description": "This is a custom model",
    "trigger_word": "custom_style",
    "main_object": "Style",
    "task_type": "VIP",
    "images": [URL.format(1), "http://h/2.png", "uploads/3", "key-4"],
}


@pytest.fixture
def family(api: Miaohua) -> LoraTraining:
    return LoraTraining(api)


def test_a_full_request_is_sent_as_it_is() -> None:
    assert TrainRequest.build(**FULL).payload() == FULL


@pytest.mark.parametrize(("field", "most"), [("model_name", 64), ("description", 1024), ("trigger_word", 256)])
def test_texts_have_a_longest(field: str, most: int) -> None:
    for value in ["", "x" * most, "汉" * most]:
        assert TrainRequest.build(**PLAIN, **{field: value}).payload() == {**PLAIN, field: value}
    assert refusal(TrainRequest, **PLAIN, **{field: "x" * (most + 1)}) == (field, f"≤ {most}")


def test_one_to_a_thousand_pictures_are_trained_on() -> None:
    many = [URL.format(number) for number in range(1001)]
    for images in ([many[0]], many[:1000]):
        assert TrainRequest.build(base_model_id="b", images=images).payload()["images"] == images
    for images in ([], many):
        assert refusal(TrainRequest, base_model_id="b", images=images) == ("images", "1–1000")


def test_each_picture_is_there_once() -> None:
    assert refusal(TrainRequest, base_model_id="b", images=["k1", "k2", "k1"]) == ("images", "1–1000, ≠")


def test_a_picture_is_a_link_or_a_key() -> None:
    links = "http://…, https://…"
    assert refusal(TrainRequest, base_model_id="b", images=["k", "ftp://h/a"]) == ("images.1", links)
    assert refusal(TrainRequest, base_model_id="b", images=["https://"]) == ("images.0", links)
    field, _ = refusal(TrainRequest, base_model_id="b", images=[""])
    assert field == "images.0"


async def test_models_are_asked_by_kind(vendor: respx.MockRouter, family: LoraTraining) -> None:
    data = [{"id": "m", "base_model_type": "mini1.5", "model_type": "Checkpoint", "trigger_word": "机甲"}]
    route = vendor.get("/v1/lora/models").respond(json={"have_next": False, "data": data})
    assert [model.trigger_words for model in await family.models()] == ["机甲"]
    await family.models("LORA")
    assert [call.request.url.params["type"] for call in route.calls] == ["Checkpoint", "LORA"]


READ: list[tuple[dict[str, Any], tuple[State, str, str, float, str]]] = [
    (
        {"state": "RUNNING", "state_message": "epoch 3", "lora_id": "", "training_progress": 0.25},
        (State.RUNNING, "epoch 3", "", 0.25, ""),
    ),
    ({"state": "PENDING", "training_progress": 0}, (State.PENDING, "", "", 0, "")),
    (
        {"state": "DONE", "state_msg": "", "lora_id": "l1", "training_progress": 1},
        (State.SUCCESS, "", "l1", 1, ""),
    ),
    (
        {"state": "SUCCESS", "state_message": None, "state_msg": "fine", "lora_id": "l1", "trigger_word": "mecha"},
        (State.SUCCESS, "fine", "l1", 0, "mecha"),
    ),
    ({"state": "FAILED", "state_msg": "no person", "trigger_words": "x"}, (State.FAILED, "no person", "", 0, "x")),
    ({"state": "RUNNING", "training_progress": 1.7}, (State.RUNNING, "", "", 1, "")),
    ({"state": "RUNNING", "training_progress": -1}, (State.RUNNING, "", "", 0, "")),
    ({"state": "RUNNING", "training_progress": "0.5"}, (State.RUNNING, "", "", 0.5, "")),
]


@pytest.mark.parametrize(("answer", "expected"), READ)
async def test_a_training_is_read_in_both_spellings(
    vendor: respx.MockRouter,
    family: LoraTraining,
    answer: dict[str, Any],
    expected: tuple[State, str, str, float, str],
) -> None:
    vendor.get("/v1/lora/result/t").respond(json={"task_id": "t", **answer})
    batch = vendor.get("/v1/lora/results").respond(json={"results": [{"task_id": "t", **answer}]})
    for found in (await family.result("t"), (await family.results(["t"]))["t"]):
        read = (found.state, found.state_message, found.lora_id, found.training_progress, found.trigger_words)
        assert read == expected
        assert found.is_terminal is (expected[0] in {State.SUCCESS, State.FAILED})
        assert found.images == ()
    assert json.loads(batch.calls.last.request.content) == {"task_ids": ["t"]}


async def test_a_training_that_makes_no_sense_is_left_out(vendor: respx.MockRouter, family: LoraTraining) -> None:
    items = [
        {"task_id": "a", "state": "FINISHED"},
        {"task_id": "b", "state": "RUNNING", "training_progress": "half"},
        {"task_id": "c", "state": "RUNNING", "training_progress": float("nan")},
        {"task_id": "d", "state": "PENDING"},
    ]
    vendor.get("/v1/lora/results").respond(content=json.dumps({"results": items}))
    with capture_logs() as logs:
        assert list(await family.results(["a", "b", "c", "d"])) == ["d"]
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["miaohua.unreadable_item"] * 3


@pytest.mark.parametrize(("answer", "went"), [({"success": True}, True), ({"success": False}, False), ({}, False)])
async def test_a_training_is_taken_back(
    vendor: respx.MockRouter, family: LoraTraining, answer: dict[str, Any], *, went: bool
) -> None:
    route = vendor.post("/v1/lora/cancel").respond(json=answer)
    assert await family.cancel("t") is went
    assert json.loads(route.calls.last.request.content) == {"task_id": "t"}


async def test_a_training_that_runs_is_not_taken_back(vendor: respx.MockRouter, family: LoraTraining) -> None:
    route = vendor.post("/v1/lora/cancel").respond(400, json={"error": {"code": 9, "message": "not waiting"}})
    with pytest.raises(FailedPrecondition):
        await family.cancel("t")
    route.respond(json={"success": "perhaps"})
    with pytest.raises(Unanswered):
        await family.cancel("t")
