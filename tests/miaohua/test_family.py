import json
from typing import Any

import httpx
import pytest
import respx
from structlog.testing import capture_logs

from bot.miaohua import errors
from bot.miaohua.client import Miaohua
from bot.miaohua.family import Family, Model
from bot.miaohua.requests import Order
from bot.miaohua.tasks import State, Task


class Wish(Order):
    model_id: str
    size: int = 3


class Wishes(Family[Wish, Task]):
    name = "wishes"
    reads = Task


@pytest.fixture
def family(api: Miaohua) -> Wishes:
    return Wishes(api)


def page(ids: list[str], *, have_next: bool) -> httpx.Response:
    return httpx.Response(200, json={"have_next": have_next, "data": [{"id": one, "name": one} for one in ids]})


async def test_all_pages_of_models_are_read(vendor: respx.MockRouter, family: Wishes) -> None:
    pages = [page(["a", "b"], have_next=True), page(["b", "c"], have_next=True), page(["d"], have_next=False)]
    route = vendor.get("/v1/wishes/models").mock(side_effect=pages)
    assert [model.id for model in await family.models()] == ["a", "b", "c", "d"]
    asked = [dict(call.request.url.params) for call in route.calls]
    assert asked == [{"size": "100", "offset": offset} for offset in ("0", "2", "4")]


async def test_a_list_that_repeats_itself_ends(vendor: respx.MockRouter, family: Wishes) -> None:
    route = vendor.get("/v1/wishes/models").mock(side_effect=lambda _: page(["a"], have_next=True))
    assert [model.id for model in await family.models()] == ["a"]
    assert route.call_count == 2


async def test_a_list_without_end_is_cut(vendor: respx.MockRouter, family: Wishes) -> None:
    route = vendor.get("/v1/wishes/models").mock(
        side_effect=lambda request: page([request.url.params["offset"]], have_next=True)
    )
    with capture_logs() as logs:
        assert len(await family.models()) == 50
    assert route.call_count == 50
    assert "miaohua.list_cut_short" in [line["event"] for line in logs]


@pytest.mark.parametrize("answer", [{}, {"have_next": False}, {"have_next": True, "data": None}, {"data": []}])
async def test_an_empty_list_is_empty(vendor: respx.MockRouter, family: Wishes, answer: dict[str, Any]) -> None:
    vendor.get("/v1/wishes/models").respond(json=answer)
    assert await family.models() == ()


async def test_models_are_read_tolerantly(vendor: respx.MockRouter, family: Wishes) -> None:
    full = {"id": "m", "name": "n", "description": "d", "base_model_type": "b", "model_type": "LORA"}
    data = [full | {"trigger_word": "mecha", "stars": 5}, {"id": "bare", "name": None}, {"name": "nameless"}, 7]
    vendor.get("/v1/wishes/models").respond(json={"have_next": False, "data": data})
    first, second = await family.models()
    assert first == Model.read(full | {"trigger_words": "mecha"})
    assert first.trigger_words == "mecha"
    assert (second.id, second.name, second.base_model_type) == ("bare", "", "")


async def test_submit_sends_what_was_said_and_returns_the_id(vendor: respx.MockRouter, family: Wishes) -> None:
    route = vendor.post("/v1/wishes/imgen").respond(json={"task_id": "t"})
    assert await family.submit(Wish(model_id="m")) == "t"
    assert json.loads(route.calls.last.request.content) == {"model_id": "m"}


@pytest.mark.parametrize("answer", [{}, {"task_id": None}, {"task_id": ""}, {"task_id": ["a"]}])
async def test_a_submit_without_an_id_leaves_open_what_happened(
    vendor: respx.MockRouter, family: Wishes, answer: dict[str, Any]
) -> None:
    vendor.post("/v1/wishes/imgen").respond(json=answer)
    with pytest.raises(errors.Unanswered):
        await family.submit(Wish(model_id="m"))


@pytest.mark.parametrize("given", [{}, {"task_id": "a b/../c"}, {"task_id": None}])
async def test_one_result_is_asked_by_a_safe_path(
    vendor: respx.MockRouter, family: Wishes, given: dict[str, Any]
) -> None:
    route = vendor.get(path__regex="/v1/wishes/result/.*").respond(json={"state": "RUNNING", **given})
    task = await family.result("a b/../c")
    assert (task.task_id, task.state) == ("a b/../c", State.RUNNING)
    assert route.calls.last.request.url.raw_path == b"/v1/wishes/result/a%20b%2F..%2Fc"


async def test_another_tasks_result_is_not_ours(vendor: respx.MockRouter, family: Wishes) -> None:
    vendor.get("/v1/wishes/result/a").respond(json={"state": "SUCCESS", "task_id": "b"})
    with pytest.raises(errors.Unanswered):
        await family.result("a")


async def test_an_unknown_state_is_an_error(vendor: respx.MockRouter, family: Wishes) -> None:
    vendor.get("/v1/wishes/result/a").respond(json={"state": "HALF", "task_id": "a"})
    with pytest.raises(errors.Unanswered, match="HALF"):
        await family.result("a")


async def test_results_are_matched_by_our_ids(vendor: respx.MockRouter, family: Wishes) -> None:
    items = [
        {"task_id": "c", "state": "FAILED"},
        {"task_id": "a", "state": "SUCCESS"},
        {"task_id": "a", "state": "RUNNING"},  # said twice
        {"task_id": "stranger", "state": "SUCCESS"},
        {"task_id": "d", "state": "?"},
        {"state": "SUCCESS"},
        None,
    ]
    route = vendor.get("/v1/wishes/results").respond(json={"results": items})
    found = await family.results(["a", "b", "c", "d", "a"])
    assert {task_id: task.state for task_id, task in found.items()} == {"a": State.SUCCESS, "c": State.FAILED}
    assert json.loads(route.calls.last.request.content) == {"task_ids": ["a", "b", "c", "d"]}


@pytest.mark.parametrize("answer", [{}, {"results": None}, {"results": []}])
async def test_results_may_say_nothing(vendor: respx.MockRouter, family: Wishes, answer: dict[str, Any]) -> None:
    vendor.get("/v1/wishes/results").respond(json=answer)
    assert await family.results(["a"]) == {}


async def test_results_that_are_no_list_are_no_answer(vendor: respx.MockRouter, family: Wishes) -> None:
    vendor.get("/v1/wishes/results").respond(json={"results": "none"})
    with pytest.raises(errors.Unanswered):
        await family.results(["a"])


async def test_fifty_ids_go_and_fifty_one_do_not(vendor: respx.MockRouter, family: Wishes) -> None:
    ids = [f"t{number}" for number in range(51)]
    vendor.get("/v1/wishes/results").respond(
        json={"results": [{"task_id": one, "state": "PENDING"} for one in reversed(ids)]}
    )
    assert list(await family.results(ids[:50])) == ids[:50]
    with pytest.raises(errors.InvalidRequest) as caught:
        await family.results(ids)
    assert (caught.value.field, caught.value.allowed) == ("task_ids", "≤ 50")


async def test_asking_about_nothing_asks_nobody(vendor: respx.MockRouter, family: Wishes) -> None:
    assert await family.results([]) == {}
    assert len(vendor.calls) == 0
