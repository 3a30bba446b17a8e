from pathlib import Path
from typing import Any

import pytest

from bot.capabilities import flags
from bot.capabilities.base import Studio
from bot.capabilities.imagine import Imagine
from bot.errors import BadValue, Unavailable, UserError
from bot.miaohua.family import Model
from bot.sandbox.vendor.faults import Fault
from bot.sandbox.vendor.imgenstd.catalogue import MODELS
from tests.capabilities.workshop import PHOTO, PUBLIC, Workshop, open_workshop

IMAGINE = Imagine()
FIRST, WITH_IMAGES, TURBO = "秒画 V1.0", "秒画 0.5.0", "秒画 0.4.0 极速版"
MANIFOLD = "秒画 0.4.0"
IDS = {model.name: model.id for model in MODELS.values()}


def answered(line: str = "a fox", **answers: Any) -> dict[str, Any]:
    """Answer as somebody who types a line."""
    read = flags.read(line, IMAGINE.options)
    return {**IMAGINE.start({}), "prompt": read.words, "photo": None, **read.values, **answers}


def remembered(name: str) -> dict[str, Any]:
    return dict(IMAGINE.start({"model": {"id": IDS[name], "name": name}})["model"])


async def settled(studio: Studio, line: str = "a fox", **answers: Any) -> dict[str, Any]:
    return await IMAGINE.settle(answered(line, **answers), studio)


async def refused(studio: Studio, line: str = "a fox", **answers: Any) -> str:
    with pytest.raises(BadValue) as refusal:
        await settled(studio, line, **answers)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("line", "photo", "model"),
    [
        ("a fox", None, FIRST),
        ("a fox", PHOTO, WITH_IMAGES),
        ("a fox --lora 水墨", None, MANIFOLD),
        ("a fox --cn canny", PHOTO, MANIFOLD),
        ("a fox --cn canny --strength 0.5", PHOTO, MANIFOLD),
        ("a fox --cn canny --lora 水墨", PHOTO, MANIFOLD),
    ],
)
async def test_a_model_is_chosen_that_can_do_what_is_asked(
    workshop: Workshop, line: str, photo: dict[str, Any] | None, model: str
) -> None:
    request = await settled(workshop.studio, line, photo=photo)
    assert request["model"] == {"id": IDS[model], "name": model}
    assert (await workshop.order(IMAGINE, request))["model_id"] == IDS[model]


@pytest.mark.parametrize("named", [MANIFOLD, IDS[MANIFOLD]])
async def test_the_operators_model_comes_first_where_it_can(tmp_path: Path, named: str) -> None:
    async with open_workshop(tmp_path, default_model=named) as workshop:
        assert (await settled(workshop.studio))["model"]["name"] == MANIFOLD
        assert (await settled(workshop.studio, model=remembered(FIRST)))["model"]["name"] == FIRST
        assert (await settled(workshop.studio, model=remembered(FIRST), photo=PHOTO))["model"]["name"] == MANIFOLD
    async with open_workshop(tmp_path, default_model=TURBO) as workshop:
        assert (await settled(workshop.studio, "a fox --lora 水墨"))["model"]["name"] == MANIFOLD


async def test_a_remembered_model_yields_where_it_cannot(workshop: Workshop) -> None:
    soft = remembered(TURBO)
    assert (await settled(workshop.studio, model=soft))["model"]["name"] == TURBO
    answers = answered("a fox --lora 水墨", model=soft)
    request = await IMAGINE.settle(answers, workshop.studio)
    assert request["model"]["name"] == MANIFOLD
    kept = IMAGINE.remember(answers, request)
    assert kept["model"] == {"id": IDS[TURBO], "name": TURBO}
    gone = {"id": "no-longer-there", "name": "Old", "soft": True}
    assert (await settled(workshop.studio, model=gone))["model"]["name"] == FIRST


@pytest.mark.parametrize(
    ("line", "kept"), [("a fox", None), ("a fox --lora 水墨", None), (f'--model "{TURBO}" fox', TURBO)]
)
async def test_only_a_model_that_was_asked_for_is_remembered(workshop: Workshop, line: str, kept: str | None) -> None:
    answers = answered(line)
    choices = IMAGINE.remember(answers, await IMAGINE.settle(answers, workshop.studio))
    assert choices["model"] == ({"id": IDS[kept], "name": kept} if kept else None)
    assert choices.keys() == {option.name for option in IMAGINE.options if option.remembered}


