"""The fields of an order, below, at and above their bounds."""

import json
from typing import Any

import httpx
import pytest

from bot.sandbox.vendor.imgenstd.catalogue import MODELS
from bot.sandbox.vendor.vendor import Vendor

V1, V05, V05_TURBO, V04, V04_TURBO = (model.id for model in MODELS.values() if model.model_type == "Checkpoint")
LORA_04 = "ctdaev4vgbeka9k7dq2g"
LORA_05 = "ctdb1hkvgbeka9k7dq50"
URL = "http://127.0.0.1:9/a.png"
CANNY = {"type": "canny", "img_url": URL}
LORA = {"model_id": LORA_04}

# field: (accepted, refused); the limits are the document's, the closed ends accepted.
FIELDS: dict[str, tuple[list[Any], list[Any]]] = {
    "model_id": ([V04, V1], ["", " ", None, 1]),
    "prompt": (
        ["a", "x" * 2000, "狐" * 1000, "狐" * 999 + "xx"],
        ["", "  ", "x" * 2001, "狐" * 1001, "狐" * 1000 + "x", None, 1],
    ),
    "neg_prompt": (["", "x" * 2000, "狐" * 1000], ["x" * 2001, "狐" * 1001, None, 1]),
    "force_translation": ([True, False], [1, 0, "true", None]),
    "add_prompt": ([True, False], [1, "false", None]),
    "cfg_scale": ([1, 1.0, 7.5, 20], [0.99, 20.01, 0, True, "7", None]),
    "samples": ([1, 8], [0, 9, -1, 1.0, True, "1", None]),
    "height": ([640, 6000], [639, 6001, 0, 960.0, "960", True, None]),
    "width": ([640, 6000], [639, 6001, 0, 960.0, "960", True, None]),
    "seed": ([0, 1, 99999998], [-1, 99999999, 1.0, "7", True, None]),
    "steps": ([1, 70], [0, 71, -1, 30.0, "30", True, None]),
    "format": (["JPG", "PNG"], ["jpg", "png", "WEBP", "JPEG", "", None]),
    "img_url": (["", URL], [None, 1, "no address", "ftp://127.0.0.1/a.png"]),
    "image_strength": ([0, 0.6, 1], [-0.01, 1.01, True, "0.6", None]),
    "watermark_config": (
        [{}, {"type": "Default"}, {"type": "MakaLogo"}],
        [{"type": "makalogo"}, {"type": ""}, {"type": None}, {"text": "x"}, "Default", None, []],
    ),
    "controlnet_configs": ([[], [CANNY], [CANNY] * 3], [[CANNY] * 4, CANNY, None, [None], [{}]]),
    "lora_configs": ([[], [LORA], [LORA, LORA]], [LORA, None, [None], [{}]]),
    "unknown": ([], [1, None, ""]),
}

CONTROL_FIELDS: dict[str, tuple[list[Any], list[Any]]] = {
    "type": (
        ["canny", "openpose", "depth", "softedge", "normal", "scribble", "seg"],
        ["Canny", "", "lineartanime", None],
    ),
    "img_url": ([URL], ["", None, 1]),
    "weight": ([0.01, 1, 2], [0, 2.01, -1, True, "1", None]),
    "pre_processor": (["", "canny", "invert", "pass"], ["openpose", "none", None]),
    "guidance_start": ([0, 0.5, 1], [-0.01, 1.01, True, None]),
    "guidance_end": ([0, 0.5, 1], [-0.01, 1.01, True, None]),
    "canny_low_threshold": ([1, 255], [0, 256, 1.0, True, None]),
    "canny_high_threshold": ([1, 255], [0, 256, 1.0, True, None]),
    "tile_down_sample_rate": ([1, 8], [0.99, 8.01, True, None]),
    "unknown": ([], [1]),
}

LORA_FIELDS: dict[str, tuple[list[Any], list[Any]]] = {
    "model_id": ([LORA_04], ["", None, 1]),
    "merge_weight": ([0.01, 1, 1.99], [0, 2, -1, True, "1", None]),
    "unknown": ([], [1]),
}


def rows(table: dict[str, tuple[list[Any], list[Any]]], side: int) -> list[Any]:
    return [
        pytest.param(field, value, id=f"{field}-{json.dumps(value)[:40]}")
        for field, sides in table.items()
        for value in sides[side]
    ]


async def send(api: httpx.AsyncClient, **fields: object) -> httpx.Response:
    return await api.post("/v1/imgenstd/imgen", json={"model_id": V04, "prompt": "a fox", **fields})


def assert_refused(answer: httpx.Response, code: int = 3) -> None:
    assert answer.status_code >= 400
    assert answer.json()["error"]["code"] == code


