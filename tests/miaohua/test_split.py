import httpx
import pytest
import respx

from bot.miaohua.client import Miaohua
from bot.miaohua.errors import ApiError, Unavailable
from bot.miaohua.split import Split, SplitRequest
from bot.miaohua.tasks import State
from tests.miaohua.refusals import refusal

PLAIN = {"model_id": "split_v1", "img_url": "https://pictures.test/a.jpg"}

NO_BATCHES = [
    httpx.Response(404),
    httpx.Response(405),
    httpx.Response(501),
    httpx.Response(404, json={"error": {"code": 5, "message": "Not Found"}}),
    httpx.Response(200, json={"error": {"code": 12, "message": "Method Not Allowed"}}),
]


@pytest.fixture
def family(api: Miaohua) -> Split:
    return Split(api)


def one_by_one(vendor: respx.MockRouter) -> None:
    vendor.get("/v1/split/result/a").respond(
        json={"state": "SUCCESS", "task_id": "a", "images": [{"raw": "https://r"}]}
    )
    vendor.get("/v1/split/result/b").respond(json={"state": "RUNNING", "task_id": "b"})
    vendor.get("/v1/split/result/gone").respond(404)


def test_a_full_request_is_sent_with_its_ratio_as_text() -> None:
    request = SplitRequest.build(**PLAIN, hd_ratio=2.5, format="JPG")
    assert request.payload() == {**PLAIN, "hd_ratio": "2.5", "format": "JPG"}
    assert request.hd_ratio == 2.5


def test_no_watermark_is_printed() -> None:
    field, _ = refusal(SplitRequest, **PLAIN, watermark_config={"type": "Default"})
    assert field == "watermark_config"


@pytest.mark.parametrize("answer", NO_BATCHES, ids=lambda answer: f"{answer.status_code} {answer.text[:20]}")
async def test_where_there_are_no_batches_tasks_are_asked_about_one_by_one_from_then_on(
    vendor: respx.MockRouter, family: Split, answer: httpx.Response
) -> None:
    batch = vendor.get("/v1/split/results").mock(
        side_effect=lambda _: httpx.Response(answer.status_code, content=answer.content)
    )
    one_by_one(vendor)
    for _ in range(3):
        found = await family.results(iter(["a", "b", "gone"]))
        assert {task_id: task.state for task_id, task in found.items()} == {"a": State.SUCCESS, "b": State.RUNNING}
    assert batch.call_count == 1


async def test_each_client_finds_out_for_itself(vendor: respx.MockRouter, api: Miaohua) -> None:
    batch = vendor.get("/v1/split/results").respond(404)
    vendor.get("/v1/split/result/a").respond(json={"state": "RUNNING"})
    await Split(api).results(["a"])
    await Split(api).results(["a"])
    assert batch.call_count == 2


@pytest.mark.parametrize("status", [400, 401, 403, 429, 503])
async def test_any_other_refusal_is_told_and_batches_are_tried_again(
    vendor: respx.MockRouter, family: Split, status: int
) -> None:
    batch = vendor.get("/v1/split/results").respond(status)
    with pytest.raises(ApiError):
        await family.results(["a"])
    batch.respond(json={"results": [{"task_id": "a", "state": "PENDING"}]})
    assert (await family.results(["a"]))["a"].state is State.PENDING


async def test_where_nothing_can_be_asked_about_the_failure_is_told(vendor: respx.MockRouter, family: Split) -> None:
    vendor.get("/v1/split/results").respond(404)
    vendor.get(path__regex="/v1/split/result/.*").respond(503)
    with pytest.raises(Unavailable):
        await family.results(["a", "b"])
