import json
from typing import Any, get_args

import pytest
import respx
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.miaohua.client import Miaohua
from bot.miaohua.errors import InvalidArgument
from bot.miaohua.imgenstd import ControlNet, ControlNetType, ImageRequest, Imgenstd, Lora
from bot.miaohua.requests import VendorRequest, Watermark
from tests.miaohua.refusals import refusal

URL = "https://pictures.test/a.jpg"
INF, NAN = float("inf"), float("nan")

IMAGE = {"model_id": "m", "prompt": "a fox"}
PLAIN = {"type": "depth", "img_url": URL}
CANNY = {"type": "canny", "img_url": URL}
TILE = {"type": "tile", "img_url": URL}
LORA = {"model_id": "l"}

# The vendor's tables: model, what else it needs, field, inside, outside, how the range is phrased
RANGES: list[tuple[type[VendorRequest], dict[str, Any], str, list[Any], list[Any], str]] = [
    (ImageRequest, IMAGE, "cfg_scale", [1, 1.0, 7.5, 20], [0.99, 20.01, 0, -1, NAN, INF, -INF, "7", True], "1–20"),
    (ImageRequest, IMAGE, "samples", [1, 8], [0, 9, 1.5, 2.0, "2", True, NAN], "1–8"),
    (ImageRequest, IMAGE, "height", [640, 6000], [639, 6001, 960.0, INF], "640–6000"),
    (ImageRequest, IMAGE, "width", [640, 6000], [639, 6001, 960.0, INF], "640–6000"),
    (ImageRequest, IMAGE, "seed", [0, 1, 99_999_998], [-1, 99_999_999, 100_000_000, 1.0], "0–99999998"),
    (ImageRequest, IMAGE, "steps", [1, 70], [0, 71, -1, 0.5, 30.0, NAN], "1–70"),
    (ImageRequest, IMAGE, "image_strength", [0, 0.6, 1], [-0.01, 1.01, NAN, "0.5"], "0–1"),
    (ControlNet, PLAIN, "weight", [0.01, 1, 2], [0, -0.01, 2.01, NAN, INF], "> 0, ≤ 2"),
    (ControlNet, PLAIN, "guidance_start", [0, 0.5, 1], [-0.01, 1.01, NAN], "0–1"),
    (ControlNet, PLAIN, "guidance_end", [0, 0.5, 1], [-0.01, 1.01, NAN], "0–1"),
    (ControlNet, CANNY, "canny_low_threshold", [1, 255], [0, 256, 1.5], "1–255"),
    (ControlNet, CANNY, "canny_high_threshold", [1, 255], [0, 256, 1.5], "1–255"),
    (ControlNet, TILE, "tile_down_sample_rate", [1, 1.5, 8], [0.99, 8.01, NAN], "1–8"),
    (Lora, LORA, "merge_weight", [0.01, 1, 1.99], [0, 2, -1, NAN, INF], "> 0, < 2"),
]
INSIDE = [(model, base, field, value) for model, base, field, good, _, _ in RANGES for value in good]
OUTSIDE = [(model, base, field, value, says) for model, base, field, _, bad, says in RANGES for value in bad]


@pytest.mark.parametrize(("model", "base", "field", "value"), INSIDE)
def test_values_inside_are_sent_as_they_are(
    model: type[VendorRequest], base: dict[str, Any], field: str, value: object
) -> None:
    assert model.build(**base, **{field: value}).payload() == {**base, field: value}


@pytest.mark.parametrize(("model", "base", "field", "value", "allowed"), OUTSIDE)
def test_values_outside_are_refused_with_the_range(
    model: type[VendorRequest], base: dict[str, Any], field: str, value: object, allowed: str
) -> None:
    assert refusal(model, **base, **{field: value}) == (field, allowed)


def test_defaults_are_the_vendors_and_are_not_sent() -> None:
    request = ImageRequest.build(**IMAGE)
    assert request.payload() == IMAGE
    assert (request.cfg_scale, request.samples, request.height, request.width) == (7, 1, 960, 960)
    assert (request.seed, request.steps, request.format, request.image_strength) == (0, 30, "JPG", 0.6)
    assert not request.force_translation
    assert not request.add_prompt
    guide = ControlNet.build(**PLAIN)
    assert (guide.weight, guide.guidance_start, guide.guidance_end) == (1, 0, 1)
    assert (guide.canny_low_threshold, guide.canny_high_threshold, guide.tile_down_sample_rate) == (100, 200, 1)
    assert Lora.build(**LORA).merge_weight == 1


