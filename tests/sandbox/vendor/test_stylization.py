import base64
import io
from typing import Any

import httpx
import pytest
from PIL import Image

from bot.sandbox.vendor import stylization
from bot.sandbox.vendor.app import create_app
from bot.sandbox.vendor.vendor import Vendor
from tests.sandbox.vendor.customer import Customer, Table, apart, encoded, scenery, usual_list

MODEL = "style_watercolor"
BASE64 = base64.b64encode(encoded(scenery())).decode()

IMGEN: Table = {
    "model_id": ([MODEL, "style_oil"], ["", None, 1]),
    "samples": ([1, 8], [0, 9, "1", True]),
    "img_url": ([], ["", None, 1, "no address"]),
    "img_base64": ([BASE64, "", "taken only where there is no address"], [None, 1]),
    "format": (["JPG", "PNG"], ["png", ""]),
    "watermark_config": ([{}, {"type": "Default"}], [None, {"kind": "Default"}]),
    "height": ([], [640, 639, 0, None]),
    "width": ([], [640, 639, 0, None]),
    "prompt": ([], ["x"]),
    "get_type": ([], ["url"]),
}


@pytest.fixture
def body(customer: Customer) -> dict[str, Any]:
    return {"model_id": MODEL, "img_url": customer.put("scene.png", scenery())}


@pytest.mark.parametrize("field", sorted(IMGEN))
async def test_fields(customer: Customer, body: dict[str, Any], field: str) -> None:
    await customer.check_table("stylization/imgen", body, IMGEN, field)


async def test_required(customer: Customer, body: dict[str, Any]) -> None:
    await customer.check_required("stylization/imgen", body, ["model_id", "img_url"])
    await customer.check_refused("stylization/imgen", body, [{"model_id": "erase_v0.1"}], 5)


async def test_models(customer: Customer) -> None:
    answer = await customer.get("stylization/models?size=100")
    assert len(usual_list(answer)) == 10
    first = await customer.get("stylization/models?size=4&offset=4")
    assert first == {"have_next": True, "data": answer["data"][4:8]}
    for query in ("size=0", "size=101", "offset=-1", "mtp=ALL"):
        assert (await customer.get(f"stylization/models?{query}"))["error"]["code"] == 3


@pytest.mark.parametrize(
    ("size", "ok"),
    [((640, 640), True), ((640, 646), True), ((640, 647), False), ((6000, 6000), True), ((6001, 6001), False)],
)
async def test_sizes_keep_the_ratio(
    customer: Customer, body: dict[str, Any], size: tuple[int, int], *, ok: bool
) -> None:
    fields = {**body, "width": size[0], "height": size[1]}
    assert (await customer.post("stylization/imgen", fields)).is_success is ok


@pytest.mark.parametrize(("fields", "size"), [({}, (320, 320)), ({"width": 700, "height": 704}, (700, 704))])
async def test_the_size(
    customer: Customer, body: dict[str, Any], fields: dict[str, Any], size: tuple[int, int]
) -> None:
    found = await customer.ordered("stylization/imgen", {**body, **fields, "samples": 2})
    assert [picture.size for picture in found] == [size, size]
    assert apart(*found) > 0.1


@pytest.mark.parametrize("model_id", sorted(stylization._LOOKS))
async def test_each_style_is_seen(customer: Customer, body: dict[str, Any], model_id: str) -> None:
    found = (await customer.ordered("stylization/imgen", {**body, "model_id": model_id, "format": "PNG"}))[0]
    assert apart(scenery(), found) > 1


async def test_base64_both_ways(customer: Customer) -> None:
    for text in (BASE64, f"data:image/png;base64,{BASE64}"):
        order = {"model_id": MODEL, "img_base64": text, "format": "PNG"}
        found = (await customer.ordered("stylization/imgen", order))[0]
        assert found.size == (320, 320)


@pytest.mark.parametrize(
    "text", ["no base64", BASE64[:-1], f"data:text/plain;base64,{BASE64}", f"data:image/png,{BASE64}", "AAAA"]
)
async def test_bad_base64(customer: Customer, text: str) -> None:
    await customer.check_refused("stylization/imgen", {"model_id": MODEL}, [{"img_base64": text}])


