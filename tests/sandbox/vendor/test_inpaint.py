from typing import Any

import pytest

from tests.sandbox.vendor.customer import Customer, Table, apart, mask_of, most_apart, scenery, usual_list

MODEL = "inpaint_v0.1"

IMGEN: Table = {
    "model_id": ([MODEL], ["", None, 1]),
    "samples": ([1, 8], [0, 9, "1", True, None]),
    "img_url": ([], ["", None]),
    "mask_img_url": ([], ["", None]),
    "format": (["JPG", "PNG"], ["jpg", ""]),
    "prompt": (["x" * 2000, "苹" * 1000], ["", " ", "x" * 2001, "苹" * 1000 + "x", None]),
    "force_translation": ([True, False], [1, "true", None]),
    "add_prompt": ([True, False], [1, None]),
    "neg_prompt": (["", "x" * 2000], ["苹" * 1001, None]),
    "repaint_strength": ([0.1, 0.5, 1], [0.09, 1.01, 0, True, "1", None]),
    "cfg_scale": ([1, 8.5, 20], [0.99, 20.01, True, None]),
    "seed": ([0, 1, 9999998], [-1, 9999999, 1.0, True, None]),
    "steps": ([1, 70], [0, 71, 30.0, None]),
    "watermark_config": ([{}, {"type": "MakaLogo"}], [{"type": ""}, None]),
    "mask_type": ([], ["free"]),
}


@pytest.fixture
def body(customer: Customer) -> dict[str, Any]:
    return {
        "model_id": MODEL,
        "img_url": customer.put("scene.png", scenery()),
        "mask_img_url": customer.put("mask.png", mask_of()),
        "prompt": "a white cat",
    }


@pytest.mark.parametrize("field", sorted(IMGEN))
async def test_fields(customer: Customer, body: dict[str, Any], field: str) -> None:
    await customer.check_table("inpaint/imgen", body, IMGEN, field)


async def test_required(customer: Customer, body: dict[str, Any]) -> None:
    await customer.check_required("inpaint/imgen", body, list(body))
    await customer.check_refused("inpaint/imgen", body, [{"model_id": "erase_v0.1"}], 5)
    await customer.check_refused("inpaint/imgen", body, [{"prompt": "a nsfw cat"}], 18)


async def test_models_have_all_fields(customer: Customer) -> None:
    answer = await customer.get("inpaint/models")
    assert usual_list(answer) == [MODEL]
    assert set(answer["data"][0]) == {"id", "name", "description", "base_model_type", "model_type", "trigger_words"}


async def test_only_the_black_area_changes(customer: Customer, body: dict[str, Any]) -> None:
    after = (await customer.ordered("inpaint/imgen", {**body, "format": "PNG"}))[0]
    kept = mask_of().convert("L")
    assert after.size == (320, 320)
    assert most_apart(scenery(), after, kept) == 0
    assert apart(scenery(), after, kept.point(lambda level: 255 - level)) > 20


async def test_strength_seed_and_prompt_are_seen(customer: Customer, body: dict[str, Any]) -> None:
    async def changed(**fields: object) -> Any:
        return (await customer.ordered("inpaint/imgen", {**body, "seed": 5, "format": "PNG", **fields}))[0]

    full, hole = await changed(), mask_of().convert("L").point(lambda level: 255 - level)
    assert apart(full, await changed()) == 0
    assert apart(full, await changed(seed=6)) > 0.1
    assert apart(full, await changed(prompt="a red fox")) > 0.1
    weak = await changed(repaint_strength=0.1)
    assert 0 < apart(scenery(), weak, hole) < apart(scenery(), full, hole)


async def test_seeds_count_up(customer: Customer, body: dict[str, Any]) -> None:
    ids = [await customer.order("inpaint/imgen", {**body, "samples": 3, "seed": seed}) for seed in (40, 0)]
    customer.clock.now += 100
    named, drawn = (await customer.get("inpaint/results", {"task_ids": ids}))["results"]
    assert [image["seed"] for image in named["images"]] == [40, 41, 42]
    first = drawn["images"][0]["seed"]
    assert 0 < first < 9999999
    assert [image["seed"] for image in drawn["images"]] == [first, first + 1, first + 2]


async def test_words_decide_how_it_ends(customer: Customer, body: dict[str, Any]) -> None:
    task_id = await customer.order("inpaint/imgen", {**body, "prompt": "a half-hidden cat", "samples": 2})
    customer.clock.now += 100
    task = await customer.get(f"inpaint/result/{task_id}")
    assert [image["error_code"] for image in task["images"]] == ["", "Sensitive"]