FULL = {
    "model_id": "m",
    "prompt": "狐狸",
    "neg_prompt": "blur",
    "force_translation": True,
    "add_prompt": False,
    "cfg_scale": 8.0,
    "samples": 3,
    "height": 1449,
    "width": 816,
    "seed": 5,
    "steps": 45,
    "format": "PNG",
    "img_url": URL,
    "image_strength": 0.5,
    "watermark_config": {"type": "MakaLogo"},
    "controlnet_configs": [
        {
            "type": "canny",
            "img_url": URL,
            "weight": 1.5,
            "pre_processor": "invert",
            "guidance_start": 0.1,
            "guidance_end": 0.9,
            "canny_low_threshold": 50,
            "canny_high_threshold": 60,
        },
        {"type": "tile", "img_url": URL, "tile_down_sample_rate": 2.0},
    ],
    "lora_configs": [{"model_id": "l", "merge_weight": 1.2}],
}


def test_a_full_request_goes_to_json_and_back() -> None:
    request = ImageRequest.build(**FULL)
    assert request.payload() == FULL
    assert ImageRequest.build(**json.loads(json.dumps(request.payload()))) == request


def test_none_means_not_said_at_every_depth() -> None:
    guide = ControlNet.build(**PLAIN, pre_processor=None, weight=None)
    request = ImageRequest.build(
        **IMAGE, seed=None, neg_prompt=None, watermark_config=None, controlnet_configs=[guide], lora_configs=None
    )
    assert request.payload() == {**IMAGE, "controlnet_configs": [PLAIN]}


@pytest.mark.parametrize(
    ("change", "field", "allowed"),
    [
        ({"model_id": None}, "model_id", "Field required"),
        ({"model_id": ""}, "model_id", "String should have at least 1 character"),
        ({"prompt": None}, "prompt", "Field required"),
        ({"prompt": " \n"}, "prompt", "1–2000"),
        ({"prompt": "x" * 2001}, "prompt", "≤ 2000"),
        ({"prompt": "汉" * 1000 + "x"}, "prompt", "≤ 2000"),
        ({"prompt": "half a fox \ud83e"}, "prompt", "UTF-8"),
        ({"neg_prompt": "汉" * 1001}, "neg_prompt", "≤ 2000"),
        ({"format": "GIF"}, "format", "JPG, PNG"),
        ({"force_translation": 1}, "force_translation", "true, false"),
        ({"add_prompt": "yes"}, "add_prompt", "true, false"),
        ({"watermark_config": {"type": "Mine"}}, "watermark_config.type", "Default, MakaLogo"),
        ({"watermark_config": {}}, "watermark_config.type", "Default, MakaLogo"),
        ({"img_url": ""}, "img_url", "http://…, https://…"),
        ({"img_url": "ftp://pictures.test/a.jpg"}, "img_url", "http://…, https://…"),
        ({"img_url": "file:///etc/passwd"}, "img_url", "http://…, https://…"),
        ({"img_url": "https://"}, "img_url", "http://…, https://…"),
        ({"img_url": "https://[bad/a.jpg"}, "img_url", "http://…, https://…"),
        ({"img_url": "https://pictures.test/a b.jpg"}, "img_url", "http://…, https://…"),
        ({"controlnet_configs": [PLAIN] * 4}, "controlnet_configs", "≤ 3"),
        ({"controlnet_configs": [PLAIN, {**PLAIN, "weight": 3}]}, "controlnet_configs.1.weight", "> 0, ≤ 2"),
        ({"controlnet_configs": [{"type": "depth"}]}, "controlnet_configs.0.img_url", "Field required"),
        ({"lora_configs": [{"model_id": "l", "merge_weight": 2}]}, "lora_configs.0.merge_weight", "> 0, < 2"),
        ({"lora_configs": [{"model_id": "l", "force": 2}]}, "lora_configs.0.force", "model_id, merge_weight"),
    ],
)
def test_a_wrong_value_names_its_field_and_what_is_allowed(change: dict[str, Any], field: str, allowed: str) -> None:
    assert refusal(ImageRequest, **{**IMAGE, **change}) == (field, allowed)


def test_an_unknown_field_is_refused() -> None:
    field, allowed = refusal(ImageRequest, **IMAGE, sampler="Euler")
    assert field == "sampler"
    assert allowed.startswith("model_id, prompt, neg_prompt, ")


@pytest.mark.parametrize("prompt", ["x" * 2000, "汉" * 1000, "汉" * 999 + "xx"])
def test_a_prompt_may_be_as_long_as_the_vendor_says(prompt: str) -> None:
    assert ImageRequest.build(model_id="m", prompt=prompt, neg_prompt=prompt).prompt == prompt


@pytest.mark.parametrize("url", ["http://h/", "https://h:8443/媒体/a.png?x=1&y=2", "HTTPS://H/a"])
def test_links_of_both_schemes_are_taken(url: str) -> None:
    assert ImageRequest.build(**IMAGE, img_url=url).payload()["img_url"] == url


def test_both_watermarks_are_taken() -> None:
    for kind in ("Default", "MakaLogo"):
        assert ImageRequest.build(**IMAGE, watermark_config=Watermark.build(type=kind)).payload() == {
            **IMAGE,
            "watermark_config": {"type": kind},
        }


