"""The vendor's tables of fields, for all families but `imgenstd`, which has its own test."""

import json
from typing import Any

import pytest

from bot.miaohua.bounds import bounds_of
from bot.miaohua.erase import CutoutRequest, EraseRequest
from bot.miaohua.face import DetectRequest, ReferenceFace, SwapRequest
from bot.miaohua.inpaint import InpaintRequest
from bot.miaohua.lora import TrainRequest
from bot.miaohua.outpaint import FreeOutpaintRequest, OutpaintRequest
from bot.miaohua.requests import VendorRequest
from bot.miaohua.split import SplitRequest
from bot.miaohua.stylization import StylizationRequest
from bot.miaohua.sup_res import SupResRequest
from tests.miaohua.refusals import refusal

URL = "https://pictures.test/a.jpg"
MASK = "https://pictures.test/mask.png"
INF, NAN = float("inf"), float("nan")
LINKS = "http://…, https://…"

FACE = {"url": URL, "index": 0, "base_index": 1}

# The least that each request needs.
LEAST: dict[type[VendorRequest], dict[str, Any]] = {
    DetectRequest: {"img_url": URL},
    ReferenceFace: FACE,
    SwapRequest: {"model_id": "m", "base_img": {"url": URL}, "faces": [FACE]},
    CutoutRequest: {"model_id": "m", "img_url": URL, "mask_img_url": MASK},
    EraseRequest: {"model_id": "m", "img_url": URL, "mask_img_url": MASK},
    OutpaintRequest: {"model_id": "m", "img_url": URL},
    FreeOutpaintRequest: {"model_id": "m", "img_url": URL, "height": 1024, "width": 1024},
    StylizationRequest: {"model_id": "m", "img_url": URL},
    InpaintRequest: {"model_id": "m", "img_url": URL, "mask_img_url": MASK, "prompt": "a fox"},
    SupResRequest: {"model_id": "m", "img_url": URL},
    SplitRequest: {"model_id": "m", "img_url": URL},
    TrainRequest: {"base_model_id": "b", "images": [URL]},
}

# What the vendor assumes where nothing is said.
DEFAULTS: dict[type[VendorRequest], dict[str, Any]] = {
    DetectRequest: {"type": "normal"},
    ReferenceFace: {},
    SwapRequest: {"dino_scale": 0.2, "guidance_scale": 30, "format": "JPG"},
    CutoutRequest: {"format": "JPG", "mask_type": "smear"},
    EraseRequest: {"samples": 1, "mask_type": "free", "format": "JPG"},
    OutpaintRequest: {"samples": 1, "outpaint_ratio": 1.5, "align_position": "middle", "format": "JPG"},
    FreeOutpaintRequest: {"samples": 1, "free_x": 0, "free_y": 0, "format": "JPG"},
    StylizationRequest: {"samples": 1, "format": "JPG"},
    InpaintRequest: {
        "samples": 1,
        "format": "JPG",
        "force_translation": False,
        "add_prompt": False,
        "repaint_strength": 1,
        "cfg_scale": 8.0,
        "seed": 0,
        "steps": 30,
    },
    SupResRequest: {"hd_ratio": 1.5, "format": "JPG"},
    SplitRequest: {"hd_ratio": "1.5", "format": "PNG"},
    TrainRequest: {"main_object": "Human", "task_type": "NORMAL"},
}

SAMPLES: tuple[list[Any], list[Any], str] = ([1, 8], [0, 9, 1.5, 2.0, "2", True], "1–8")
RATIO: tuple[list[Any], list[Any], str] = ([1.001, 2, 3], [1, 1.0, 3.001, 0, -2, NAN, INF, "2"], "> 1, ≤ 3")
FREE_SIDE: tuple[list[Any], list[Any], str] = (
    [640, 704, 5952],
    [576, 639, 641, 648, 1000, 6000, 6016, 1024.0],
    "640, 704, …, 5952",
)
OFFSET: tuple[list[Any], list[Any], str] = ([0, 8, 6000], [-8, 1, 4, 5999, 6008, 8.0], "0, 8, …, 6000")