@pytest.mark.parametrize(
    ("line", "photo", "lacking"),
    [
        (f'a fox --model "{FIRST}" --lora 水墨', None, "LoRA"),
        (f'a fox --model "{TURBO}"', PHOTO, "pictures as a starting point"),
        (f'a fox --model "{FIRST}" --cn canny', PHOTO, "ControlNet"),
        (f'a fox --model "{TURBO}" --cn canny --strength 0.4', PHOTO, "pictures as a starting point"),
    ],
)
async def test_a_model_that_was_asked_for_and_cannot_is_refused(
    workshop: Workshop, line: str, photo: dict[str, Any] | None, lacking: str
) -> None:
    said = await refused(workshop.studio, line, photo=photo)
    assert f"cannot do this: {lacking}." in said
    assert workshop.vendor.tasks.all() == []


async def test_only_loras_of_the_models_type_are_taken(workshop: Workshop) -> None:
    request = await settled(workshop.studio, 'a fox --lora "水墨 ink":0.5 --lora 像素')
    assert [(lora["id"], lora.get("weight")) for lora in request["loras"]] == [
        (IDS["水墨 Ink wash"], 0.5),
        (IDS["像素 Pixel art"], None),
    ]
    sent = await workshop.order(IMAGINE, request)
    assert [config["merge_weight"] for config in sent["lora_configs"]] == [0.5, 1.0]
    said = await refused(workshop.studio, "a fox --lora 剪纸")
    assert "The LoRA <b>剪纸 Paper cut</b> goes with models of the type MH-0.5, and there is none" in said
    said = await refused(workshop.studio, f'a fox --lora 剪纸 --model "{MANIFOLD}"')
    assert f"the type MH-0.5, and <b>{MANIFOLD}</b> is of the type MH-0.4. Choose another model" in said
    said = await refused(workshop.studio, "a fox --lora nosuch")
    assert "<b>LoRA</b>: there is no “nosuch”. There are: 水墨 Ink wash" in said
    said = await refused(workshop.studio, f'a fox --model "{MANIFOLD}" --lora a')
    assert "<b>LoRA</b>: “a” fits several. Write more of the name: " in said


@pytest.fixture
async def other(workshop: Workshop) -> Model:
    """A model of another type behind all others, with a LoRA of its own."""
    model = Model(id="another", name="Another", base_model_type="X-1", model_type="Checkpoint")
    lora = Model(id="glass", name="Glass", base_model_type="X-1", model_type="LORA")
    for name, more in (("checkpoints", model), ("loras", lora)):
        await getattr(workshop.studio.catalogue, name)()
        shelf = workshop.studio.catalogue._shelves[name]
        shelf.items = [*(shelf.items or ()), more]
    return model


@pytest.mark.parametrize("line", ["a fox --lora glass", "a fox --lora gla --lora Glass"])
@pytest.mark.parametrize("last", [None, FIRST, MANIFOLD])
async def test_a_model_is_chosen_that_the_lora_goes_with(
    workshop: Workshop, other: Model, line: str, last: str | None
) -> None:
    model = remembered(last) if last else None
    request = await settled(workshop.studio, line, model=model)
    assert request["model"]["id"] == other.id
    assert {lora["id"] for lora in request["loras"]} == {"glass"}
    assert (await settled(workshop.studio, "a fox --lora 水墨", model=model))["model"]["name"] == MANIFOLD


async def test_a_lora_is_tried_on_a_model_that_it_goes_with(workshop: Workshop, other: Model) -> None:
    """The one that it was trained on may draw nothing itself."""
    tried: dict[str, Any] = {"loras": [{"id": "glass", "name": "Glass", "weight": 1.0}], "model": remembered(MANIFOLD)}
    assert (await settled(workshop.studio, **tried))["model"]["id"] == other.id
    offered = await IMAGINE.choices("loras", answered(**tried), workshop.studio)
    assert [choice.id for choice in offered] == ["glass"]


