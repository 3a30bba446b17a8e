from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.sandbox.vendor.app import create_app
from bot.sandbox.vendor.tasks import MOST_HELD, TaskBook, Work
from bot.sandbox.vendor.vendor import Vendor

V04 = "cq71d1kq0d02r73hadf0"
USUAL = {"model_id": V04, "prompt": "a fox", "steps": 30, "samples": 1}
ORDER = ["PENDING", "RUNNING", "SUCCESS"]


async def order(api: httpx.AsyncClient, **fields: object) -> str:
    answer = await api.post("/v1/imgenstd/imgen", json={**USUAL, **fields})
    task_id: str = answer.json()["task_id"]
    return task_id


async def poll(api: httpx.AsyncClient, task_id: str) -> Any:
    return (await api.get(f"/v1/imgenstd/result/{task_id}")).json()


async def poll_many(api: httpx.AsyncClient, body: object) -> httpx.Response:
    return await api.request("GET", "/v1/imgenstd/results", json=body)


async def test_a_task_goes_through_its_states(api: httpx.AsyncClient, clock: Any) -> None:
    task_id = await order(api)
    start = clock.now
    for elapsed, state in ((0, "PENDING"), (2.4, "PENDING"), (2.5, "RUNNING"), (9.9, "RUNNING"), (10, "SUCCESS")):
        clock.now = start + elapsed
        task = await poll(api, task_id)
        assert (task["state"], task["task_id"]) == (state, task_id)
        assert bool(task["images"]) is (state == "SUCCESS")
        assert (task["state_message"] == "OK") is (state == "SUCCESS")


async def test_more_work_takes_longer(api: httpx.AsyncClient, vendor: Vendor) -> None:
    for fields in ({"steps": 5}, {}, {"steps": 60}, {"samples": 8}):
        await order(api, **fields)
    few_steps, usual, many_steps, many_samples = (task.seconds for task in vendor.tasks.all())
    assert usual == 10
    assert few_steps < usual < many_steps
    assert usual < many_samples


async def test_no_time_at_all(clock: Any, sign: Callable[..., str]) -> None:
    app = create_app(Vendor(clock=clock, task_seconds=0, base_url="http://127.0.0.1:5/"))
    headers = {"authorization": f"Bearer {sign(clock.now)}", "content-type": "application/json"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as api:
        task = await poll(api, await order(api))
    assert task["state"] == "SUCCESS"
    assert task["images"][0]["raw"].startswith("http://127.0.0.1:5/pictures/")


async def test_seeds_count_up(api: httpx.AsyncClient, clock: Any) -> None:
    task_id = await order(api, seed=41, samples=4)
    clock.now += 100
    images = (await poll(api, task_id))["images"]
    assert [image["index"] for image in images] == [0, 1, 2, 3]
    assert [image["seed"] for image in images] == [41, 42, 43, 44]


async def test_seed_zero_is_a_random_one(api: httpx.AsyncClient, vendor: Vendor) -> None:
    for _ in range(3):
        await order(api, seed=0, samples=2)
    seeds = [task.work.pictures[0].seed for task in vendor.tasks.all()]
    assert 0 not in seeds
    assert len(set(seeds)) > 1


@pytest.mark.parametrize("prompt", ["NSFW fox", "色情"])
async def test_sensitive_orders_are_refused(api: httpx.AsyncClient, vendor: Vendor, prompt: str) -> None:
    answer = await api.post("/v1/imgenstd/imgen", json={**USUAL, "prompt": prompt})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 18)
    assert vendor.tasks.all() == []


async def test_the_negative_prompt_may_name_what_is_sensitive(api: httpx.AsyncClient) -> None:
    assert await order(api, neg_prompt="nsfw")


