"""Faults, met in this process and over a real connection."""

import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from PIL import Image

from bot.sandbox.vendor.app import create_app
from bot.sandbox.vendor.faults import MOST_FAULTS, Fault, Faults
from bot.sandbox.vendor.gate import BIGGEST_BODY
from bot.sandbox.vendor.vendor import Vendor
from bot.web.server import serve

BODY = {"model_id": "cq71d1kq0d02r73hadf0", "prompt": "a fox", "width": 640, "height": 640}
MODELS = "/v1/imgenstd/models"
IMGEN = "/v1/imgenstd/imgen"


@pytest.fixture
async def served(vendor: Vendor, clock: Any, sign: Callable[..., str]) -> AsyncIterator[httpx.AsyncClient]:
    vendor.task_seconds = 0
    vendor.sources._transport = None
    headers = {"authorization": f"Bearer {sign(clock.now)}", "content-type": "application/json"}
    async with (
        serve(create_app(vendor), "127.0.0.1", 0) as address,
        httpx.AsyncClient(base_url=address, headers=headers) as client,
    ):
        yield client


async def order_fault(api: httpx.AsyncClient, **fields: object) -> None:
    answer = await api.post("/sandbox/faults", json=fields)
    assert answer.status_code == 200, answer.text


async def test_an_error_code_as_often_as_ordered(api: httpx.AsyncClient) -> None:
    await order_fault(api, on="models", times=2, code=8)
    for _ in range(2):
        answer = await api.get(MODELS)
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, 8)
    assert (await api.get(MODELS)).status_code == 200