async def test_loras_that_no_model_takes_together_are_refused(workshop: Workshop, other: Model) -> None:
    said = await refused(workshop.studio, "a fox --lora glass --lora 水墨")
    assert "and there is none that can do all that is asked here" in said


async def test_a_lora_that_there_is_not_can_be_taken_back(workshop: Workshop) -> None:
    gone = [{"id": "gone", "name": "Gone"}]
    assert len(await IMAGINE.choices("loras", answered(loras=gone), workshop.studio)) == 5


@pytest.mark.parametrize(("model", "offered"), [(MANIFOLD, 5), (WITH_IMAGES, 0), (FIRST, 0), (None, 5)])
async def test_the_panel_offers_what_the_model_takes(workshop: Workshop, model: str | None, offered: int) -> None:
    answers = answered(model={"id": IDS[model], "name": model} if model else None)
    loras = await IMAGINE.choices("loras", answers, workshop.studio)
    assert len(loras) == offered
    controlnets = await IMAGINE.choices("controlnets", answers, workshop.studio)
    assert len(controlnets) == (7 if offered else 0)
    assert len(await IMAGINE.choices("model", answers, workshop.studio)) == 5


async def test_controlnets_are_those_that_the_vendor_lists(workshop: Workshop) -> None:
    line = f'a fox --model "{MANIFOLD}" --cn canny'
    sent = await workshop.order(IMAGINE, await settled(workshop.studio, f"{line}:0.8,low=50,start=0.1", photo=PHOTO))
    [config] = sent["controlnet_configs"]
    assert config.pop("img_url").startswith(PUBLIC)
    assert config == {"type": "canny", "weight": 0.8, "canny_low_threshold": 50, "guidance_start": 0.1}
    assert "img_url" not in sent
    listed = await workshop.studio.catalogue.controlnets(IDS[MANIFOLD])
    workshop.studio.catalogue._shelves[f"cn:{IDS[MANIFOLD]}"].items = [one for one in listed if one.cn != "canny"]
    assert "has no ControlNet “canny”. It has: openpose · depth" in await refused(workshop.studio, line, photo=PHOTO)


@pytest.mark.parametrize("model", ["", f'--model "{MANIFOLD}"', f'--model "{TURBO}"'])
@pytest.mark.parametrize("name", ["tile", "cany"])
async def test_a_controlnet_that_there_is_not_is_answered_with_those_there_are(
    workshop: Workshop, model: str, name: str
) -> None:
    said = await refused(workshop.studio, f"a fox --cn {name} {model}", photo=PHOTO)
    assert f"has no ControlNet “{name}”. It has: openpose · depth · canny" in said


async def test_a_controlnet_needs_a_photo(workshop: Workshop) -> None:
    assert "needs a picture" in await refused(workshop.studio, "a fox --cn canny")


async def test_a_photo_that_is_followed_can_be_the_starting_point_too(workshop: Workshop) -> None:
    request = await settled(workshop.studio, "a fox --cn depth --strength 0.3", photo=PHOTO)
    sent = await workshop.order(IMAGINE, request)
    assert sent["img_url"] == sent["controlnet_configs"][0]["img_url"]
    assert sent["image_strength"] == 0.3


@pytest.mark.parametrize(
    ("name", "steps", "cfg"),
    [(FIRST, 50, 8), (WITH_IMAGES, 50, 6), ("秒画 0.5.0 极速版", 6, 1.5), (TURBO, 5, 1.2), (MANIFOLD, 50, 7)],
)
async def test_what_the_model_recommends_is_the_default(workshop: Workshop, name: str, steps: int, cfg: float) -> None:
    sent = await workshop.order(IMAGINE, await settled(workshop.studio, f'a fox --model "{name}"'))
    assert (sent["steps"], sent["cfg_scale"]) == (steps, cfg)
    sent = await workshop.order(IMAGINE, await settled(workshop.studio, f'a fox --steps 17 --cfg 3.5 --model "{name}"'))
    assert (sent["steps"], sent["cfg_scale"]) == (17, 3.5)


