import json
from contextlib import nullcontext
from typing import Any

import pytest
from PIL import Image

from bot.sandbox.vendor.errors import Refused
from bot.sandbox.vendor.fields import read_body
from bot.sandbox.vendor.imgenstd.catalogue import Catalogue, Model
from bot.sandbox.vendor.inputs import GENERAL, Bounds, Source
from bot.sandbox.vendor.lora.request import Train
from bot.sandbox.vendor.lora.training import NOBODY_SHOWN
from bot.sandbox.vendor.vendor import Vendor
from tests.sandbox.vendor.customer import HOST, Customer, Table, apart, mean_colour, people, scenery

BASE, UNTRAINABLE, LORA = "cq71d1kq0d02r73hadf0", "cr0v1k3d0d02r73haq10", "ctdaev4vgbeka9k7dq2g"
BARE = {"content-type": "text/plain"}

TRAIN: Table = {
    "base_model_id": ([BASE], ["", None, 1, LORA, UNTRAINABLE]),
    "model_name": (["", "x" * 64, "狐" * 64], ["x" * 65, None, 1]),
    "description": (["", "x" * 1024], ["x" * 1025, None]),
    "trigger_word": (["", "x" * 256], ["x" * 257, None]),
    "main_object": (["Human", "Style"], ["", "human", None]),
    "task_type": (["NORMAL", "VIP"], ["", "vip", None]),
    "images": ([], [[], None, f"{HOST}/one.png", [""], [None], [f"{HOST}/one.png"] * 2, ["some/key"]]),
    "samples": ([], [1]),
}


@pytest.fixture
def body(customer: Customer) -> dict[str, Any]:
    images = [
        customer.put("one.png", Image.new("RGB", (300, 300), (190, 40, 30))),
        customer.put("two.png", Image.new("RGB", (300, 300), (230, 120, 40))),
    ]
    return {"base_model_id": BASE, "images": images, "main_object": "Style", "model_name": "Embers"}


async def told(customer: Customer, task_id: str) -> Any:
    answer = await customer.get(f"lora/result/{task_id}")
    assert (await customer.get("lora/results", {"task_ids": [task_id]})) == {"results": [answer]}
    return answer


async def ids(customer: Customer, path: str) -> list[str]:
    return [model["id"] for model in (await customer.get(path))["data"]]


@pytest.mark.parametrize("field", sorted(TRAIN))
async def test_fields(customer: Customer, body: dict[str, Any], field: str) -> None:
    if field == "main_object":
        body["images"] = [customer.put("people.png", people(1, (300, 300)))]
    accepted, refused = TRAIN[field]
    await customer.check_refused("lora/train", body, [{field: value} for value in refused])
    await customer.check_accepted("lora/train", body, [{field: value} for value in accepted])


async def test_required(customer: Customer, body: dict[str, Any]) -> None:
    await customer.check_required("lora/train", body, ["base_model_id", "images"])
    await customer.check_refused("lora/train", body, [{"base_model_id": "nothing"}], 5)
    await customer.check_refused("lora/train", body, [{"model_name": "nsfw"}], 18)


@pytest.mark.parametrize(("count", "ok"), [(1000, True), (1001, False)])
def test_at_most_a_thousand(count: int, *, ok: bool) -> None:
    body = {"base_model_id": BASE, "images": [f"{HOST}/{number}.png" for number in range(count)]}
    with nullcontext() if ok else pytest.raises(Refused, match="images"):
        assert len(read_body(Train, json.dumps(body).encode()).images) == count


