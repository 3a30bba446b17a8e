import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from prometheus_client import Counter
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from tests.web.conftest import Surroundings


async def test_a_healthy_bot_says_so(around: "Surroundings", http: httpx.AsyncClient) -> None:
    around.report = {"ok": True, "tasks": 3}
    answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "tasks": 3})


@pytest.mark.parametrize("report", [{"ok": False, "database": "locked"}, {"ok": "yes"}, {}])
async def test_an_unhealthy_bot_says_what_it_knows(
    around: "Surroundings", http: httpx.AsyncClient, report: dict[str, object]
) -> None:
    around.report = report
    answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, report)


async def test_a_check_that_fails_is_not_ok_and_gives_nothing_away(
    around: "Surroundings", http: httpx.AsyncClient
) -> None:
    around.report = RuntimeError("password=hunter2")
    answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"ok": False})


async def test_a_check_that_hangs_is_not_ok(
    around: "Surroundings", http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.status.HEALTH_SECONDS", 0.05)
    around.on_health = asyncio.Event().wait
    answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"ok": False})


async def test_metrics_are_in_the_text_format(around: "Surroundings", http: httpx.AsyncClient) -> None:
    Counter("pictures_delivered", "Pictures.", registry=around.registry).inc(4)
    answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    assert ("pictures_delivered_total", 4.0) in [(sample.name, sample.value) for sample in samples]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/healthz/"),
        ("POST", "/healthz"),
        ("GET", "/telegram"),
        ("DELETE", "/metrics"),
        ("GET", "/docs"),
    ],
)
async def test_everything_else_is_not_there(http: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await http.request(method, path)
    assert (answer.status_code, answer.text) == (404, "Not Found")