# field, inside, outside, how the range is phrased
RANGES: list[tuple[type[VendorRequest], str, list[Any], list[Any], str]] = [
    (ReferenceFace, "index", [0, 7], [-1, 0.0, "0", False], "≥ 0"),
    (ReferenceFace, "base_index", [0, 7], [-1, 0.0, "0", False], "≥ 0"),
    (SwapRequest, "dino_scale", [0, 0.4, 1], [-0.01, 1.01, NAN, "0.2", True], "0–1"),
    (SwapRequest, "guidance_scale", [10, 30, 100], [9, 101, 30.0, NAN], "10–100"),
    (EraseRequest, "samples", *SAMPLES),
    (OutpaintRequest, "samples", *SAMPLES),
    (OutpaintRequest, "outpaint_ratio", [1.001, 2, 5], [1, 5.001, 0, NAN, INF, "2"], "> 1, ≤ 5"),
    (OutpaintRequest, "height", [640, 6000], [639, 6001, 960.0], "640–6000"),
    (OutpaintRequest, "width", [640, 6000], [639, 6001, 960.0], "640–6000"),
    (FreeOutpaintRequest, "samples", *SAMPLES),
    (FreeOutpaintRequest, "height", *FREE_SIDE),
    (FreeOutpaintRequest, "width", *FREE_SIDE),
    (FreeOutpaintRequest, "free_x", *OFFSET),
    (FreeOutpaintRequest, "free_y", *OFFSET),
    (StylizationRequest, "samples", *SAMPLES),
    (InpaintRequest, "samples", *SAMPLES),
    (InpaintRequest, "repaint_strength", [0.1, 0.5, 1], [0, 0.09, 1.01, NAN, "1"], "0.1–1"),
    (InpaintRequest, "cfg_scale", [1, 8.0, 20], [0.99, 20.01, NAN, INF], "1–20"),
    (InpaintRequest, "seed", [0, 9_999_998], [-1, 9_999_999, 99_999_998, 1.0], "0–9999998"),
    (InpaintRequest, "steps", [1, 70], [0, 71, 30.0], "1–70"),
    (SupResRequest, "hd_ratio", *RATIO),
]

WATERMARK = (["Default", "MakaLogo"], "Default, MakaLogo")
FORMAT = (["JPG", "PNG"], "JPG, PNG")
MARKS = ["smear", "box", "circle", "line", "point"]
NINE = [
    "topleft",
    "topmiddle",
    "topright",
    "middleleft",
    "middle",
    "middleright",
    "bottomleft",
    "bottommiddle",
    "bottomright",
]

CHOICES: list[tuple[type[VendorRequest], str, list[str], str]] = [
    (DetectRequest, "type", ["normal", "anime"], "normal, anime"),
    (CutoutRequest, "mask_type", MARKS, "smear, box, circle, line, point"),
    (EraseRequest, "mask_type", ["free", *MARKS], "free, smear, box, circle, line, point"),
    (OutpaintRequest, "align_position", NINE, ", ".join(NINE)),
    (TrainRequest, "main_object", ["Human", "Style"], "Human, Style"),
    (TrainRequest, "task_type", ["NORMAL", "VIP"], "NORMAL, VIP"),
    *((model, "format", *FORMAT) for model, defaults in DEFAULTS.items() if "format" in defaults),
]

WITH_WATERMARK: list[type[VendorRequest]] = [
    SwapRequest,
    CutoutRequest,
    EraseRequest,
    OutpaintRequest,
    FreeOutpaintRequest,
    StylizationRequest,
    InpaintRequest,
    SupResRequest,
]
WITH_MASK: list[type[VendorRequest]] = [CutoutRequest, EraseRequest, InpaintRequest]
NEEDED = [
    (model, field)
    for model, least in LEAST.items()
    for field in least
    if (model, field) != (StylizationRequest, "img_url")  # a picture as text does as well
]
WITH_LINK = [model for model, least in LEAST.items() if "img_url" in least]


@pytest.mark.parametrize(("model", "field", "inside", "outside", "allowed"), RANGES)
def test_a_number_is_taken_inside_its_range_and_refused_outside(
    model: type[VendorRequest], field: str, inside: list[Any], outside: list[Any], allowed: str
) -> None:
    for value in inside:
        assert model.build(**{**LEAST[model], field: value}).payload() == {**LEAST[model], field: value}
    for value in outside:
        assert refusal(model, **{**LEAST[model], field: value}) == (field, allowed)


def test_no_numeric_field_is_left_out() -> None:
    tried = {(model, field) for model, field, *_ in RANGES}
    elsewhere = {(StylizationRequest, "height"), (StylizationRequest, "width"), (SplitRequest, "hd_ratio")}
    assert {(model, field) for model in LEAST for field in model.model_fields if _has_bounds(model, field)} == (
        tried | elsewhere
    )