@pytest.mark.parametrize(
    ("code", "status"), [(1, 499), (7, 403), (13, 500), (16, 401), (409, 409), (429, 429), (503, 503), (9999, 500)]
)
async def test_codes_come_with_their_status(api: httpx.AsyncClient, code: int, status: int) -> None:
    await order_fault(api, on="any", code=code)
    answer = await api.get(MODELS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"]


async def test_a_proxys_answer(api: httpx.AsyncClient) -> None:
    await order_fault(api, on="imgen", status=502, body="<html>bad gateway</html>")
    assert (await api.get(MODELS)).status_code == 200
    answer = await api.post(IMGEN, json=BODY)
    assert (answer.status_code, answer.text) == (502, "<html>bad gateway</html>")
    assert answer.headers["content-type"].startswith("text/html")
    assert (await api.get("/sandbox/orders")).json() == []


async def test_a_delay_and_then_the_usual_answer(api: httpx.AsyncClient, vendor: Vendor) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    vendor.sleep = sleep
    await order_fault(api, on="models", delay=2.5)
    assert (await api.get(MODELS)).json()["data"]
    assert slept == [2.5]


@pytest.mark.parametrize(("moment", "booked"), [("before", 0), ("after", 1)])
async def test_a_dropped_connection(served: httpx.AsyncClient, moment: str, booked: int) -> None:
    await order_fault(served, on="imgen", drop=moment)
    with pytest.raises(httpx.TransportError):
        await served.post(IMGEN, json=BODY)
    orders = (await served.get("/sandbox/orders")).json()
    assert [order["body"] for order in orders] == [BODY] * booked
    assert (await served.post(IMGEN, json=BODY)).status_code == 200


async def test_a_drop_is_no_error_of_the_server(served: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    await order_fault(served, on="any", drop="after", times=3)
    for _ in range(3):
        with pytest.raises(httpx.TransportError):
            await served.get(MODELS)
    assert (await served.get(MODELS)).status_code == 200
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


async def test_a_drop_without_a_server(api: httpx.AsyncClient) -> None:
    await order_fault(api, on="models", drop="before")
    with pytest.raises(ConnectionResetError):
        await api.get(MODELS)


async def test_going_on_from_a_picture_of_its_own(served: httpx.AsyncClient) -> None:
    task_id = (await served.post(IMGEN, json=BODY)).json()["task_id"]
    link = (await served.get(f"/v1/imgenstd/result/{task_id}")).json()["images"][0]["raw"]
    again = await served.post(IMGEN, json={**BODY, "img_url": link})
    assert again.status_code == 200, again.text
    answer = await served.request("GET", "/v1/imgenstd/results", json={"task_ids": [again.json()["task_id"]]})
    small = await served.get(answer.json()["results"][0]["images"][0]["small"])
    with Image.open(io.BytesIO(small.content)) as picture:
        assert picture.size == (512, 512)


@pytest.mark.parametrize(
    "fields",
    [
        {"on": "imgen"},
        {"code": 8},
        {"on": "imgen", "code": 8, "status": 502},
        {"on": "imgen", "drop": "later"},
        {"on": "imgen", "code": 8, "times": 0},
        {"on": "imgen", "code": 8, "more": 1},
    ],
)
async def test_a_fault_must_be_clear(api: httpx.AsyncClient, fields: dict[str, object]) -> None:
    assert (await api.post("/sandbox/faults", json=fields)).status_code == 400


async def test_faults_are_listed_and_cleared(api: httpx.AsyncClient) -> None:
    await order_fault(api, on="models", times=3, code=8)
    await api.get(MODELS)
    assert (await api.get("/sandbox/faults")).json() == [{"on": "models", "times": 2, "code": 8, "body": ""}]
    assert (await api.delete("/sandbox/faults")).json() == []
    assert (await api.get(MODELS)).status_code == 200


async def test_no_endless_list_of_faults(api: httpx.AsyncClient, vendor: Vendor) -> None:
    for _ in range(MOST_FAULTS):
        vendor.faults.add(Fault(on="models", code=8))
    assert (await api.post("/sandbox/faults", json={"on": "models", "code": 8})).status_code == 429


def test_faults_come_in_their_order() -> None:
    faults = Faults()
    for fault in (Fault(on="imgen", code=1), Fault(on="any", code=2), Fault(on="imgen", code=3)):
        faults.add(fault)
    taken = [faults.take(operation) for operation in ("models", "imgen", "imgen", "imgen")]
    assert [fault and fault.code for fault in taken] == [2, 1, 3, None]


async def test_orders_and_requests_are_told(api: httpx.AsyncClient, clock: Any) -> None:
    task_id = (await api.post(IMGEN, json=BODY)).json()["task_id"]
    await api.get(f"/v1/imgenstd/result/{task_id}")
    await api.get(f"{MODELS}?size=5")
    await api.get("/v1/imgenstd/result/another")
    assert (await api.get("/sandbox/orders")).json() == [
        {"task_id": task_id, "family": "imgenstd", "operation": "imgen", "body": BODY, "time": clock.now}
    ]
    told = (await api.get("/sandbox/requests")).json()
    assert told["counts"] == {f"POST {IMGEN}": 1, "GET /v1/imgenstd/result": 2, f"GET {MODELS}": 1}
    first, _, listing, _ = told["last"]
    assert json.loads(first["body"]) == BODY
    assert dict(first["headers"])["authorization"].startswith("Bearer ")
    assert listing["query"] == "size=5"


async def test_few_requests_are_kept(vendor: Vendor, api: httpx.AsyncClient) -> None:
    for _ in range(vendor.keep + 5):
        vendor.journal.note({"method": "GET", "path": "/x", "query_string": b"", "headers": []}, b"", 0)
    told = (await api.get("/sandbox/requests")).json()
    assert told["counts"] == {"GET /x": vendor.keep + 5}
    assert len(told["last"]) == vendor.keep


async def test_a_body_without_end_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post(IMGEN, content=b" " * (BIGGEST_BODY + 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 3)


async def test_it_says_what_it_is(api: httpx.AsyncClient) -> None:
    answer = await api.get("/")
    assert "sandbox" in answer.text
    assert "sandbox" in (await api.get(MODELS)).headers["server"]


@pytest.mark.parametrize(("on", "hit"), [("imgen", True), ("imgenstd/imgen", True), ("erase/imgen", False)])
async def test_a_fault_may_name_the_family(api: httpx.AsyncClient, on: str, *, hit: bool) -> None:
    await order_fault(api, on=on, code=8)
    assert (await api.post(IMGEN, json=BODY)).is_success is not hit


@pytest.mark.parametrize(
    ("fate", "state", "codes"),
    [
        ("must-fail", "FAILED", ["EngineGenError"] * 2),
        ("half-hidden", "SUCCESS", ["", "Sensitive"]),
        ("never-ends", "RUNNING", []),
    ],
)
async def test_an_order_without_a_word_has_a_fate(
    api: httpx.AsyncClient, clock: Any, fate: str, state: str, codes: list[str]
) -> None:
    await order_fault(api, on="imgen", fate=fate)
    task_id = (await api.post(IMGEN, json={**BODY, "samples": 2})).json()["task_id"]
    other = (await api.post(IMGEN, json=BODY)).json()["task_id"]
    clock.now += 1000
    task = (await api.get(f"/v1/imgenstd/result/{task_id}")).json()
    assert (task["state"], [image["error_code"] for image in task["images"]]) == (state, codes)
    assert (await api.get(f"/v1/imgenstd/result/{other}")).json()["state"] == "SUCCESS"


async def test_a_fate_is_a_known_word(api: httpx.AsyncClient) -> None:
    answer = await api.post("/sandbox/faults", json={"on": "imgen", "fate": "nsfw"})
    assert answer.json()["error"]["code"] == 3
