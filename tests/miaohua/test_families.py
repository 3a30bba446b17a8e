"""What all families promise."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx

from bot.miaohua import errors
from bot.miaohua.client import Miaohua
from bot.miaohua.erase import CutoutRequest, Erase, EraseRequest
from bot.miaohua.face import FaceSwap, SwapRequest
from bot.miaohua.family import Family
from bot.miaohua.imgenstd import ImageRequest, Imgenstd
from bot.miaohua.inpaint import Inpaint, InpaintRequest
from bot.miaohua.lora import LoraTraining, TrainRequest
from bot.miaohua.outpaint import FreeOutpaintRequest, Outpaint, OutpaintRequest
from bot.miaohua.requests import Order
from bot.miaohua.split import Split, SplitRequest
from bot.miaohua.stylization import Stylization, StylizationRequest
from bot.miaohua.sup_res import SupRes, SupResRequest
from bot.miaohua.tasks import State, Task

URL = "https://pictures.test/a.jpg"
MASKED = {"model_id": "m", "img_url": URL, "mask_img_url": URL}
PLAIN = {"model_id": "m", "img_url": URL}

Kind = Callable[[Miaohua], Family[Any, Any]]

ORDERS: list[tuple[Kind, Order, str]] = [
    (Imgenstd, ImageRequest.build(model_id="m", prompt="a fox"), "/v1/imgenstd/imgen"),
    (
        FaceSwap,
        SwapRequest.build(
            model_id="faceswap_v1", base_img={"url": URL}, faces=[{"url": URL, "index": 0, "base_index": 0}]
        ),
        "/v1/face/imggen",
    ),
    (Erase, EraseRequest.build(**MASKED), "/v1/erase/imgen"),
    (Erase, CutoutRequest.build(**MASKED), "/v1/erase/cutout"),
    (Outpaint, OutpaintRequest.build(**PLAIN), "/v1/outpaint/imgen"),
    (Outpaint, FreeOutpaintRequest.build(**PLAIN, height=1024, width=1024), "/v1/outpaint/imgen_free"),
    (Stylization, StylizationRequest.build(**PLAIN), "/v1/stylization/imgen"),
    (Inpaint, InpaintRequest.build(**MASKED, prompt="a fox"), "/v1/inpaint/imgen"),
    (SupRes, SupResRequest.build(**PLAIN), "/v1/sup_res/imgen"),
    (Split, SplitRequest.build(**PLAIN), "/v1/split/imgen"),
    (LoraTraining, TrainRequest.build(base_model_id="m", images=[URL]), "/v1/lora/train"),
]
NAMES: dict[Kind, str] = {
    Imgenstd: "imgenstd",
    FaceSwap: "face",
    Erase: "erase",
    Outpaint: "outpaint",
    Stylization: "stylization",
    Inpaint: "inpaint",
    SupRes: "sup_res",
    Split: "split",
    LoraTraining: "lora",
}
BATCHED = [kind for kind in NAMES if kind is not FaceSwap]

IMAGES = [{"index": 0, "small": "https://s", "raw": "https://r", "error_code": ""}]


@pytest.mark.parametrize(("kind", "order", "path"), ORDERS)
async def test_an_order_is_posted_where_it_belongs(
    vendor: respx.MockRouter, api: Miaohua, kind: Kind, order: Order, path: str
) -> None:
    route = vendor.post(path).respond(json={"task_id": "t1"})
    assert await kind(api).submit(order) == "t1"
    assert json.loads(route.calls.last.request.content) == order.payload()


@pytest.mark.parametrize(("kind", "name"), NAMES.items())
async def test_models_are_listed(vendor: respx.MockRouter, api: Miaohua, kind: Kind, name: str) -> None:
    route = vendor.get(f"/v1/{name}/models").respond(json={"have_next": False, "data": [{"id": "m", "name": "M"}]})
    assert [(model.id, model.name) for model in await kind(api).models()] == [("m", "M")]
    params = route.calls.last.request.url.params
    assert (params["size"], params["offset"]) == ("100", "0")


@pytest.mark.parametrize("kind", BATCHED)
async def test_tasks_are_asked_about_one_and_many(vendor: respx.MockRouter, api: Miaohua, kind: Kind) -> None:
    base = f"/v1/{NAMES[kind]}"
    made = {"state": "SUCCESS", "state_message": "OK", "task_id": "t1", "images": IMAGES}
    vendor.get(base + "/result/t1").respond(json=made)
    batch = vendor.get(base + "/results").respond(json={"results": [{"task_id": "t2", "state": "PENDING"}, made]})
    family = kind(api)
    assert (await family.result("t1")).images[0].url == "https://r"
    found = await family.results(iter(["t1", "t2", "t1", "lost"]))
    assert {task_id: task.state for task_id, task in found.items()} == {"t1": State.SUCCESS, "t2": State.PENDING}
    assert json.loads(batch.calls.last.request.content)["task_ids"] == ["t1", "t2", "lost"]


@pytest.mark.parametrize("kind", NAMES)
async def test_all_are_polled_alike(vendor: respx.MockRouter, api: Miaohua, kind: Kind) -> None:
    if kind is FaceSwap:
        vendor.get("/v1/face/imggen/t").respond(json={"task": {"state": 0}})
    else:
        vendor.get(f"/v1/{NAMES[kind]}/results").respond(json={"results": [{"task_id": "t", "state": "RUNNING"}]})
    family = kind(api)
    found = await family.results(["t"])
    assert isinstance(found["t"], Task)
    assert (found["t"].task_id, found["t"].is_terminal) == ("t", False)
    calls = len(vendor.calls)
    assert await family.results([]) == {}
    with pytest.raises(errors.InvalidRequest) as caught:
        await family.results([f"t{number}" for number in range(51)])
    assert (caught.value.field, caught.value.allowed) == ("task_ids", "≤ 50")
    assert len(vendor.calls) == calls


@pytest.mark.parametrize("kind", NAMES)
async def test_what_is_wrong_with_us_is_told_and_not_left_out(
    vendor: respx.MockRouter, api: Miaohua, kind: Kind
) -> None:
    busy = httpx.Response(429, headers={"retry-after": "7"}, json={"error": {"code": 8, "message": "slow down"}})
    vendor.get(path__regex="/v1/.*").mock(return_value=busy)
    with pytest.raises(errors.LimitExceeded) as caught:
        await kind(api).results(["a", "b"])
    assert caught.value.retry_after == 7
