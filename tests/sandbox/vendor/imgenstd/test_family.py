from typing import Any

import httpx
import pytest

from bot.sandbox.vendor.imgenstd.catalogue import MODELS

V04 = "cq71d1kq0d02r73hadf0"
V1 = "cr0v1k3d0d02r73haq10"
LORA = "ctdaev4vgbeka9k7dq2g"
ALL = list(MODELS)


async def page(api: httpx.AsyncClient, path: str = "models", **query: object) -> Any:
    answer = await api.get(f"/v1/imgenstd/{path}", params={name: str(value) for name, value in query.items()})
    return answer.json()


def ids(answer: Any) -> list[str]:
    return [model["id"] for model in answer["data"]]


def test_the_catalogue_has_five_bases_and_loras_for_two_of_them() -> None:
    loras = [model for model in MODELS.values() if model.model_type == "LORA"]
    assert len(MODELS) - len(loras) == 5
    assert len(loras) >= 6
    assert len({lora.base_model_type for lora in loras}) == 2


async def test_the_default_size_is_ten(api: httpx.AsyncClient) -> None:
    for answer in (await page(api), await page(api, size=0)):
        assert ids(answer) == ALL[:10]
        assert answer["have_next"] is True


@pytest.mark.parametrize("size", [1, 3, 5, 11, 12, 100])
async def test_pages_join_to_the_whole(api: httpx.AsyncClient, size: int) -> None:
    found: list[str] = []
    more = True
    while more:
        answer = await page(api, size=size, offset=len(found))
        found += ids(answer)
        more = answer["have_next"]
    assert found == ALL


@pytest.mark.parametrize(
    "query",
    [{"size": -1}, {"size": 101}, {"size": "x"}, {"offset": -1}, {"mtp": "lora"}, {"mtp": ""}, {"type": "LORA"}],
)
async def test_bad_queries(api: httpx.AsyncClient, query: dict[str, str | int]) -> None:
    answer = await api.get("/v1/imgenstd/models", params=query)
    assert answer.json()["error"]["code"] == 3


async def test_beyond_the_end(api: httpx.AsyncClient) -> None:
    assert await page(api, offset=1000) == {"have_next": False, "data": []}


@pytest.mark.parametrize("kind", ["LORA", "Checkpoint"])
async def test_one_type_of_models(api: httpx.AsyncClient, kind: str) -> None:
    answer = await page(api, size=100, mtp=kind)
    assert ids(answer) == [model.id for model in MODELS.values() if model.model_type == kind]
    assert {model["model_type"] for model in answer["data"]} == {kind}


async def test_controlnets_of_a_base_model(api: httpx.AsyncClient) -> None:
    answer = await page(api, f"model_cn/{V04}")
    assert {row["cn"] for row in answer["data"]} == {
        "openpose", "depth", "canny", "softedge", "normal", "scribble", "seg",
    }  # fmt: skip
    assert answer["have_next"] is False
    first = await page(api, f"model_cn/{V04}", size=2, offset=1)
    assert first == {"have_next": True, "data": answer["data"][1:3]}


async def test_a_model_without_controlnets(api: httpx.AsyncClient) -> None:
    assert await page(api, f"model_cn/{V1}") == {"have_next": False, "data": []}


async def test_a_lora_is_asked_for_with_its_base(api: httpx.AsyncClient) -> None:
    assert (await page(api, f"model_cn/{LORA}"))["error"]["message"] == "请使用相应基础模型查询"


async def test_controlnets_of_nothing(api: httpx.AsyncClient) -> None:
    assert (await page(api, "model_cn/nothing"))["error"]["code"] == 5


@pytest.mark.parametrize("size", [0, 101])
async def test_controlnets_have_no_default_size_of_zero(api: httpx.AsyncClient, size: int) -> None:
    assert (await page(api, f"model_cn/{V04}", size=size))["error"]["code"] == 3