@pytest.mark.parametrize(
    ("prompt", "state", "codes"),
    [
        ("a half-hidden fox", "SUCCESS", ["", "Sensitive", "", "Sensitive"]),
        ("an all-hidden fox", "SUCCESS", ["Sensitive"] * 4),
        ("a half-broken fox", "SUCCESS", ["", "EngineGenError", "", "EngineGenError"]),
        ("must-fail", "FAILED", ["EngineGenError"] * 4),
        ("never-ends", "RUNNING", []),
    ],
)
async def test_words_decide_how_it_ends(
    api: httpx.AsyncClient,
    clock: Any,
    prompt: str,
    state: str,
    codes: list[str],
) -> None:
    task_id = await order(api, prompt=prompt, samples=4)
    clock.now += 1000
    task = await poll(api, task_id)
    assert task["state"] == state
    assert [image["error_code"] for image in task["images"]] == codes
    for image in task["images"]:
        assert bool(image["raw"]) == bool(image["small"]) == (not image["error_code"])


async def test_many_at_once(api: httpx.AsyncClient) -> None:
    first, second = await order(api), await order(api)
    answer = await poll_many(api, {"task_ids": [second, "nothing", first, second]})
    assert [task["task_id"] for task in answer.json()["results"]] == [first, second]


@pytest.mark.parametrize(("count", "ok"), [(0, False), (1, True), (50, True), (51, False)])
async def test_one_to_fifty_ids(api: httpx.AsyncClient, count: int, *, ok: bool) -> None:
    answer = await poll_many(api, {"task_ids": [f"id{number}" for number in range(count)]})
    assert answer.json() == {"results": []} if ok else answer.json()["error"]["code"] == 3


@pytest.mark.parametrize("body", [{}, [], {"task_ids": "x"}, {"task_ids": [1]}, {"task_ids": ["x"], "more": 1}])
async def test_bad_batches(api: httpx.AsyncClient, body: object) -> None:
    assert (await poll_many(api, body)).json()["error"]["code"] == 3


async def test_a_batch_needs_its_body(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/imgenstd/results")).json()["error"]["code"] == 3


async def test_an_unknown_task(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/imgenstd/result/nothing")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 5)


async def test_unknown_calls_are_the_vendors_errors(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/imgenstd/nothing")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 5)
    answer = await api.get("/v1/imgenstd/imgen")
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, 12)


def plain_work(effort: float = 1) -> Work:
    return Work((), lambda _index, _side: Image.new("RGB", (1, 1)), "JPG", effort=effort)


def test_old_tasks_are_forgotten() -> None:
    book = TaskBook(keep=3)
    tasks = [book.book("imgenstd", "imgen", {}, plain_work(), now=0, seconds=1) for _ in range(5)]
    assert book.all() == tasks[2:]
    assert book.find(tasks[1].id) is None


def test_pictures_kept_have_a_bound() -> None:
    book = TaskBook(keep=100)
    work = Work(held=MOST_HELD // 4 + 1)
    tasks = [book.book("erase", "imgen", {}, work, now=0, seconds=1) for _ in range(5)]
    assert book.all() == tasks[2:]
    huge = book.book("erase", "imgen", {}, Work(held=2 * MOST_HELD), now=0, seconds=1)
    assert book.all() == [huge]
    small = book.book("erase", "imgen", {}, Work(held=1), now=0, seconds=1)
    assert book.all() == [small]


def test_a_family_sees_its_own_tasks_only() -> None:
    book = TaskBook(keep=3)
    task = book.book("erase", "cutout", {}, plain_work(), now=0, seconds=1)
    assert book.select("imgenstd", [task.id]) == []
    assert book.select("erase", [task.id]) == [task]


@given(st.lists(st.floats(0, 1000), min_size=2), st.floats(0, 500), st.floats(0.1, 5))
def test_a_state_never_goes_back(moments: list[float], seconds: float, effort: float) -> None:
    task = TaskBook(1).book("imgenstd", "imgen", {}, plain_work(effort), now=0, seconds=seconds)
    places = [ORDER.index(task.state(moment)) for moment in sorted(moments)]
    assert places == sorted(places)
    assert task.state(seconds * effort) == "SUCCESS"