@pytest.mark.parametrize(("size", "ok"), [(7 * 1024 * 1024, True), (7 * 1024 * 1024 + 4, False)])
async def test_base64_of_at_most_7_mb(customer: Customer, size: int, *, ok: bool) -> None:
    padded = encoded(scenery(), "JPEG").ljust(size // 4 * 3, b"\0")
    text = "data:image/jpeg;base64," + base64.b64encode(padded).decode()
    answer = await customer.post("stylization/imgen", {"model_id": MODEL, "img_base64": text})
    assert answer.is_success is ok
    assert ok or "7 MB" in answer.json()["error"]["message"]


async def test_a_picture_in_the_body_is_not_remembered(customer: Customer) -> None:
    order = {"model_id": MODEL, "img_base64": base64.b64encode(encoded(scenery(900, 900), "BMP")).decode()}
    await customer.check_refused("stylization/imgen", {}, [order])
    text = base64.b64encode(encoded(scenery(), "JPEG").ljust(100_000, b"\0")).decode()
    await customer.order("stylization/imgen", {**order, "img_base64": text})
    kept = (await customer.api.get("/sandbox/orders")).json()[0]["body"]
    assert kept["model_id"] == MODEL
    assert len(kept["img_base64"]) == 4000


def read(url: str) -> Image.Image:
    head, _, data = url.partition(",")
    assert head in {"data:image/jpeg;base64", "data:image/png;base64"}
    with Image.open(io.BytesIO(base64.b64decode(data, validate=True))) as picture:
        picture.load()
        return picture


@pytest.mark.parametrize(("name", "kind"), [("JPG", "JPEG"), ("PNG", "PNG")])
async def test_results_in_base64(customer: Customer, name: str, kind: str) -> None:
    body = {"model_id": MODEL, "img_url": customer.put("big.png", scenery(600, 600)), "format": name}
    task_id = await customer.order("stylization/imgen", body)
    assert (await customer.get(f"stylization/result/{task_id}?get_type=base64"))["images"] == []
    customer.clock.now += 100
    one = (await customer.get(f"stylization/result/{task_id}?get_type=base64"))["images"][0]
    batch = await customer.get("stylization/results", {"task_ids": [task_id], "get_type": "base64"})
    assert batch["results"][0]["images"][0] == one
    assert (read(one["raw"]).size, read(one["small"]).size) == ((600, 600), (512, 512))
    assert read(one["raw"]).format == kind
    usual = (await customer.get(f"stylization/result/{task_id}?get_type=url"))["images"][0]
    assert (await customer.fetch(usual["raw"])).tobytes() == read(one["raw"]).tobytes()


@pytest.mark.parametrize("query", ["get_type=URL", "get_type=", "type=url"])
async def test_bad_get_types(customer: Customer, body: dict[str, Any], query: str) -> None:
    task_id = await customer.order("stylization/imgen", body)
    assert (await customer.get(f"stylization/result/{task_id}?{query}"))["error"]["code"] == 3
    assert (await customer.get("stylization/results", {"task_ids": [task_id], "get_type": "x"}))["error"]["code"] == 3


@pytest.mark.parametrize("get_type", [None, "url", "base64"])
async def test_at_once(customer: Customer, body: dict[str, Any], get_type: str | None) -> None:
    asked = {} if get_type is None else {"get_type": get_type}
    answer = (await customer.post("stylization/imgen_sync", {**body, **asked, "samples": 2})).json()
    assert set(answer) == {"state", "task_id", "images"}
    assert answer["state"] == "SUCCESS"
    assert [set(image) for image in answer["images"]] == [{"index", "small", "raw", "error_code"}] * 2
    raw = answer["images"][1]["raw"]
    picture = read(raw) if get_type == "base64" else await customer.fetch(raw)
    assert picture.size == (320, 320)


async def test_at_once_refuses_as_usual(customer: Customer, body: dict[str, Any]) -> None:
    await customer.check_refused("stylization/imgen_sync", body, [{"get_type": "x"}, {"samples": 9}, {"img_url": ""}])


async def test_what_fails_at_once_is_an_error(customer: Customer, body: dict[str, Any]) -> None:
    await customer.api.post("/sandbox/faults", json={"on": "stylization/imgen_sync", "fate": "must-fail"})
    answer = await customer.post("stylization/imgen_sync", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, 13)
    assert (await customer.post("stylization/imgen_sync", body)).is_success


async def test_pictures_do_not_change_between_polls(vendor: Vendor, customer: Customer, body: dict[str, Any]) -> None:
    task_id = await customer.order("stylization/imgen", {**body, "model_id": "style_oil"})
    task = vendor.tasks.find(task_id)
    assert task is not None
    assert task.work.paint(0, None).tobytes() == task.work.paint(0, None).tobytes()


async def test_a_body_beyond_every_bound(customer: Customer, vendor: Vendor) -> None:
    transport = httpx.ASGITransport(create_app(vendor))
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=customer.api.headers) as api:
        answer = await api.post("/v1/stylization/imgen", json={"model_id": MODEL, "img_base64": "A" * 9_000_000})
    assert answer.json()["error"]["code"] == 3