async def test_many_pictures_few_at_a_time(
    customer: Customer, vendor: Vendor, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = customer.web["/one.png"]
    customer.web.update({f"/{number}.png": picture for number in range(40)})
    busy = most = 0
    fetch = vendor.sources.fetch

    async def counted(field: str, url: str, bounds: Bounds = GENERAL) -> Source:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        try:
            return await fetch(field, url, bounds)
        finally:
            busy -= 1

    monkeypatch.setattr(vendor.sources, "fetch", counted)
    await customer.order("lora/train", {**body, "images": [f"{HOST}/{number}.png" for number in range(40)]})
    assert (busy, most) == (0, 8)


async def test_every_picture_is_checked(customer: Customer, body: dict[str, Any]) -> None:
    bad = customer.put("tiny.png", Image.new("RGB", (255, 300)))
    answer = await customer.post("lora/train", {**body, "images": [*body["images"], bad]})
    assert answer.json()["error"]["message"].startswith("images.2")


async def test_models(customer: Customer) -> None:
    answer = await customer.get("lora/models")
    assert [model["id"] for model in answer["data"]] == [BASE]
    assert set(answer["data"][0]) == {
        "id", "name", "description", "base_model_type", "model_type", "trigger_word",
    }  # fmt: skip
    assert await ids(customer, "lora/models?type=Checkpoint") == [BASE]
    assert await ids(customer, "lora/models?type=LORA&size=1") == [LORA]
    for query in ("type=ALL", "type=", "size=0", "mtp=LORA"):
        assert (await customer.get(f"lora/models?{query}"))["error"]["code"] == 3


async def test_a_training_from_its_order_to_a_picture(customer: Customer, body: dict[str, Any]) -> None:
    start, task_id = customer.clock.now, await customer.order("lora/train", {**body, "trigger_word": "embers"})
    first = await told(customer, task_id)
    lora_id = first["lora_id"]
    assert first == {
        "state": "PENDING",
        "state_msg": "",
        "task_id": task_id,
        "lora_id": lora_id,
        "training_progress": 0,
    }
    seen = []
    for elapsed in (5, 10.3, 20, 30, 40.9):  # two pictures take 41 s here
        customer.clock.now = start + elapsed
        task = await told(customer, task_id)
        seen.append((task["state"], task["training_progress"]))
    assert [state for state, _ in seen] == ["PENDING", *["RUNNING"] * 4]
    assert seen == sorted(seen, key=lambda pair: pair[1])
    assert 0 < seen[2][1] < seen[3][1] < 1
    assert lora_id not in await ids(customer, "imgenstd/models?size=100")
    customer.clock.now = start + 41
    task = await told(customer, task_id)
    assert (task["state"], task["training_progress"], task["lora_id"]) == ("DONE", 1, lora_id)
    for path in ("imgenstd/models?size=100&mtp=LORA", "lora/models?size=100&type=LORA"):
        assert lora_id in await ids(customer, path)
    assert lora_id not in await ids(customer, "imgenstd/models?size=100&mtp=Checkpoint")
    listed = (await customer.get("lora/models?size=100&type=LORA"))["data"][-1]
    assert (listed["name"], listed["trigger_word"], listed["base_model_type"]) == ("Embers", "embers", "MH-0.4")


async def test_what_was_learned_is_seen(customer: Customer, body: dict[str, Any]) -> None:
    task_id = await customer.order("lora/train", body)
    lora_id = (await told(customer, task_id))["lora_id"]
    order = {"model_id": BASE, "prompt": "a boat at sea, day", "seed": 3, "width": 640, "height": 640}
    with_lora = {**order, "lora_configs": [{"model_id": lora_id}]}
    assert (await customer.post("imgenstd/imgen", with_lora)).json()["error"]["code"] == 5
    customer.clock.now += 100
    plain = (await customer.ordered("imgenstd/imgen", order, "small"))[0]
    learned = (await customer.ordered("imgenstd/imgen", with_lora, "small"))[0]
    assert apart(plain, learned) > 15
    red, _, blue = mean_colour(learned)
    assert red > blue + 30  # embers


async def test_a_trained_lora_is_no_base(customer: Customer, body: dict[str, Any]) -> None:
    lora_id = (await told(customer, await customer.order("lora/train", body)))["lora_id"]
    customer.clock.now += 100
    for order in (
        {"model_id": lora_id, "prompt": "x"},
        {"model_id": UNTRAINABLE, "prompt": "x", "lora_configs": [{"model_id": lora_id}]},
    ):
        assert (await customer.post("imgenstd/imgen", order)).json()["error"]["code"] == 3
    assert (await customer.get(f"imgenstd/model_cn/{lora_id}"))["error"]["code"] == 3


async def test_people_must_be_shown(customer: Customer, body: dict[str, Any]) -> None:
    person = customer.put("people.png", people(1, (300, 300)))
    anime = customer.put("anime.png", people(2, (400, 300), anime=True))
    nobody = customer.put("nobody.png", scenery())
    good = await customer.order("lora/train", {**body, "main_object": "Human", "images": [person, anime]})
    bad = await customer.order("lora/train", {**body, "main_object": "Human", "images": [person, nobody]})
    customer.clock.now += 100
    assert (await told(customer, good))["state"] == "DONE"
    failed = await told(customer, bad)
    assert (failed["state"], failed["state_msg"], failed["training_progress"]) == ("RUNNING", NOBODY_SHOWN, 0)
    assert failed["lora_id"] not in await ids(customer, "imgenstd/models?size=100")


async def test_a_vip_is_served_first(vendor: Vendor, customer: Customer, body: dict[str, Any]) -> None:
    for kind in ("NORMAL", "VIP"):
        await customer.order("lora/train", {**body, "task_type": kind})
    normal, vip = vendor.tasks.all()
    assert vip.seconds < normal.seconds


async def cancel(customer: Customer, task_id: str) -> Any:
    return (await customer.post("lora/cancel", {"task_id": task_id})).json()


async def test_waiting_can_be_cancelled(customer: Customer, body: dict[str, Any]) -> None:
    task_id = await customer.order("lora/train", body)
    assert await cancel(customer, task_id) == {"success": True}
    assert await cancel(customer, task_id) == {"success": False}
    task = await told(customer, task_id)
    assert (task["state"], task["training_progress"]) == ("FAILED", 0)
    customer.clock.now += 100
    assert task["lora_id"] not in await ids(customer, "imgenstd/models?size=100")


@pytest.mark.parametrize("elapsed", [10.3, 30, 100])
async def test_once_it_runs_it_cannot_be(customer: Customer, body: dict[str, Any], elapsed: float) -> None:
    task_id = await customer.order("lora/train", body)
    customer.clock.now += elapsed
    state = (await told(customer, task_id))["state"]
    assert await cancel(customer, task_id) == {"success": False}
    assert (await told(customer, task_id))["state"] == state
    customer.clock.now += 100
    assert (await told(customer, task_id))["state"] == "DONE"


async def test_only_trainings_can_be_cancelled(customer: Customer, body: dict[str, Any]) -> None:
    picture = await customer.order("imgenstd/imgen", {"model_id": BASE, "prompt": "x"})
    for task_id in ("nothing", picture):
        assert (await cancel(customer, task_id))["error"]["code"] == 5
    for bad in ({}, {"task_id": ""}, {"task_id": 1}, {"task_id": "x", "more": 1}):
        assert (await customer.post("lora/cancel", bad)).json()["error"]["code"] == 3


async def test_some_calls_need_no_content_type(customer: Customer, body: dict[str, Any]) -> None:
    task_id = await customer.order("lora/train", body)
    for path in ("models", f"result/{task_id}"):
        assert (await customer.api.get(f"/v1/lora/{path}", headers=BARE)).is_success
    content = f'{{"task_id": "{task_id}"}}'
    assert (await customer.api.post("/v1/lora/cancel", content=content, headers=BARE)).is_success
    assert not (await customer.api.post("/v1/lora/train", content="{}", headers=BARE)).is_success


async def test_the_word_must_fail_lets_it_fail(customer: Customer, body: dict[str, Any]) -> None:
    task_id = await customer.order("lora/train", {**body, "description": "must-fail"})
    customer.clock.now += 100
    assert (await told(customer, task_id))["state"] == "FAILED"


def test_old_loras_are_forgotten() -> None:
    catalogue = Catalogue()
    for number in range(101):
        catalogue.add(Model(f"m{number}", "", "", "MH-0.4", "LORA"), 0)
    known = {model.id for model in catalogue.all(0)}
    assert "m0" not in known
    assert {"m1", "m100"} <= known