PRE_PROCESSORS = {
    "canny": "canny, invert, pass",
    "openpose": "openpose, openpose_face, openpose_faceonly, openpose_full, openpose_hand, pass",
    "lineart": "lineart_coarse, lineart_realistic, pass, lineart_standard",
    "lineart_anime": "lineart_anime, lineart_anime_denoise, pass",
    "lineartanime": "lineart_anime, lineart_anime_denoise, pass",
    "tile": "tile_colorfix, tile_colorfix_sharp, pass, tile_resample",
    "ip_adapter_faceid": "face_id_plus, plus_vith",
}
WITHOUT = ["depth", "ip2p", "mlsd", "normal", "scribble", "shuffle", "softedge", "seg", "brightness", "reference_only"]


@pytest.mark.parametrize(("kind", "known"), [*PRE_PROCESSORS.items(), *((kind, "—") for kind in WITHOUT)])
def test_each_type_has_its_own_pre_processors(kind: str, known: str) -> None:
    for name in known.split(", ") if known != "—" else ():
        assert ControlNet.build(type=kind, img_url=URL, pre_processor=name).pre_processor == name
    assert refusal(ControlNet, type=kind, img_url=URL, pre_processor="magic") == ("pre_processor", known)


def test_there_are_sixteen_types_and_one_has_two_spellings() -> None:
    assert set(get_args(ControlNetType)) == {*PRE_PROCESSORS, *WITHOUT} - {"lineartanime"}
    assert ControlNet.build(type="lineartanime", img_url=URL).payload()["type"] == "lineart_anime"
    field, allowed = refusal(ControlNet, type="cany", img_url=URL)
    assert (field, len(allowed.split(", "))) == ("type", 16)


@pytest.mark.parametrize("field", ["canny_low_threshold", "canny_high_threshold"])
def test_canny_thresholds_are_for_canny(field: str) -> None:
    assert refusal(ControlNet, **TILE, **{field: 100}) == (field, "type = canny")


def test_the_tile_rate_is_for_tile() -> None:
    assert refusal(ControlNet, **CANNY, tile_down_sample_rate=2) == ("tile_down_sample_rate", "type = tile")


@settings(deadline=None)
@given(start=st.floats(0, 1), end=st.floats(0, 1))
def test_guidance_starts_before_it_ends(start: float, end: float) -> None:
    values = {**PLAIN, "guidance_start": start, "guidance_end": end}
    if start <= end:
        assert ControlNet.build(**values).payload() == values
    else:
        assert refusal(ControlNet, **values) == ("guidance_end", f"{start:g}–1")


async def test_models_are_asked_by_kind(vendor: respx.MockRouter, api: Miaohua) -> None:
    route = vendor.get("/v1/imgenstd/models").respond(json={"have_next": False, "data": [{"id": "m"}]})
    assert [model.id for model in await Imgenstd(api).models()] == ["m"]
    await Imgenstd(api).models("LORA")
    assert [call.request.url.params["mtp"] for call in route.calls] == ["ALL", "LORA"]


async def test_a_models_controlnets_are_listed(vendor: respx.MockRouter, api: Miaohua) -> None:
    data = [{"cn": "canny", "name": "Canny", "description": "edges"}, {"cn": "depth"}]
    vendor.get("/v1/imgenstd/model_cn/m1").respond(json={"have_next": False, "data": data})
    found = await Imgenstd(api).model_controlnets("m1")
    assert [(one.cn, one.name) for one in found] == [("canny", "Canny"), ("depth", "")]


async def test_a_loras_controlnets_are_an_error(vendor: respx.MockRouter, api: Miaohua) -> None:
    vendor.get("/v1/imgenstd/model_cn/l1").respond(
        400, json={"error": {"code": 3, "message": "请使用相应基础模型查询"}}
    )
    with pytest.raises(InvalidArgument) as caught:
        await Imgenstd(api).model_controlnets("l1")
    assert caught.value.message == "请使用相应基础模型查询"


async def test_a_picture_is_ordered_and_collected(vendor: respx.MockRouter, api: Miaohua) -> None:
    ordered = vendor.post("/v1/imgenstd/imgen").respond(json={"task_id": "t1"})
    images = [{"index": 0, "seed": 9, "small": "https://s", "raw": "https://r", "error_code": ""}]
    task = {"state": "SUCCESS", "state_message": "OK", "task_id": "t1", "images": images}
    vendor.get("/v1/imgenstd/result/t1").respond(json=task)
    vendor.get("/v1/imgenstd/results").respond(json={"results": [task]})
    family = Imgenstd(api)
    task_id = await family.submit(ImageRequest.build(**FULL))
    assert json.loads(ordered.calls.last.request.content) == FULL
    assert (await family.result(task_id)).images[0].url == "https://r"
    assert (await family.results([task_id]))["t1"].images[0].seed == 9