@pytest.mark.parametrize(("field", "value"), rows(FIELDS, 0))
async def test_accepted(api: httpx.AsyncClient, vendor: Vendor, field: str, value: object) -> None:
    answer = await send(api, **{field: value})
    assert answer.status_code == 200, answer.text
    assert [task.id for task in vendor.tasks.all()] == [answer.json()["task_id"]]


@pytest.mark.parametrize(("field", "value"), rows(FIELDS, 1))
async def test_refused(api: httpx.AsyncClient, vendor: Vendor, field: str, value: object) -> None:
    answer = await send(api, **{field: value})
    assert_refused(answer)
    assert field in answer.json()["error"]["message"]
    assert vendor.tasks.all() == []


@pytest.mark.parametrize(("field", "value"), rows(CONTROL_FIELDS, 0))
async def test_accepted_in_controlnet(api: httpx.AsyncClient, field: str, value: object) -> None:
    ends = {"guidance_start": 0} if field == "guidance_end" else {}
    assert (await send(api, controlnet_configs=[{**CANNY, **ends, field: value}])).status_code == 200


@pytest.mark.parametrize(("field", "value"), rows(CONTROL_FIELDS, 1))
async def test_refused_in_controlnet(api: httpx.AsyncClient, field: str, value: object) -> None:
    assert_refused(await send(api, controlnet_configs=[{**CANNY, field: value}]))


@pytest.mark.parametrize(("field", "value"), rows(LORA_FIELDS, 0))
async def test_accepted_in_lora(api: httpx.AsyncClient, field: str, value: object) -> None:
    assert (await send(api, lora_configs=[{**LORA, field: value}])).status_code == 200


@pytest.mark.parametrize(("field", "value"), rows(LORA_FIELDS, 1))
async def test_refused_in_lora(api: httpx.AsyncClient, field: str, value: object) -> None:
    assert_refused(await send(api, lora_configs=[{**LORA, field: value}]))


@pytest.mark.parametrize("missing", ["model_id", "prompt"])
async def test_required(api: httpx.AsyncClient, missing: str) -> None:
    body = {"model_id": V04, "prompt": "a fox"}
    del body[missing]
    assert_refused(await api.post("/v1/imgenstd/imgen", json=body))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"a"', b"\xff", b'{"cfg_scale": NaN}'])
async def test_json_objects_only(api: httpx.AsyncClient, body: bytes) -> None:
    assert_refused(await api.post("/v1/imgenstd/imgen", content=body))


async def test_guidance_must_not_end_before_it_starts(api: httpx.AsyncClient) -> None:
    assert_refused(await send(api, controlnet_configs=[{**CANNY, "guidance_start": 0.6, "guidance_end": 0.5}]))


@pytest.mark.parametrize(
    ("kind", "pre_processor", "ok"),
    [
        ("openpose", "openpose_hand", True),
        ("openpose", "pass", True),
        ("openpose", "canny", False),
        ("depth", "pass", True),
        ("depth", "depth", False),
    ],
)
async def test_each_type_has_its_pre_processors(
    api: httpx.AsyncClient, kind: str, pre_processor: str, *, ok: bool
) -> None:
    config = {"type": kind, "img_url": URL, "pre_processor": pre_processor}
    assert (await send(api, controlnet_configs=[config])).is_success is ok


# What the document's table says each model can do.
@pytest.mark.parametrize(
    ("model_id", "image", "control", "lora"),
    [
        (V1, False, False, False),
        (V05, True, False, False),
        (V05_TURBO, False, False, False),
        (V04_TURBO, False, True, False),
        (V04, True, True, True),
    ],
)
async def test_models_do_what_they_can(
    api: httpx.AsyncClient, model_id: str, *, image: bool, control: bool, lora: bool
) -> None:
    assert (await send(api, model_id=model_id)).is_success
    assert (await send(api, model_id=model_id, img_url=URL)).is_success is image
    assert (await send(api, model_id=model_id, controlnet_configs=[CANNY])).is_success is control
    assert (await send(api, model_id=model_id, lora_configs=[LORA])).is_success is lora


async def test_a_controlnet_that_no_model_has(api: httpx.AsyncClient) -> None:
    assert_refused(await send(api, controlnet_configs=[{"type": "lineart_anime", "img_url": URL}]))


async def test_models_that_are_not_there(api: httpx.AsyncClient) -> None:
    assert_refused(await send(api, model_id="nothing"), 5)
    assert_refused(await send(api, lora_configs=[{"model_id": "nothing"}]), 5)


async def test_a_lora_is_no_base_model_and_the_other_way_round(api: httpx.AsyncClient) -> None:
    assert_refused(await send(api, model_id=LORA_04))
    assert_refused(await send(api, lora_configs=[{"model_id": V04}]))


async def test_a_lora_of_another_base(api: httpx.AsyncClient) -> None:
    assert_refused(await send(api, lora_configs=[{"model_id": LORA_05}]))