def _has_bounds(model: type[VendorRequest], field: str) -> bool:
    try:
        bounds_of(model, field)
    except LookupError:
        return False
    return True


def test_the_ratio_of_a_cut_out_is_sent_as_text() -> None:
    inside, outside, allowed = RATIO
    for value in inside:
        assert SplitRequest.build(**LEAST[SplitRequest], hd_ratio=value).payload()["hd_ratio"] == str(float(value))
    for value in outside:
        assert refusal(SplitRequest, **LEAST[SplitRequest], hd_ratio=value) == ("hd_ratio", allowed)


@pytest.mark.parametrize(("model", "field", "choices", "allowed"), CHOICES)
def test_a_choice_is_one_of_the_vendors_words(
    model: type[VendorRequest], field: str, choices: list[str], allowed: str
) -> None:
    for word in choices:
        assert model.build(**LEAST[model], **{field: word}).payload() == {**LEAST[model], field: word}
    for wrong in ["", "other", choices[0].swapcase(), 1]:
        assert refusal(model, **LEAST[model], **{field: wrong}) == (field, allowed)


@pytest.mark.parametrize("model", LEAST)
def test_only_what_was_said_is_sent(model: type[VendorRequest]) -> None:
    assert model.build(**LEAST[model]).payload() == LEAST[model]
    unsaid = {field: None for field in model.model_fields if field not in LEAST[model]}
    assert model.build(**LEAST[model], **unsaid).payload() == LEAST[model]


@pytest.mark.parametrize("model", LEAST)
def test_defaults_are_the_vendors(model: type[VendorRequest]) -> None:
    assert model.build(**LEAST[model]).model_dump(mode="json", exclude_none=True) == {**LEAST[model], **DEFAULTS[model]}


@pytest.mark.parametrize(("model", "field"), NEEDED)
def test_what_is_needed_is_asked_for(model: type[VendorRequest], field: str) -> None:
    refused, _ = refusal(model, **{name: value for name, value in LEAST[model].items() if name != field})
    assert refused == field


@pytest.mark.parametrize("model", LEAST)
def test_an_unknown_field_is_refused(model: type[VendorRequest]) -> None:
    assert refusal(model, **LEAST[model], sampler="Euler") == ("sampler", ", ".join(model.model_fields))


def test_who_takes_a_watermark() -> None:
    choices, allowed = WATERMARK
    assert [model for model in LEAST if "watermark_config" in model.model_fields] == WITH_WATERMARK
    for model in WITH_WATERMARK:
        for word in choices:
            said = {**LEAST[model], "watermark_config": {"type": word}}
            assert model.build(**said).payload() == said
        assert refusal(model, **LEAST[model], watermark_config={"type": "Mine"}) == ("watermark_config.type", allowed)


@pytest.mark.parametrize("url", ["", "a.jpg", "ftp://pictures.test/a.jpg", "https://", "https://a b/c"])
def test_a_link_is_one_that_the_vendor_can_open(url: str) -> None:
    for model in WITH_LINK:
        assert refusal(model, **{**LEAST[model], "img_url": url}) == ("img_url", LINKS)
    for model in WITH_MASK:
        assert refusal(model, **{**LEAST[model], "mask_img_url": url}) == ("mask_img_url", LINKS)
    assert refusal(SwapRequest, **{**LEAST[SwapRequest], "base_img": {"url": url}}) == ("base_img.url", LINKS)
    assert refusal(ReferenceFace, **{**FACE, "url": url}) == ("url", LINKS)


@pytest.mark.parametrize("model", LEAST)
def test_a_request_goes_to_json_and_back(model: type[VendorRequest]) -> None:
    request = model.build(**LEAST[model])
    assert model.build(**json.loads(json.dumps(request.payload()))) == request


@pytest.mark.parametrize("model", LEAST)
def test_half_characters_are_refused(model: type[VendorRequest]) -> None:
    if model is TrainRequest:
        assert refusal(model, base_model_id="b", images=["key", "k\ud83e"]) == ("images.1", "UTF-8")
    field = next(field for field in ("model_id", "base_model_id", "img_url", "url") if field in LEAST[model])
    assert refusal(model, **{**LEAST[model], field: "https://h/\ud83e"}) == (field, "UTF-8")