async def test_every_option_reaches_the_vendor(workshop: Workshop) -> None:
    line = "a fox --ar 16:9 --n 2 --seed 7 --no blur, text --png --logo maka --enhance --translate"
    request = await settled(workshop.studio, line)
    sent = await workshop.order(IMAGINE, request)
    assert sent == {
        "model_id": IDS[FIRST],
        "prompt": "a fox",
        "neg_prompt": "blur, text",
        "force_translation": True,
        "add_prompt": True,
        "cfg_scale": 8.0,
        "samples": 2,
        "height": 720,
        "width": 1280,
        "seed": 7,
        "steps": 50,
        "format": "PNG",
        "watermark_config": {"type": "MakaLogo"},
    }
    assert IMAGINE.pictures(request) == 2
    assert IMAGINE.kind(request) == f"imagine:{IDS[FIRST]}:2"


async def test_photos_need_a_public_address_and_words_do_not(tmp_path: Path) -> None:
    async with open_workshop(tmp_path, is_public=False) as workshop:
        await settled(workshop.studio)
        for line in ("a fox", "a fox --cn canny"):
            with pytest.raises(Unavailable, match="PUBLIC_URL"):
                await settled(workshop.studio, line, photo=PHOTO)
        result = {"task": 1, "index": 0}
        assert (await settled(workshop.studio, photo=result))["photo"] == result


@pytest.mark.parametrize(
    ("longest", "more"), [("狐" * 1000, "狐"), ("a" * 2000, "b"), ("狐" * 999 + "ab", "c"), ("🦊" * 1000, "a")]
)
async def test_a_prompt_that_is_too_long_is_refused_with_the_length(
    workshop: Workshop, longest: str, more: str
) -> None:
    assert "up to 2000 characters, or 1000 Chinese ones" in await refused(workshop.studio, prompt=longest + more)
    sent = await workshop.order(IMAGINE, await settled(workshop.studio, prompt=longest))
    assert sent["prompt"] == longest


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("a fox --cn canny:start=0.9,end=0.5", "0.9–1"),
        ("a fox --cn depth:low=50", "type = canny"),
        ("a fox --cn canny:pre=openpose", "canny, invert, pass"),
        ("a fox --cn canny:tile=2", "type = tile"),
    ],
)
async def test_rules_across_options_are_kept_before_anything_is_sent(workshop: Workshop, line: str, says: str) -> None:
    assert says in await refused(workshop.studio, line, photo=PHOTO)
    assert workshop.fetched == []


@pytest.mark.parametrize("prompt", ["   ", "\ud83d"])
async def test_what_is_no_prompt_is_refused(workshop: Workshop, prompt: str) -> None:
    assert "prompt" in await refused(workshop.studio, prompt=prompt)


@pytest.mark.parametrize("line", ["a fox", "a fox --lora 水墨"])
async def test_a_vendor_without_models_is_out_of_service(workshop: Workshop, line: str) -> None:
    workshop.vendor.faults.add(Fault(on="models", times=9, status=200, body='{"have_next": false, "data": []}'))
    with pytest.raises(Unavailable, match="no models"):
        await settled(workshop.studio, line)
    with pytest.raises(UserError):
        await settled(workshop.studio, "a fox --model Artist")


def test_a_model_without_a_name_is_shown_by_its_id() -> None:
    request = {**answered(), "model": {"id": "m", "name": ""}}
    assert "960×960" in IMAGINE.caption(request, []).plain("en")


async def test_a_caption_is_html_that_says_what_it_was_made_from(workshop: Workshop) -> None:
    request = await settled(workshop.studio, "<b>fox</b> & hare --ar 16:9")
    caption = IMAGINE.caption(request, [7, 8]).html("en")
    assert caption == (f"<b>&lt;b&gt;fox&lt;/b&gt; &amp; hare</b>\n🌱 <code>7, 8</code> · {FIRST} · 1280×720")


@pytest.mark.parametrize(
    ("cn", "fields"),
    [
        ("canny", {"weight", "start", "end", "low", "high", "pre"}),
        ("depth", {"weight", "start", "end"}),
        ("tile", {"weight", "start", "end", "tile", "pre"}),
    ],
)
def test_a_controlnet_has_only_the_figures_of_its_type(cn: str, fields: set[str]) -> None:
    assert IMAGINE.fields("controlnets", {"name": cn}).keys() == fields
    assert IMAGINE.fields("loras", {"name": "ink"}).keys() == {"weight"}
